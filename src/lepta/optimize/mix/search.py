"""The search for a plan: relax, settle each period, put them side by side, improve, bound."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lepta.optimize.mix.answer import NOISE
from lepta.optimize.mix.budget import Budget
from lepta.optimize.mix.calm import Calm, Slow, calm
from lepta.optimize.mix.cells import Cells
from lepta.optimize.mix.green import rolled
from lepta.optimize.mix.horizon import Ties, constant, tie, unit_cost
from lepta.optimize.mix.join import Whole, exact, improve, join, total, within_swaps
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.program import Floors
from lepta.optimize.mix.proof import Prices
from lepta.optimize.mix.risk import Averse, averse
from lepta.optimize.mix.settle import (
    Fleet,
    Period,
    Relaxed,
    better,
    near,
    period_of,
    relax,
    route,
    settle,
)

__all__ = ["Found", "find", "floor"]

Array = npt.NDArray[np.float64]

FINER = 5.0
"""Where periods depend on each other, each is settled to so much smaller a gap than the whole."""
ROLLED, SETTLED, EXACT, IMPROVED = 0.5, 0.2, 0.2, 0.1
"""Parts of the time limit, where periods depend on each other."""
LAST_S, COARSE = 60.0, 0.05
"""Seconds and gap of the last try, where the time ended before there was any plan."""
CALMED = 0.03
"""Part of the time limit, on top of it, to prefer what runs now."""
SLACK = 5e-4
"""Pairs whose reduced cost is below so large a part of a period's cost are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A plan with its bound and prices, or the periods (places) that no fleet can serve."""

    whole: Whole | None = None
    calm: Calm | None = None
    averse: Averse | None = None
    bound: float = 0.0
    prices: tuple[Prices, ...] = ()
    """Per period."""
    ties: Ties | None = None
    impossible: tuple[int, ...] = ()


def find(
    model: Model,
    *,
    gap: float,
    budget: Budget,
    payback_hours: float | None = None,
    risk: float = 0.0,
) -> Found:
    """Find a plan with its bound, calm where what runs is known; or what cannot be served.

    With `risk` and scenarios the plan is averse to risk: it costs more on average than the cheapest
    one, of which the bound is.
    """
    found = _find(model, gap=gap, budget=budget)
    if found.whole is None:
        return found
    if risk > 0 and model.stages[0][0].weight < 1:
        return _averse(model, found, risk, gap=gap, budget=budget)
    periods = [period_of(model, step) for step in range(len(model.hours))]
    hand = _hand(model, periods)
    kept = calm(
        model,
        periods,
        [period.cells for period in periods],
        found.whole,
        _cheapest(model, None, hand),
        bound=found.bound,
        gap=gap,
        slow=_slow(model, payback_hours, gap=gap, budget=budget),
        time_limit_s=max(budget.seconds * CALMED, 0.01),
    )
    if kept is None:
        return found
    return replace(found, whole=kept.whole, calm=kept, bound=min(found.bound, kept.whole.cost))


def _slow(model: Model, payback_hours: float | None, *, gap: float, budget: Budget) -> Slow | None:
    """Plan once more with starts so dear that each earns its cost within the payback time."""
    hours = float(model.hours.sum())
    if payback_hours is None or payback_hours >= hours or model.before is None:
        return None
    factor = hours / payback_hours
    dear = replace(model, market=replace(model.market, start=model.market.start * factor))
    found = _find(dear, gap=gap, budget=Budget(budget.seconds / 2.0, budget.clock)).whole
    return Slow(factor, None if found is None else _side_by_side(model, found.fleets))


def _averse(model: Model, found: Found, risk: float, *, gap: float, budget: Budget) -> Found:
    each = Budget(budget.seconds / 4.0, budget.clock)

    def plan(weighted: Model) -> tuple[Whole | None, float]:
        one = _find(weighted, gap=gap, budget=each)
        return one.whole, one.bound

    kept = averse(model, risk, plan)
    if kept is None:
        return found
    return replace(found, whole=kept.whole, averse=kept, bound=min(found.bound, kept.whole.cost))


def _find(model: Model, *, gap: float, budget: Budget) -> Found:
    periods = [period_of(model, step) for step in range(len(model.hours))]
    plain = _relax_all(periods, model.unit_cost)
    bad = [step for step, one in enumerate(plain) if one is None]
    if bad:
        return Found(impossible=tuple(bad))
    hand = _hand(model, periods)
    if model.coupled:
        return _coupled(model, periods, hand, gap=gap, budget=budget)
    relaxed = [one for one in plain if one is not None]
    fleets = _settle_all(periods, relaxed, model.unit_cost, hand, gap=gap, budget=budget)
    fleets = _at_last(periods, relaxed, fleets)
    settled = [fleet for fleet in fleets if fleet is not None]
    if len(settled) < len(fleets):
        return Found(impossible=tuple(k for k, fleet in enumerate(fleets) if fleet is None))
    whole = _cheapest(model, _side_by_side(model, settled), hand)
    if whole is None:
        return Found(impossible=tuple(range(len(periods))))
    return Found(
        whole=whole,
        bound=min(sum(fleet.bound for fleet in settled), whole.cost),
        prices=tuple(one.prices for one in relaxed),
    )


def _coupled(
    model: Model,
    periods: Sequence[Period],
    hand: list[Fleet | None] | None,
    *,
    gap: float,
    budget: Budget,
) -> Found:
    """Price what couples the periods, build a plan from the front, and close in from both sides."""
    everything = tuple(range(len(periods)))
    ties = tie(model, periods)
    if ties is None:
        return Found(impossible=everything)
    cost = unit_cost(model, ties)
    relaxed = [one for one in _relax_all(periods, cost) if one is not None]
    bound = sum(one.prices.bound for one in relaxed) + constant(model, ties)
    cells = _that_matter(periods, relaxed)
    part = Budget(budget.seconds * ROLLED, budget.clock)
    whole = _cheapest(model, rolled(model, periods, cells, ties, gap=gap, budget=part), hand)
    if not _close(whole, bound, gap):
        part = Budget(budget.seconds * SETTLED, budget.clock)
        fleets = _settle_all(periods, relaxed, cost, hand, gap=gap / FINER, budget=part)
        settled = [fleet for fleet in fleets if fleet is not None]
        if len(settled) == len(fleets):
            bound = max(bound, sum(fleet.bound for fleet in settled) + constant(model, ties))
            whole = _cheaper(whole, join(model, periods, settled))
    if not _close(whole, bound, gap):
        floors = Floors(cost, np.array([fleet.bound if fleet else 0.0 for fleet in fleets]))
        seconds = budget.left(EXACT)
        whole, least = exact(model, periods, whole, floors, gap=gap, time_limit_s=seconds)
        bound = max(bound, least)
    if whole is not None and not _close(whole, bound, gap):
        part = Budget(budget.left(IMPROVED), budget.clock)
        whole = improve(model, periods, cells, whole, part, gap=gap, floor=bound)
    if whole is None:  # a plan comes before the clock
        last = Budget(LAST_S)
        whole = rolled(model, periods, cells, ties, gap=max(gap, COARSE), budget=last)
    if whole is None:
        return Found(impossible=everything)
    return Found(
        whole=whole,
        bound=min(bound, whole.cost),
        prices=tuple(one.prices for one in relaxed),
        ties=ties,
    )


def _at_last(
    periods: Sequence[Period], relaxed: Sequence[Relaxed], fleets: Sequence[Fleet | None]
) -> list[Fleet | None]:
    """Settle what the time left without any fleet: a plan comes before the clock."""
    return [
        fleet
        or settle(period, one, period.model.unit_cost[period.step], gap=COARSE, time_limit_s=LAST_S)
        for period, one, fleet in zip(periods, relaxed, fleets, strict=True)
    ]


def _close(whole: Whole | None, bound: float, gap: float) -> bool:
    return whole is not None and whole.cost - bound <= max(gap, NOISE) * whole.cost


def _cheaper(one: Whole | None, two: Whole | None) -> Whole | None:
    if one is None or two is None:
        return two if one is None else one
    return one if one.cost <= two.cost else two


def _cheapest(
    model: Model, whole: Whole | None, hand: Sequence[Fleet | None] | None
) -> Whole | None:
    """Keep what runs now where that is cheaper: no plan is ever dearer than it."""
    kept = [fleet for fleet in hand or () if fleet is not None]
    if hand is None or len(kept) < len(hand):
        return whole
    units = np.array([fleet.units for fleet in kept])
    if not (model.keeps_carbon(units) and within_swaps(model, units)):
        return whole
    return _cheaper(whole, _side_by_side(model, kept))


def _that_matter(periods: Sequence[Period], relaxed: Sequence[Relaxed]) -> list[tuple[Cells, ...]]:
    """Keep the pairs that a good plan may use: those of the smallest reduced costs."""
    return [
        tuple(
            near(one, reduced, SLACK * abs(mine.prices.bound))
            for one, reduced in zip(period.cells, mine.reduced, strict=True)
        )
        for period, mine in zip(periods, relaxed, strict=True)
    ]


def _side_by_side(model: Model, fleets: Sequence[Fleet]) -> Whole:
    return Whole(tuple(fleets), total(model, fleets))


def _key(period: Period, cost: Array) -> tuple[bytes, ...]:
    """Tell periods that are the same program: they are solved once."""
    return (
        cost.tobytes(),
        np.float64(period.model.hours[period.step]).tobytes(),
        *(here.rates.tobytes() for here in period.stages),
    )


def _relax_all(periods: Sequence[Period], cost: Array) -> list[Relaxed | None]:
    done: dict[tuple[bytes, ...], Relaxed | None] = {}
    found = []
    for period in periods:
        key = _key(period, cost[period.step])
        if key not in done:
            done[key] = relax(period, cost[period.step])
        found.append(done[key])
    return found


def _hand(model: Model, periods: Sequence[Period]) -> list[Fleet | None] | None:
    """Take what runs now as a plan where it carries the demand: no plan is ever dearer than it."""
    if model.before is None:
        return None
    units = np.maximum(model.before, model.market.owned)
    if (
        (units > model.market.limit).any()
        or (len(model.quota) and (model.quota_use @ units > model.quota).any())
        or not model.keeps_carbon(np.tile(units, (len(periods), 1)))
    ):
        return None
    done: dict[tuple[bytes, ...], Fleet | None] = {}
    found = []
    for period in periods:
        cost = model.unit_cost[period.step]
        key = _key(period, cost)
        if key not in done:
            done[key] = route(period, cost, units)
        found.append(done[key])
    return found


def _settle_all(
    periods: Sequence[Period],
    relaxed: Sequence[Relaxed],
    cost: Array,
    hand: list[Fleet | None] | None,
    *,
    gap: float,
    budget: Budget,
) -> list[Fleet | None]:
    """Settle each different period, in two rounds, within the time limit as a whole.

    Those that the first round does not prove share the time that is left in the second.
    """
    keys = [_key(period, cost[period.step]) for period in periods]
    place = {key: step for step, key in reversed(list(enumerate(keys)))}
    settled: dict[tuple[bytes, ...], Fleet | None] = {}
    open_ = list(dict.fromkeys(keys))
    for turn in range(2):
        for number, key in enumerate(open_):
            if turn and budget.over:
                break
            step = place[key]
            before = settled.get(key)
            here = hand[step] if hand is not None else None
            start = before or here
            found = settle(
                periods[step],
                relaxed[step],
                cost[step],
                gap=gap,
                time_limit_s=budget.share(number, len(open_), rounds=2),
                hand=start.units if start is not None else None,
            )
            settled[key] = better(found, before) if found and before else (found or before)
        open_ = [key for key in open_ if not _proven(settled[key], gap)]
    return [settled[key] for key in keys]


def _proven(fleet: Fleet | None, gap: float) -> bool:
    return fleet is None or fleet.cost - fleet.bound <= max(gap, NOISE) * abs(fleet.cost)


def floor(model: Model, *, tied: bool = False) -> tuple[float, tuple[int, ...]]:
    """Return a lower bound by relaxations alone, and the periods that no fleet can serve.

    `tied` counts what couples the periods as well: a better bound for a larger linear program.
    """
    periods = [period_of(model, step) for step in range(len(model.hours))]
    relaxed = _relax_all(periods, model.unit_cost)
    bad = tuple(step for step, one in enumerate(relaxed) if one is None)
    least = sum(one.prices.bound for one in relaxed if one is not None)
    if bad or not tied or not model.coupled:
        return least, bad
    ties = tie(model, periods)
    if ties is None:
        return least, tuple(range(len(periods)))
    priced = [one for one in _relax_all(periods, unit_cost(model, ties)) if one is not None]
    return max(least, sum(one.prices.bound for one in priced) + constant(model, ties)), ()
