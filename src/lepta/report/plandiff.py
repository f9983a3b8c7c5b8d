"""Comparing two plans: cost, units, starts, routes, prices and promises side by side."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from lepta.domain.plan import FleetPlan
from lepta.domain.plandiff import OfferPair, Pair, PlanDiff, PricePair, RoutePair
from lepta.domain.planfile import Origin
from lepta.errors import InputError, listing
from lepta.report.fleet import COSTS, costs, held, marginals, routed, starts

__all__ = ["compare"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

HELD = {"peak": "most", "mean": "mean", "unit_hours": "unit_hours", "cost": "cost"}
"""Numbers of an offer, and what `held` calls them; an offer that it leaves out has none."""
SAME = 1e-6
"""Rates this close to each other (relatively) are one rate: plans serve demand up to that."""


def compare(
    before: FleetPlan,
    after: FleetPlan,
    *,
    origins: tuple[Origin | None, Origin | None] = (None, None),
) -> PlanDiff:
    """Set two plans side by side; `origins` say for which cases and promises they were made.

    Where one of them serves not all demand, it has no cost, units, routes and prices to compare.

    Raises
    ------
    InputError
        They are in two currencies.
    """
    if before.currency != after.currency:
        raise InputError(
            f"one plan is in {before.currency}, the other in {after.currency}",
            remedy="plan both in one currency",
        )
    return PlanDiff(
        currency=before.currency,
        status=(before.status, after.status),
        hours=Pair(name="hours", before=before.hours, after=after.hours),
        cost=Pair(name="cost", before=before.cost, after=after.cost),
        cost_now=Pair(name="now", before=before.cost_now, after=after.cost_now),
        costs=_costs(before, after),
        carbon_kg=Pair(name="carbon", before=before.carbon_kg, after=after.carbon_kg),
        offers=_offers(before, after),
        routes=_routes(before, after),
        prices=_prices(before, after),
        promises=(*_promised(*origins), *_promises(before, after)),
        shortfalls=_shortfalls(before, after),
        notes=(*_cases(*origins), *_notes(before, after)),
    )


def _both(one: Mapping[K, V], two: Mapping[K, V]) -> dict[K, tuple[V | None, V | None]]:
    return {key: (one.get(key), two.get(key)) for key in dict.fromkeys([*one, *two])}


def _costs(before: FleetPlan, after: FleetPlan) -> tuple[Pair, ...]:
    one, two = costs(before), costs(after)
    return tuple(
        Pair(
            name=name,
            before=None if before.cost is None else one.get(name, 0.0),
            after=None if after.cost is None else two.get(name, 0.0),
        )
        for name in COSTS
        if name in one or name in two
    )


def _offers(before: FleetPlan, after: FleetPlan) -> tuple[OfferPair, ...]:
    one, two = ({row.offer: row for row in held(plan)} for plan in (before, after))
    began = _both(starts(before), starts(after))
    known = (before.cost is not None, after.cost is not None)

    def pair(name: str, old: float, new: float) -> Pair:
        return Pair(name=name, before=old if known[0] else None, after=new if known[1] else None)

    rows = []
    for offer, (old, new) in _both(one, two).items():
        first, last = began.get(offer, (0, 0))
        held_of = {
            name: pair(name, getattr(old, field, 0), getattr(new, field, 0))
            for name, field in HELD.items()
        }
        rows.append(
            OfferPair(
                offer=offer,
                now=old.now if old else new.now if new else None,
                starts=pair("starts", first or 0, last or 0),
                **held_of,
            )
        )
    return tuple(sorted(rows, key=lambda row: (-_larger(row.cost), row.offer)))


def _routes(before: FleetPlan, after: FleetPlan) -> tuple[RoutePair, ...]:
    if before.cost is None or after.cost is None:
        return ()
    one, two = (
        {(row.demand_class, row.offer): row.share for row in routed(plan)}
        for plan in (before, after)
    )
    rows = (
        RoutePair(
            demand_class=name,
            offer=offer,
            share=Pair(name="share", before=old or 0.0, after=new or 0.0),
        )
        for (name, offer), (old, new) in _both(one, two).items()
    )
    return tuple(sorted(rows, key=lambda row: (row.demand_class, -_larger(row.share), row.offer)))


def _prices(before: FleetPlan, after: FleetPlan) -> tuple[PricePair, ...]:
    if before.cost is None or after.cost is None:
        return ()
    one, two = (
        {(row.kind, row.name, row.unit, row.emergency): row.mean for row in marginals(plan)}
        for plan in (before, after)
    )
    rows = (
        PricePair(kind=kind, unit=unit, emergency=lost, mean=Pair(name=name, before=old, after=new))
        for (kind, name, unit, lost), (old, new) in _both(one, two).items()
    )
    return tuple(sorted(rows, key=lambda row: (row.emergency, row.kind, row.mean.name)))


def _promised(before: Origin | None, after: Origin | None) -> tuple[Pair, ...]:
    """What was promised, where it is not the same for both plans."""
    if before is None or after is None:
        return ()

    def all_of(origin: Origin) -> dict[str, float | None]:
        said = origin.promises
        return {
            "utilization, at most": origin.utilization,
            **{f"promised without one {row.scope.value}": row.share for row in said.survive},
            "price of a tonne of CO2e": said.carbon_price,
            "kg CO2e, at most": said.carbon_limit,
            "payback, hours": said.payback_hours,
            "weight of the worst scenarios": said.risk,
        }

    rows = (
        Pair(name=name, before=old, after=new)
        for name, (old, new) in _both(all_of(before), all_of(after)).items()
    )
    return tuple(row for row in rows if row.differs)


def _promises(before: FleetPlan, after: FleetPlan) -> tuple[Pair, ...]:
    def all_of(plan: FleetPlan) -> dict[str, float]:
        return {
            **{f"served without {row.scope} {row.lost}": row.served for row in plan.emergencies},
            **{
                f"budget of {row.pipeline} / {row.demand_class}, ms": row.budget_ms
                for row in plan.splits
            },
            **{f"cost of requests if demand is {row.scenario}": row.cost for row in plan.outlooks},
            **{f"unserved if demand is {row.scenario}": row.unserved for row in plan.outlooks},
        }

    return tuple(
        Pair(name=name, before=old, after=new)
        for name, (old, new) in _both(all_of(before), all_of(after)).items()
    )


def _shortfalls(before: FleetPlan, after: FleetPlan) -> tuple[Pair, ...]:
    one, two = (
        _largest((row.demand_class, row.short_rate_per_s) for row in plan.shortfalls)
        for plan in (before, after)
    )
    return tuple(
        Pair(name=name, before=old or 0.0, after=new or 0.0)
        for name, (old, new) in sorted(_both(one, two).items())
    )


def _largest(rows: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in rows:
        found[name] = max(value, found.get(name, 0.0))
    return found


def _cases(before: Origin | None, after: Origin | None) -> Iterable[str]:
    if before and after and before.case_hash != after.case_hash:
        yield "They were not planned from the same input."


def _notes(before: FleetPlan, after: FleetPlan) -> Iterable[str]:
    if abs(before.hours - after.hours) > 1e-6:
        yield (
            f"The horizons differ: {before.hours:g} h and {after.hours:g} h; compare costs per "
            "hour, not in all."
        )
    first, second = (_start(plan) for plan in (before, after))
    if first is not None and second is not None and first != second:
        yield f"The plans begin at different times: {first} and {second}."
    one, two = _load(before), _load(after)
    if one and two:
        moved = [
            name
            for name, (old, new) in sorted(_both(one, two).items())
            if abs((new or 0.0) - (old or 0.0)) > SAME * max(old or 0.0, new or 0.0)
        ]
        if moved:
            yield f"They do not serve the same requests: {listing(moved)}."
    if before.current != after.current:
        yield "What runs now is not the same in both."


def _start(plan: FleetPlan) -> str | None:
    moments = [row.start for row in plan.routing] + [row.start for row in plan.units]
    return f"{min(moments):%Y-%m-%d %H:%MZ}" if moments else None


def _load(plan: FleetPlan) -> dict[str, float]:
    """Return the mean rate of each class that is served."""
    found: dict[str, float] = {}
    for row in plan.routing:
        found[row.demand_class] = found.get(row.demand_class, 0.0) + row.rate_per_s * row.hours
    return {name: load / plan.hours for name, load in found.items()} if plan.hours else {}


def _larger(pair: Pair) -> float:
    return max(pair.before or 0.0, pair.after or 0.0)
