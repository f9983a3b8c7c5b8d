"""A frontier as rows: level, cost, what is held; the same in the terminal and on the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from lepta.domain.frontier import Against, Frontier, FrontierPoint
from lepta.optimize.tradeoff import level_text
from lepta.report.fleet import held
from lepta.report.numbers import clip

__all__ = ["TITLES", "Step", "step_rows", "title"]

TITLES = {
    Against.LATENCY: "Latency",
    Against.CARBON: "CO2e",
    Against.RISK: "Demand quantile",
    Against.SPREAD: "Still served",
}
MOST_OFFERS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """A point as people read it."""

    number: int
    """From 1, the cheapest: that of the plan file."""
    level: str
    cost: float
    more: float
    """Relative to the cheapest point."""
    part: float
    """Of the cost of the dearest point, for a bar."""
    gap: float
    fleet: str
    marks: tuple[str, ...]


def title(frontier: Frontier) -> str:
    """Name the second aim and what it is about."""
    name = TITLES[frontier.against]
    if frontier.against is Against.LATENCY:
        return f"{name} of {frontier.about}"
    return (
        f"{name} without any one {frontier.about}" if frontier.against is Against.SPREAD else name
    )


def step_rows(frontier: Frontier) -> tuple[Step, ...]:
    """Return the points from the cheapest on."""
    points = frontier.points
    low = (points[0].plan.cost or 0.0) if points else 0.0
    top = max((point.plan.cost or 0.0 for point in points), default=0.0)
    return tuple(
        Step(
            number=number,
            level=level_text(frontier, point.value),
            cost=point.plan.cost or 0.0,
            more=(point.plan.cost or 0.0) / low - 1 if low else 0.0,
            part=(point.plan.cost or 0.0) / top if top else 0.0,
            gap=point.plan.gap or 0.0,
            fleet=_fleet(point),
            marks=_marks(point),
        )
        for number, point in enumerate(points, start=1)
    )


def _fleet(point: FrontierPoint) -> str:
    rows = [row for row in held(point.plan) if row.most]
    parts = []
    for row in rows[:MOST_OFFERS]:
        units = f"{row.most}" if row.least == row.most else f"{row.least}..{row.most}"
        parts.append(f"{clip(row.offer, 30)} {units}")
    more: Sequence[str] = [f"{len(rows) - MOST_OFFERS} more"] if len(rows) > MOST_OFFERS else []
    return ", ".join([*parts, *more])


def _marks(point: FrontierPoint) -> tuple[str, ...]:
    return tuple(name for name, true in (("knee", point.knee), ("as asked", point.asked)) if true)
