"""What can be rented, where, on which terms, for how much."""

from collections.abc import Sequence
from pathlib import Path

from lepta.assess.market import Query, search
from lepta.domain.prices import PriceList
from lepta.ports.clock import Clock
from lepta.wiring.prices import catalog, catalog_csv, today_clock

__all__ = ["offers_csv", "prices"]

Paths = str | Path | Sequence[str | Path] | None


def prices(
    accelerator: str | None = None,
    term: str | None = None,
    region: str | None = None,
    provider: str | None = None,
    instance_type: str | None = None,
    *,
    max_price: float | None = None,
    rate_card: Paths = None,
    skypilot: Paths = None,
    builtin: bool = True,
    sort: str = "price_per_accelerator",
    limit: int | None = None,
    clock: Clock | None = None,
) -> PriceList:
    """Search the built-in catalog, your rate cards and SkyPilot catalogs for offers.

    Texts are case-blind, globs (`us-*`) and comma lists; an accelerator finds its whole family
    (H100 finds H100-NVL). Prices are list prices, before tax and discounts, in the currency that
    stands beside them. An offer whose price is zero or missing is in `unknown`, never in `entries`.

    Raises
    ------
    InputError
        A file is missing or wrong (it names file, line, column and value), or a term or an order
        does not exist.
    """
    query = Query(
        accelerator=accelerator,
        term=term,
        region=region,
        provider=provider,
        instance_type=instance_type,
        max_price=max_price,
    )
    entries, notes = catalog(
        builtin=builtin, rate_cards=_several(rate_card), skypilot=_several(skypilot)
    )
    today = (clock or today_clock()).now().date()
    found = search(entries, query, today=today, sort=sort, limit=limit)
    return PriceList(
        entries=found.entries,
        unknown=found.unknown,
        total=found.total,
        notes=notes + found.notes,
        stale=found.stale,
    )


def offers_csv(found: PriceList) -> str:
    """Render a search as CSV: a rate card, and `offers.csv` of `lepta plan`.

    Offers of unknown price come last, with a blank price.
    """
    return catalog_csv((*found.entries, *found.unknown))


def _several(paths: Paths) -> tuple[str | Path, ...]:
    if paths is None:
        return ()
    return (paths,) if isinstance(paths, str | Path) else tuple(paths)
