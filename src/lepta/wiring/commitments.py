"""From files to what `lepta commit` looks at: usage or a forecast, contracts, prices, holdings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lepta.adapters.csvfile import read_csv
from lepta.domain import commit_tables
from lepta.domain.case import Table
from lepta.domain.commit_case import build_commit_case, build_forecast, build_history
from lepta.domain.commitment import CommitCase, Forecast, History
from lepta.domain.offer import Term
from lepta.domain.tables import TableSchema
from lepta.errors import InputError
from lepta.wiring.prices import built_in

__all__ = ["CommitInputs", "read_commitments"]

BUILT_IN = "the built-in catalog"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitInputs:
    """What the files say: usage that was, or that may be, is `seen`."""

    case: CommitCase
    seen: History | Forecast
    remarks: tuple[str, ...]


def read_commitments(
    *,
    contracts: str | Path,
    usage: str | Path | None = None,
    forecast: str | Path | None = None,
    on_demand: str | Path | None = None,
    owned: str | Path | None = None,
    currency: str = "USD",
    capital: float = 0.0,
) -> CommitInputs:
    """Read the tables; without `on_demand`, prices come from the built-in catalog.

    Raises
    ------
    InputError
        A file is missing or wrong (file, line, column, value, remedy), or neither usage nor a
        forecast is given.
    """
    seen: History | Forecast
    if forecast is not None:
        seen = build_forecast(_table(forecast, commit_tables.FORECAST))
    elif usage is not None:
        seen = build_history(_table(usage, commit_tables.HOURLY_USAGE))
    else:
        raise InputError(
            "there is neither usage nor a forecast", remedy="give --usage or --forecast"
        )
    prices, remarks = (
        _from_catalog(seen.pools, currency)
        if on_demand is None
        else (_table(on_demand, commit_tables.ON_DEMAND), ())
    )
    case, notes = build_commit_case(
        pools=seen.pools,
        contracts=_table(contracts, commit_tables.CONTRACTS),
        on_demand=prices,
        owned=None if owned is None else _table(owned, commit_tables.OWNED),
        currency=currency,
        capital=capital,
    )
    return CommitInputs(case=case, seen=seen, remarks=(*remarks, *notes))


def _table(path: str | Path, schema: TableSchema) -> Table:
    return Table(str(path), schema.parse(read_csv(path)))


def _from_catalog(pools: Sequence[tuple[str, str]], currency: str) -> tuple[Table, tuple[str, ...]]:
    """Take a family as a machine type; of several zones the cheapest counts."""
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for entry in built_in():
        offer, price = entry.offer, entry.offer.price_per_hour
        key = (offer.instance_type, offer.region)
        if key not in pools or offer.term is not Term.ON_DEMAND or entry.currency != currency:
            continue
        if price and (key not in found or price < found[key][0]):
            found[key] = (price, entry.as_of)
    rows = [
        {"family": family, "region": region, "price_per_hour": price, "_line": 0}
        for (family, region), (price, _) in found.items()
    ]
    remarks = tuple(
        f"The on-demand price of {family} in {region}, {price:g} {currency}, is a list price of "
        f"{day} from {BUILT_IN}; give --on-demand for yours."
        for (family, region), (price, day) in found.items()
    )
    return Table(BUILT_IN, rows), remarks
