"""A rate card in CSV: your own prices, in the columns of `domain.schemas.RATE_CARD`.

The built-in catalog is kept in the same columns. Price 0 or blank is unknown, never free.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from lepta.domain.accelerators import normal_accelerator
from lepta.domain.offer import CatalogEntry
from lepta.domain.rows import offer_of
from lepta.domain.schemas import RATE_CARD
from lepta.domain.tables import RawTable
from lepta.errors import InputError

__all__ = ["parse_rate_card"]


def parse_rate_card(raw: RawTable) -> tuple[CatalogEntry, ...]:
    """Turn the rows of a rate card into offers.

    Raises
    ------
    InputError
        A column is missing, a cell is wrong, a name stands twice, a day is not a day.
    """
    return tuple(_entry(row, raw.source) for row in RATE_CARD.parse(raw))


def _entry(row: dict[str, Any], source: str) -> CatalogEntry:
    price = row["price_per_hour"]
    count = row["accelerator_count"]
    accelerator = normal_accelerator(row["accelerator"] or "", row["accelerator_memory_gib"])
    currency = (row["currency"] or "USD").upper()
    if len(currency) != 3 or not currency.isalpha():
        raise InputError.at(
            source,
            "is not a currency of ISO 4217",
            row=row["_line"],
            column="currency",
            value=row["currency"],
            remedy="write three letters, such as USD or EUR",
        )
    as_of = row["as_of"] or ""
    if as_of:
        try:
            date.fromisoformat(as_of)
        except ValueError:
            raise InputError.at(
                source,
                "is not a day",
                row=row["_line"],
                column="as_of",
                value=as_of,
                remedy="write it as 2026-07-20",
            ) from None
    return CatalogEntry(
        # A card that names an accelerator and no count means one machine with one.
        offer=replace(
            offer_of(source, row),
            accelerator_count=count if count is not None else (1.0 if accelerator else 0.0),
            accelerator=accelerator,
            price_per_hour=price or None,
        ),
        currency=currency,
        vcpus=row["vcpus"],
        memory=row["memory_gib"],
        accelerator_memory=row["accelerator_memory_gib"],
        source=row["source"] or source,
        as_of=as_of,
        note="" if price else f"price unknown ({'0' if price == 0 else 'blank'} in the source)",
    )
