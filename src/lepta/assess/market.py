"""Searching price lists: filters, order, near matches, age. Pure.

An unknown price never wins: it is listed apart, whatever the order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase

from lepta.domain.accelerators import matches_accelerator, normal_accelerator
from lepta.domain.offer import CatalogEntry, Term
from lepta.domain.prices import PriceList, per_accelerator
from lepta.errors import InputError

__all__ = ["SORTS", "STALE_DAYS", "Query", "search"]

STALE_DAYS = 366
"""A price older than this is marked: list prices moved by 40 % within a year before."""
SORTS = ("price_per_accelerator", "price", "offer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; None is anything. Texts are case-blind, globs, and comma lists."""

    accelerator: str | None = None
    term: str | None = None
    region: str | None = None
    provider: str | None = None
    instance_type: str | None = None
    max_price: float | None = None
    """Largest price of a machine-hour; offers of unknown price do not pass it."""

    def __post_init__(self) -> None:
        for term in _parts(self.term):
            if term not in tuple(Term):
                near = get_close_matches(term, list(Term), n=1)
                raise InputError(
                    f"the term {term!r} is none of {', '.join(Term)}",
                    where="term",
                    remedy=f"did you mean {near[0]}?" if near else "use one of them",
                )
        if self.max_price is not None and not self.max_price >= 0:
            raise InputError(
                f"is {self.max_price!r}", where="max_price", remedy="give a price of at least 0"
            )

    def accepts(self, entry: CatalogEntry) -> bool:
        """Tell whether an offer is looked for (the price aside)."""
        return all(_accepts(entry, name, getattr(self, name)) for name in FIELDS)

    def dear(self, entry: CatalogEntry) -> bool:
        """Tell whether an offer costs more than wanted, or nobody knows."""
        price = entry.offer.price_per_hour
        return self.max_price is not None and (price is None or price > self.max_price)


FIELDS = ("accelerator", "term", "region", "provider", "instance_type")


def search(
    entries: Sequence[CatalogEntry],
    query: Query,
    *,
    today: date,
    sort: str = "price_per_accelerator",
    limit: int | None = None,
) -> PriceList:
    """Filter and order offers; say what is old, unknown, or may have been meant.

    Raises
    ------
    InputError
        The order is not one of `SORTS`, or the limit is negative.
    """
    if sort not in SORTS:
        raise InputError(f"{sort!r} is no order", where="sort", remedy=f"use {', '.join(SORTS)}")
    if limit is not None and limit < 0:
        raise InputError(f"is {limit}", where="limit", remedy="give a limit of at least 0")
    found = [entry for entry in entries if query.accepts(entry) and not query.dear(entry)]
    known = [entry for entry in found if entry.offer.price_per_hour is not None]
    unknown = [entry for entry in found if entry.offer.price_per_hour is None]
    currencies = sorted({entry.currency for entry in known})
    known.sort(key=lambda entry: (entry.currency, *_rank(entry, sort)))
    notes = []
    if len(currencies) > 1:
        notes.append(
            f"prices are in {', '.join(currencies)}: sorted within each currency, not across them"
        )
    if not found:
        notes.extend(_hints(entries, query))
    shown = known if limit is None else known[:limit]
    stale = frozenset(entry.offer.id for entry in known if _is_old(entry.as_of, today))
    return PriceList(
        entries=tuple(shown),
        unknown=tuple(sorted(unknown, key=lambda entry: entry.offer.id)),
        total=len(known),
        notes=tuple(notes),
        stale=stale,
    )


def _parts(text: str | None) -> list[str]:
    return [part.strip().lower() for part in (text or "").split(",") if part.strip()]


def _accepts(entry: CatalogEntry, name: str, wanted: str | None) -> bool:
    parts = _parts(wanted)
    value = str(getattr(entry.offer, name))
    if not parts:
        return True
    if name != "accelerator":
        return any(fnmatchcase(value.lower(), part) for part in parts)
    return any(
        fnmatchcase(value.lower(), part) or (bool(value) and matches_accelerator(value, part))
        for part in parts
    )


def _rank(entry: CatalogEntry, sort: str) -> tuple[float, float, str]:
    price = entry.offer.price_per_hour or 0.0
    each = per_accelerator(entry)
    if sort == "offer":
        return 0.0, 0.0, entry.offer.id
    if sort == "price":
        return 0.0, price, entry.offer.id
    # Machines without an accelerator come after those with one.
    return (1.0, price, entry.offer.id) if each is None else (0.0, each, entry.offer.id)


def _is_old(as_of: str, today: date) -> bool:
    try:
        return (today - date.fromisoformat(as_of[:10])).days > STALE_DAYS
    except ValueError:
        return False


def _hints(entries: Sequence[CatalogEntry], query: Query) -> list[str]:
    """Name the condition that nothing meets, and what comes near; else say that they exclude."""
    hints = []
    for name in FIELDS:
        wanted = getattr(query, name)
        if not _parts(wanted) or any(_accepts(entry, name, wanted) for entry in entries):
            continue
        there = sorted({str(getattr(entry.offer, name)) for entry in entries} - {""})
        asked = normal_accelerator(wanted) if name == "accelerator" else wanted
        lowered = {value.lower(): value for value in there}
        near = get_close_matches(asked.lower(), list(lowered), n=3, cutoff=0.5)
        said = f"no offer has the {name.replace('_', ' ')} {wanted!r}"
        hints.append(
            f"{said}; did you mean {', '.join(lowered[n] for n in near)}?"
            if near
            else f"{said}; there are {', '.join(there[:8])}"
        )
    if not hints and entries:
        hints.append("offers meet each condition alone, but none meets all of them at once")
    return hints
