"""From parsed tables to a `PlanCase`: every name that one table uses must stand in another."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lepta.domain.demand import Demand
from lepta.domain.periods import overlap
from lepta.domain.plan import PlanCase
from lepta.domain.rows import (
    class_of,
    demand_of,
    offer_of,
    pipelines_of,
    profile_of,
    quota_of,
    route_of,
    scenarios_of,
)
from lepta.domain.tables import Row
from lepta.errors import InputError, listing

__all__ = ["Table", "build_case", "check_names", "demand_rows"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that a `TableSchema` parsed, and the file they came from."""

    source: str
    rows: Sequence[Row]


NO_TABLE = Table("", ())


def build_case(
    *,
    offers: Table,
    demand: Table,
    profiles: Table,
    routes: Table = NO_TABLE,
    classes: Table = NO_TABLE,
    quotas: Table = NO_TABLE,
    pipelines: Table = NO_TABLE,
    scenarios: Table = NO_TABLE,
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
    profiled = [row["class"] for row in profiles.rows]
    wanted = sorted({row["class"] for row in demand.rows})
    for table in (profiles, routes, current or NO_TABLE):
        check_names(table, "offer", names, offers.source)
    # A route of a class without demand is harmless; one of a class that nothing serves is not
    # an error either. A misspelled class would silently cost nothing, so it is refused.
    check_names(routes, "class", [*wanted, *profiled], demand.source)
    check_names(classes, "class", [*wanted, *profiled], demand.source)
    check_names(pipelines, "pipeline", wanted, demand.source)
    check_names(pipelines, "class", profiled, profiles.source)
    check_names(scenarios, "class", wanted, demand.source)
    return PlanCase(
        offers=tuple(offer_of(offers.source, row) for row in offers.rows),
        demand=demand_rows(demand),
        profiles=tuple(profile_of(row) for row in profiles.rows),
        routes=tuple(route_of(row) for row in routes.rows),
        classes=tuple(class_of(row) for row in classes.rows),
        quotas=tuple(quota_of(row) for row in quotas.rows),
        pipelines=pipelines_of(pipelines.source, pipelines.rows),
        scenarios=scenarios_of(scenarios.source, scenarios.rows),
        current=None
        if current is None
        else tuple((row["offer"], row["units"]) for row in current.rows),
        currency=currency,
        utilization=utilization,
    )


def check_names(table: Table, column: str, names: Sequence[str], home: str) -> None:
    """Refuse a table with a name that the table at home does not have.

    Raises
    ------
    InputError
        Names file, line, column, value, and the nearest name that there is.
    """
    known = set(names)
    for row in table.rows:
        value = row[column]
        if value in known:
            continue
        near = get_close_matches(value, sorted(known), n=1)
        meant = f"is {near[0]!r} meant? " if near else ""
        raise InputError.at(
            table.source,
            f"names {'an' if column == 'offer' else 'a'} {column} that {home} does not have",
            row=row["_line"],
            column=column,
            value=value,
            remedy=f"{meant}there are {listing(sorted(known))}",
        )


def demand_rows(table: Table) -> tuple[Demand, ...]:
    """Build the intervals of a table of demand.

    Raises
    ------
    InputError
        Two intervals of one class overlap.
    """
    demand = tuple(demand_of(table.source, row) for row in table.rows)
    if clash := overlap(demand, lambda row: row.demand_class):
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


def _span(row: Demand) -> str:
    return f"{row.start.isoformat()} to {row.end.isoformat()}"
