"""From a parsed row of a table to the value that it describes, one function per table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from lepta.domain.demand import (
    Demand,
    DemandClass,
    Pipeline,
    Profile,
    Route,
    Scenario,
    Stage,
)
from lepta.domain.offer import Offer, Term
from lepta.domain.promises import Measure, Quota
from lepta.domain.tables import Row
from lepta.errors import InputError

__all__ = [
    "class_of",
    "demand_of",
    "offer_of",
    "pipelines_of",
    "profile_of",
    "quota_of",
    "route_of",
    "scenarios_of",
]

T = TypeVar("T")

TEXTS = ("provider", "region", "zone", "instance_type", "accelerator", "pool")
PLAIN = (
    "price_per_hour",
    "limit",
    "interruptions_per_hour",
    "startup_s",
    "carbon_g_per_hour",
    "start_cost",
    "accelerator_memory_gib",
    "price_per_request",
    "price_per_million_input_tokens",
    "price_per_million_output_tokens",
)
"""Columns that mean the same, None included, in the table and in the value."""


def offer_of(source: str, row: Row) -> Offer:
    """Build an offer from a row of `OFFERS`; what contradicts itself is named with its line."""
    return _named(
        source,
        row,
        Offer,
        id=row["offer"],
        **{name: row[name] or "" for name in TEXTS},
        **{name: row[name] for name in PLAIN},
        accelerator_count=_given(row, "accelerator_count"),
        term=Term(row["term"] or Term.ON_DEMAND),
        owned=row["owned"] or 0,
        min_hours=_given(row, "min_hours"),
    )


def demand_of(source: str, row: Row) -> Demand:
    """Build an interval of demand from a row of `DEMAND` or `SCENARIOS`."""
    return _named(
        source,
        row,
        Demand,
        column="hours",
        demand_class=row["class"],
        start=row["start"],
        hours=row["hours"],
        rate_per_s=row["rate_per_s"],
    )


def class_of(row: Row) -> DemandClass:
    """Build what is known of a class from a row of `CLASSES`."""
    regions = (row["regions"] or "").split("|")
    return DemandClass(
        name=row["class"],
        latency_ms=row["latency_ms"],
        regions=tuple(dict.fromkeys(part.strip() for part in regions if part.strip())),
        memory_gib=row["memory_gib"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        penalty_per_request=row["penalty_per_request"],
    )


def profile_of(row: Row) -> Profile:
    """Build an operating point from a row of `PROFILES`."""
    return Profile(
        demand_class=row["class"],
        offer=row["offer"],
        rate_per_s=row["rate_per_s"],
        latency_ms=row["latency_ms"],
    )


def route_of(row: Row) -> Route:
    """Build a route from a row of `ROUTES`."""
    return Route(
        demand_class=row["class"],
        offer=row["offer"],
        per_request=_given(row, "usd_per_request"),
        round_trip_ms=row["round_trip_ms"],
    )


def quota_of(row: Row) -> Quota:
    """Build a quota from a row of `QUOTAS`."""
    texts = ("provider", "region", "zone", "accelerator", "instance_type", "term")
    return Quota(
        name=row["quota"],
        limit=row["limit"],
        measure=Measure(row["measure"] or Measure.UNITS),
        **{name: row[name] or "" for name in texts},
    )


def pipelines_of(source: str, rows: Sequence[Row]) -> tuple[Pipeline, ...]:
    """Gather the rows of `PIPELINES`: stages in order, one budget for the whole.

    Raises
    ------
    InputError
        Two rows of a pipeline name different budgets, or a class stands in two stages.
    """
    found: dict[str, list[Row]] = {}
    owner: dict[str, int] = {}
    for row in rows:
        mine = found.setdefault(row["pipeline"], [])
        _same(source, row, mine, "latency_ms", "the budget of the pipeline")
        if row["class"] in owner:
            raise InputError.at(
                source,
                f"the class is a stage already, in line {owner[row['class']]}",
                row=row["_line"],
                column="class",
                value=row["class"],
                remedy="give each stage a class of its own, with its own profiles",
            )
        owner[row["class"]] = row["_line"]
        mine.append(row)
    return tuple(
        Pipeline(
            name=name,
            latency_ms=mine[0]["latency_ms"],
            stages=tuple(
                Stage(
                    demand_class=row["class"],
                    per_request=1.0 if row["requests"] is None else row["requests"],
                )
                for row in sorted(mine, key=lambda row: int(row["stage"]))
            ),
        )
        for name, mine in found.items()
    )


def scenarios_of(source: str, rows: Sequence[Row]) -> tuple[Scenario, ...]:
    """Gather the rows of `SCENARIOS` by scenario.

    Raises
    ------
    InputError
        Two rows of a scenario name different probabilities, or all together exceed 1.
    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        mine = found.setdefault(row["scenario"], [])
        _same(source, row, mine, "probability", "the probability of the scenario")
        mine.append(row)
    total = sum(mine[0]["probability"] for mine in found.values())
    if total > 1 + 1e-9:
        raise InputError.at(
            source,
            f"the probabilities of {len(found)} scenarios sum to {total:g}",
            column="probability",
            remedy="make them sum to 1 at most; the rest is the probability of demand.csv",
        )
    return tuple(
        Scenario(
            name=name,
            probability=mine[0]["probability"],
            demand=tuple(demand_of(source, row) for row in mine),
        )
        for name, mine in found.items()
    )


def _same(source: str, row: Row, mine: Sequence[Row], column: str, what: str) -> None:
    if mine and row[column] != mine[0][column]:
        raise InputError.at(
            source,
            f"{what} is {mine[0][column]:g} in line {mine[0]['_line']}",
            row=row["_line"],
            column=column,
            value=row[column],
            remedy="write the same number in all its rows",
        )


def _named(
    source: str, row: Row, kind: Callable[..., T], *, column: str | None = None, **values: Any
) -> T:
    """Build a value; an error of its own gets the file and the line."""
    try:
        return kind(**values)
    except InputError as error:
        raise InputError.at(
            source, error.what, row=row["_line"], column=column, remedy=error.remedy
        ) from None


def _given(row: Mapping[str, float | None], column: str) -> float:
    """Return a cell whose column says that blank means 0."""
    return row[column] or 0.0
