"""The plan side of a report: units per offer now and then, over time, routes, marginal prices."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lepta.domain.plan import FleetPlan
from lepta.units import HOURS_PER_MONTH

__all__ = [
    "COSTS",
    "Held",
    "Marginal",
    "Routed",
    "Steps",
    "costs",
    "demand",
    "failed",
    "first_week",
    "held",
    "marginals",
    "routed",
    "saving",
    "saving_per_month",
    "starts",
    "steps",
]

COSTS = {
    "machines": "Machines",
    "starts": "Starts",
    "requests": "Requests and APIs",
    "carbon": "Carbon",
    "penalty": "Expected penalty",
    "other": "Other",
}
"""The parts of a plan's cost, and how people read them."""


WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Units of one offer: now, and over the horizon of the plan."""

    offer: str
    now: int | None
    least: int
    most: int
    unit_hours: float
    mean: float
    """unit_hours / hours of the plan."""
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """How much of a class goes to an offer."""

    demand_class: str
    offer: str
    share: float
    """Of the requests of the class over the horizon, 0..1."""
    mean_per_s: float
    peak_per_s: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Marginal:
    """The range of one shadow price over the periods, and its mean."""

    kind: str
    name: str
    unit: str
    emergency: str
    """The loss under which it holds; "" is none."""
    low: float
    mean: float
    high: float
    periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Units per offer on a grid of instants; column i holds from times[i] to times[i + 1]."""

    times: tuple[datetime, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]


def saving(plan: FleetPlan) -> float | None:
    """Return what the plan costs less than what runs now, over the horizon; None is unknown."""
    if plan.cost is None or plan.cost_now is None:
        return None
    return plan.cost_now - plan.cost


def saving_per_month(plan: FleetPlan) -> float | None:
    """Return the saving scaled to a month of 730 h."""
    saved = saving(plan)
    return None if saved is None or not plan.hours else saved / plan.hours * HOURS_PER_MONTH


def failed(plan: FleetPlan) -> int:
    """Count the checks that a promise did not pass."""
    return sum(not check.ok for check in plan.checks)


def costs(plan: FleetPlan) -> dict[str, float]:
    """Split the cost of a plan into the parts that `COSTS` names; parts of 0 are left out."""
    if plan.cost is None:
        return {}
    # Where demand may come in several ways, what is sent is what may be expected.
    sent = (
        sum(row.probability * row.cost for row in plan.outlooks)
        if plan.outlooks
        else sum(row.cost for row in plan.routing)
    )
    parts = {
        "machines": sum(row.cost for row in plan.units),
        "starts": sum(row.cost for row in plan.starts),
        "requests": sent,
        "carbon": plan.carbon_cost,
        "penalty": sum(row.probability * row.penalty for row in plan.outlooks),
    }
    rest = plan.cost - sum(parts.values())
    if abs(rest) > 1e-6 * max(plan.cost, 1e-6):
        parts["other"] = rest
    return {name: amount for name, amount in parts.items() if amount}


def starts(plan: FleetPlan) -> dict[str, int]:
    """Count the starts of each offer."""
    found: dict[str, int] = {}
    for row in plan.starts:
        found[row.offer] = found.get(row.offer, 0) + row.count
    return found


def held(plan: FleetPlan) -> tuple[Held, ...]:
    """Set the fleet of the plan beside what runs now; the dearest offer first."""
    now = None if plan.current is None else dict(plan.current)
    grid = steps(plan)
    counts = dict(grid.series)
    hours: dict[str, float] = {}
    cost: dict[str, float] = {}
    for part in plan.units:
        hours[part.offer] = hours.get(part.offer, 0.0) + part.count * part.hours
        cost[part.offer] = cost.get(part.offer, 0.0) + part.cost
    rows = []
    for offer in {*hours, *(now or {})}:
        row = counts.get(offer, (0,))
        current = None if now is None else now.get(offer, 0)
        if not any(row) and not current:
            continue
        rows.append(
            Held(
                offer=offer,
                now=current,
                least=min(row),
                most=max(row),
                unit_hours=hours.get(offer, 0.0),
                mean=hours.get(offer, 0.0) / plan.hours if plan.hours else 0.0,
                cost=cost.get(offer, 0.0),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.cost, -(row.now or 0), row.offer)))


def steps(plan: FleetPlan) -> Steps:
    """Lay the units of all offers on one grid of instants; no row means no units."""
    if not plan.units:
        return Steps(times=(), series=())
    # Periods in which only the routing or a price has a row are periods of the plan too.
    spans = [(part.start, part.hours) for part in plan.units]
    spans += [(part.start, part.hours) for part in plan.routing]
    spans += [(part.start, part.hours) for part in plan.shadow_prices]
    times = sorted({moment for start, hours in spans for moment in (start, _end(start, hours))})
    place = {moment: index for index, moment in enumerate(times)}
    grid: dict[str, list[int]] = {}
    weight: dict[str, float] = {}
    for part in plan.units:
        row = grid.setdefault(part.offer, [0] * (len(times) - 1))
        for index in range(place[part.start], place[_end(part.start, part.hours)]):
            row[index] += part.count
        weight[part.offer] = weight.get(part.offer, 0.0) + part.count * part.hours
    order = sorted((offer for offer in grid if any(grid[offer])), key=lambda o: (-weight[o], o))
    return Steps(times=tuple(times), series=tuple((offer, tuple(grid[offer])) for offer in order))


def first_week(grid: Steps) -> Steps:
    """Cut a grid to its first seven days: beyond that, hours can no longer be told apart."""
    if not grid.times or grid.times[-1] - grid.times[0] <= WEEK:
        return grid
    end = grid.times[0] + WEEK
    kept = [moment for moment in grid.times if moment < end]
    series = tuple((offer, row[: len(kept)]) for offer, row in grid.series)
    return Steps(times=(*kept, end), series=series)


def demand(plan: FleetPlan, times: Sequence[datetime]) -> tuple[float, ...]:
    """Return the rate that is served from each of these instants to the next, all classes."""
    found = [0.0] * max(len(times) - 1, 0)
    for part in plan.routing:
        first = bisect_left(times, part.start)
        last = bisect_left(times, _end(part.start, part.hours))
        for index in range(first, min(last, len(found))):
            found[index] += part.rate_per_s
    return tuple(found)


def routed(plan: FleetPlan) -> tuple[Routed, ...]:
    """Sum the routing over the horizon, by class and offer."""
    total: dict[str, float] = {}
    pairs: dict[tuple[str, str], list[float]] = {}
    for part in plan.routing:
        load = part.rate_per_s * part.hours
        total[part.demand_class] = total.get(part.demand_class, 0.0) + load
        pair = pairs.setdefault((part.demand_class, part.offer), [0.0, 0.0, 0.0])
        pair[0] += load
        pair[1] = max(pair[1], part.rate_per_s)
        pair[2] += part.cost
    rows = (
        Routed(
            demand_class=name,
            offer=offer,
            share=load / total[name] if total[name] else 0.0,
            mean_per_s=load / plan.hours if plan.hours else 0.0,
            peak_per_s=peak,
            cost=cost,
        )
        for (name, offer), (load, peak, cost) in pairs.items()
        if load > 0
    )
    return tuple(sorted(rows, key=lambda row: (row.demand_class, -row.share, row.offer)))


def marginals(plan: FleetPlan) -> tuple[Marginal, ...]:
    """Gather the shadow prices of a class or a limit over all periods; classes first.

    The mean of a class is weighted by its requests, that of a limit by hours.
    """
    load: dict[tuple[str, datetime], float] = {}
    for part in plan.routing:
        key = (part.demand_class, part.start)
        load[key] = load.get(key, 0.0) + part.rate_per_s * part.hours
    groups: dict[tuple[str, str, str, str], list[tuple[float, float]]] = {}
    for item in plan.shadow_prices:
        weight = load.get((item.name, item.start), 0.0) if item.kind == "class" else item.hours
        key_of = (item.kind, item.name, item.unit, item.emergency)
        groups.setdefault(key_of, []).append((item.value, weight))
    rows = []
    for (kind, name, unit, emergency), values in groups.items():
        weights = sum(weight for _, weight in values)
        mean = sum(v * w for v, w in values) / weights if weights else values[0][0]
        rows.append(
            Marginal(
                kind=kind,
                name=name,
                unit=unit,
                emergency=emergency,
                low=min(value for value, _ in values),
                mean=mean,
                high=max(value for value, _ in values),
                periods=len(values),
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.emergency, row.kind, -row.high, row.name)))


def _end(start: datetime, hours: float) -> datetime:
    return start + timedelta(hours=hours)
