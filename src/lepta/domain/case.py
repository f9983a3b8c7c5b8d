"""From parsed tables to a `PlanCase`: every name that one table uses must stand in another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lepta.domain.demand import Demand, Profile, Route
from lepta.domain.offer import Offer, Term
from lepta.domain.periods import overlap
from lepta.domain.plan import PlanCase
from lepta.domain.tables import Row
from lepta.errors import InputError, listing

__all__ = ["Table", "build_case"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that a `TableSchema` parsed, and the file they came from."""

    source: str
    rows: Sequence[Row]


def build_case(
    *,
    offers: Table,
    demand: Table,
    profiles: Table,
    routes: Table | None = None,
    current: Table | None = None,
    currency: str = "USD",
    utilization: float = 0.85,
) -> PlanCase:
    """Put the tables of a case together.

    Raises
    ------
    InputError
        A row names an offer or a class that no other table has, or two intervals of one class
        overlap; with file, line, column, value and the nearest name.
    """
    names = [row["offer"] for row in offers.rows]
    classes = sorted({row["class"] for row in demand.rows})
    for table in (profiles, routes, current):
        if table is not None:
            _known(table, "offer", names, offers.source)
    if routes is not None:
        # A route of a class without demand is harmless; one of a class that nothing serves is not
        # an error either. A misspelled class would silently cost nothing, so it is refused.
        _known(routes, "class", [*classes, *(row["class"] for row in profiles.rows)], demand.source)
    return PlanCase(
        offers=tuple(_offer(row) for row in offers.rows),
        demand=_demand(demand),
        profiles=tuple(
            Profile(demand_class=row["class"], offer=row["offer"], rate_per_s=row["rate_per_s"])
            for row in profiles.rows
        ),
        routes=tuple(_route(row) for row in (routes.rows if routes else ())),
        current=None
        if current is None
        else tuple((row["offer"], row["units"]) for row in current.rows),
        currency=currency,
        utilization=utilization,
    )


def _known(table: Table, column: str, names: Sequence[str], home: str) -> None:
    known = set(names)
    for row in table.rows:
        value = row[column]
        if value in known:
            continue
        near = get_close_matches(value, sorted(known), n=1)
        meant = f"is {near[0]!r} meant? " if near else ""
        raise InputError.at(
            table.source,
            f"names {'an offer' if column == 'offer' else 'a class'} that {home} does not have",
            row=row["_line"],
            column=column,
            value=value,
            remedy=f"{meant}there are {listing(sorted(known))}",
        )


def _demand(table: Table) -> tuple[Demand, ...]:
    demand = tuple(_interval(table.source, row) for row in table.rows)
    if clash := overlap(demand):
        lines = sorted(table.rows[place]["_line"] for place in clash)
        one, two = sorted((demand[place] for place in clash), key=lambda row: row.start)
        raise InputError.at(
            table.source,
            f"the interval of {one.demand_class} overlaps the one in line {lines[0]}: "
            f"{_span(one)} and {_span(two)}",
            row=lines[1],
            column="start",
            remedy="cut or merge them, so that each moment has one rate",
        )
    return demand


def _interval(source: str, row: Row) -> Demand:
    try:
        return Demand(
            demand_class=row["class"],
            start=row["start"],
            hours=row["hours"],
            rate_per_s=row["rate_per_s"],
        )
    except InputError as error:
        raise InputError.at(
            source, error.what, row=row["_line"], column="hours", remedy=error.remedy
        ) from None


def _span(row: Demand) -> str:
    return f"{row.start.isoformat()} to {row.end.isoformat()}"


def _offer(row: Row) -> Offer:
    texts = ("provider", "region", "zone", "instance_type", "accelerator")
    return Offer(
        id=row["offer"],
        **{name: row[name] or "" for name in texts},
        accelerator_count=_given(row, "accelerator_count"),
        term=Term(row["term"] or Term.ON_DEMAND),
        price_per_hour=row["price_per_hour"],
        limit=row["limit"],
        interruptions_per_hour=row["interruptions_per_hour"],
        startup_s=row["startup_s"],
        carbon_g_per_hour=row["carbon_g_per_hour"],
    )


def _route(row: Row) -> Route:
    return Route(
        demand_class=row["class"],
        offer=row["offer"],
        per_request=_given(row, "usd_per_request"),
        round_trip_ms=row["round_trip_ms"],
    )


def _given(row: Mapping[str, float | None], column: str) -> float:
    """Return a cell whose column says that blank means 0."""
    return row[column] or 0.0
