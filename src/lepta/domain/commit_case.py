"""From parsed tables to a `CommitCase`, a `History` and a `Forecast` of hourly usage."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from lepta.domain.case import Table, check_names
from lepta.domain.commitment import (
    HOURS_PER_YEAR,
    Category,
    CommitCase,
    Contract,
    Forecast,
    History,
    Holding,
    Pool,
)
from lepta.domain.periods import overlap
from lepta.domain.tables import Row
from lepta.errors import InputError

__all__ = ["build_commit_case", "build_forecast", "build_history", "one_price"]

Array = npt.NDArray[np.float64]
Key = tuple[str, ...]

HOUR = timedelta(hours=1)
LONGEST_HOURS = 10 * 8784
"""Ten years: usage that spans more has a slip in a date."""
WHOLE = 1.0 - 1e-3
"""An hour of which this share is known is known: rounded starts leave seconds uncovered."""


@dataclass(frozen=True, slots=True)
class _Span:
    key: Key
    start: datetime
    end: datetime
    units: float


def build_history(usage: Table) -> History:
    """Lay usage on a grid of hours; an hour that is not wholly covered is not known (NaN).

    Raises
    ------
    InputError
        Two intervals of one family and region overlap, or the dates span more than ten years.
    """
    spans = _spans(usage, ("family", "region"))
    start, grid = _grid(usage.source, spans)
    pools = tuple((family, region) for family, region in grid)
    return History(start=start, pools=pools, units=np.column_stack(list(grid.values())))


def build_forecast(table: Table) -> Forecast:
    """Lay the scenarios of a forecast on one grid of hours.

    Raises
    ------
    InputError
        Intervals overlap, or a family and region has no value for an hour of a scenario.
    """
    spans = _spans(table, ("family", "region", "scenario"))
    start, grid = _grid(table.source, spans)
    pools = tuple(sorted({(family, region) for family, region, _ in grid}))
    scenarios = sorted({key[2] for key in grid})
    hours = len(next(iter(grid.values())))
    units = np.full((len(scenarios), hours, len(pools)), np.nan)
    for (family, region, scenario), line in grid.items():
        units[scenarios.index(scenario), :, pools.index((family, region))] = line
    if np.isnan(units).any():
        s, hour, pool = (int(place[0]) for place in np.nonzero(np.isnan(units)))
        family, region = pools[pool]
        raise InputError.at(
            table.source,
            f"scenario {scenarios[s]} says nothing about {family} in {region} at "
            f"{_text(start + hour * HOUR)}",
            column="start",
            remedy="give every hour of every scenario; units 0 where nothing will run",
        )
    days = hours / 24
    note = f"The forecast has {len(scenarios)} scenarios of {days:g} days, all equally likely."
    return Forecast(start=start, pools=pools, units=units, notes=(note,))


def build_commit_case(
    *,
    pools: Sequence[tuple[str, str]],
    contracts: Table,
    on_demand: Table,
    owned: Table | None = None,
    currency: str = "USD",
    capital: float = 0.0,
) -> tuple[CommitCase, tuple[str, ...]]:
    """Put prices, contracts and what is owned together; remarks say what is not known.

    Raises
    ------
    InputError
        A row contradicts itself or another table: file, line, column, value, remedy.
    """
    prices = {(row["family"], row["region"]): row["price_per_hour"] for row in on_demand.rows}
    known = tuple(
        Pool(family=family, region=region, price_per_hour=prices.get((family, region)) or None)
        for family, region in pools
    )
    notes = tuple(
        _unpriced(pool, prices, on_demand.source) for pool in known if pool.price_per_hour is None
    )
    sold = tuple(_contract(contracts.source, row) for row in contracts.rows)
    for contract, row in zip(sold, contracts.rows, strict=True):
        if contract.discount is not None and one_price(contract, known) is None:
            raise InputError.at(
                contracts.source,
                f"contract {contract.id} covers usage at several on-demand prices: a share off "
                "names no price of its unit",
                row=row["_line"],
                column="discount",
                value=row["discount"],
                remedy="give price_per_hour, or one row per family and region, or category spend",
            )
    holdings: tuple[Holding, ...] = ()
    if owned is not None:
        check_names(owned, "contract", [c.id for c in sold], contracts.source)
        terms = {contract.id: contract.hours for contract in sold}
        holdings = tuple(_holding(owned.source, row, terms) for row in owned.rows)
    case = CommitCase(
        pools=known, contracts=sold, owned=holdings, currency=currency, capital=capital
    )
    return case, notes


def one_price(contract: Contract, pools: Sequence[Pool]) -> float | None:
    """Return the on-demand price that a discount is taken off; None where there are several.

    A spend contract needs none (each price has its own share off), nor does one that covers no
    usage with a known price: both give 0.
    """
    if contract.category is Category.SPEND:
        return 0.0
    prices = {pool.price_per_hour for pool in pools if contract.covers(pool)} - {None}
    return None if len(prices) > 1 else (prices.pop() if prices else 0.0)


def _unpriced(pool: Pool, prices: Mapping[tuple[str, str], float | None], source: str) -> str:
    names = [f"{family} in {region}" for family, region in prices]
    if (pool.family, pool.region) in prices:
        why = f"its price in {source} is blank or 0"
    else:
        near = get_close_matches(pool.name, names, n=1)
        why = f"{source} has no row of it" + (f"; is {near[0]} meant?" if near else "")
    return (
        f"The on-demand price of {pool.name} is unknown ({why}): its usage is left out of every "
        "figure."
    )


def _contract(source: str, row: Row) -> Contract:
    if (row["term_years"] is None) == (row["hours"] is None):
        raise InputError.at(
            source,
            "needs a length: term_years or hours, and only one of the two",
            row=row["_line"],
            column="term_years",
            value=row["term_years"],
            remedy="give term_years 1 or 3, or hours",
        )
    years, upfront = row["term_years"], row["upfront_per_unit"] or 0.0
    price = row["price_per_hour"]
    try:
        return Contract(
            id=row["contract"],
            type=row["type"] or "",
            category=Category.SPEND if row["category"] == "spend" else Category.USAGE,
            family=row["family"],
            region=row["region"],
            hours=row["hours"] if years is None else years * HOURS_PER_YEAR,
            start=row["start"],
            price_per_hour=price or (0.0 if price is not None and upfront else None),
            discount=row["discount"] or None,
            upfront_share=row["upfront_share"] or 0.0,
            upfront_per_unit=upfront,
            minimum=row["minimum"] or 0.0,
            maximum=row["maximum"],
            lot=row["lot"],
        )
    except InputError as error:
        raise InputError(
            error.what, where=f"{source}, line {row['_line']}, {error.where}", remedy=error.remedy
        ) from None


def _holding(source: str, row: Row, terms: Mapping[str, float]) -> Holding:
    start, end = row["start"], row["end"]
    try:
        end = end or start + timedelta(hours=terms[row["contract"]])
    except OverflowError:
        end = start
    if end <= start:
        raise InputError.at(
            source,
            f"ends at {_text(end)}, which is not after its start {_text(start)}",
            row=row["_line"],
            column="end",
            value=_text(end),
            remedy="give an end after the start, or leave it blank",
        )
    return Holding(contract=row["contract"], units=row["units"], start=start, end=end)


def _spans(table: Table, columns: Sequence[str]) -> list[_Span]:
    spans = []
    for row in table.rows:
        try:
            end = row["start"] + timedelta(hours=row["hours"])
        except OverflowError:
            raise InputError.at(
                table.source,
                "leaves the years 1 to 9999",
                row=row["_line"],
                column="hours",
                value=row["hours"],
                remedy="give fewer hours, or another start",
            ) from None
        spans.append(_Span(tuple(row[name] for name in columns), row["start"], end, row["units"]))
    if clash := overlap(spans, lambda span: span.key):
        lines = sorted(table.rows[place]["_line"] for place in clash)
        one, two = sorted((spans[place] for place in clash), key=lambda span: span.start)
        raise InputError.at(
            table.source,
            f"the interval of {', '.join(one.key)} overlaps the one in line {lines[0]}: "
            f"{_text(one.start)} to {_text(one.end)} and {_text(two.start)} to {_text(two.end)}",
            row=lines[1],
            column="start",
            remedy="cut or merge them, so that each hour has one number of units",
        )
    return spans


def _grid(source: str, spans: Sequence[_Span]) -> tuple[datetime, dict[Key, Array]]:
    """Average the spans of each key over whole hours of UTC."""
    first = min(span.start for span in spans).astimezone(UTC)
    start = first.replace(minute=0, second=0, microsecond=0)
    hours = math.ceil((max(span.end for span in spans) - start) / HOUR - 1e-6)
    if hours > LONGEST_HOURS:
        oldest, newest = min(s.start for s in spans), max(s.end for s in spans)
        raise InputError.at(
            source,
            f"spans {hours / HOURS_PER_YEAR:.0f} years, from {_text(oldest)} to {_text(newest)}",
            column="start",
            remedy="mend the date that is wrong, or give at most ten years",
        )
    total: dict[Key, Array] = {key: np.zeros(hours) for key in sorted({s.key for s in spans})}
    known = {key: np.zeros(hours) for key in total}
    for span in spans:
        begin, end = (span.start - start) / HOUR, (span.end - start) / HOUR
        touched = np.arange(math.floor(begin + 1e-9), min(math.ceil(end - 1e-9), hours))
        part = np.minimum(touched + 1.0, end) - np.maximum(touched, begin)
        total[span.key][touched] += span.units * part
        known[span.key][touched] += part
    for key, line in total.items():
        whole = known[key] >= WHOLE
        total[key] = np.where(whole, line / np.where(whole, known[key], 1.0), np.nan)
    return start, total


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
