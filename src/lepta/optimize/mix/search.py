"""The search for a plan: relax, settle each period, put them side by side, improve, bound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.optimize.mix.answer import NOISE
from lepta.optimize.mix.budget import Budget
from lepta.optimize.mix.horizon import Ties, apart, constant, tie, unit_cost
from lepta.optimize.mix.join import Whole, exact, improve, join, total
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.proof import Prices
from lepta.optimize.mix.settle import (
    Fleet,
    Period,
    Relaxed,
    better,
    period_of,
    relax,
    route,
    settle,
)

__all__ = ["Found", "floor", "search"]

Array = npt.NDArray[np.float64]

JOINED = 0.4
"""Part of the time limit that goes to all periods together, where they depend on each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A plan with its bound and prices, or the periods (places) that no fleet can serve."""

    whole: Whole | None = None
    bound: float = 0.0
    prices: tuple[Prices, ...] = ()
    """Per period."""
    ties: Ties | None = None
    impossible: tuple[int, ...] = ()


def search(model: Model, *, gap: float, budget: Budget) -> Found:
    """Find a plan with its bound; or the periods that cannot be served."""
    periods = [period_of(model, step) for step in range(len(model.hours))]
    plain = _relax_all(periods, model.unit_cost)
    bad = [step for step, one in enumerate(plain) if one is None]
    if bad:
        return Found(impossible=tuple(bad))
    ties, cost = apart(model), model.unit_cost
    relaxed = [one for one in plain if one is not None]
    if model.coupled:
        tied = tie(model, periods)
        if tied is None:
            return Found(impossible=tuple(range(len(periods))))
        ties, cost = tied, unit_cost(model, tied)
        relaxed = [one for one in _relax_all(periods, cost) if one is not None]
    part = Budget(budget.seconds * (1 - JOINED if model.coupled else 1.0), budget.clock)
    hand = _hand(model, periods)
    fleets = _settle_all(periods, relaxed, cost, hand, gap=gap, budget=part)
    missing = [step for step, fleet in enumerate(fleets) if fleet is None]
    if missing:
        return Found(impossible=tuple(missing))
    settled = [fleet for fleet in fleets if fleet is not None]
    bound = sum(fleet.bound for fleet in settled) + constant(model, ties)
    whole = join(model, periods, settled) if model.coupled else _side_by_side(model, settled)
    if hand is not None and all(one is not None for one in hand):
        kept = _side_by_side(model, [one for one in hand if one is not None])
        whole = min(whole, kept, key=lambda one: one.cost)
    if model.coupled and whole.cost - bound > max(gap, NOISE) * whole.cost:
        whole, bound = _together(model, periods, relaxed, whole, bound, gap=gap, budget=budget)
    return Found(
        whole=whole,
        bound=min(bound, whole.cost),
        prices=tuple(one.prices for one in relaxed),
        ties=ties,
    )


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
    if (units > model.market.limit).any() or (
        len(model.quota) and (model.quota_use @ units > model.quota).any()
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


def _together(
    model: Model,
    periods: Sequence[Period],
    relaxed: Sequence[Relaxed],
    whole: Whole,
    bound: float,
    *,
    gap: float,
    budget: Budget,
) -> tuple[Whole, float]:
    """Improve all periods together: branch and bound where they are few, windows where many."""
    seconds = max(budget.seconds * JOINED, 0.01)
    found, floor = exact(model, periods, whole, gap=gap, time_limit_s=seconds)
    whole, bound = found or whole, max(bound, floor)
    if floor == -np.inf:
        slack = (whole.cost - bound) / len(periods)
        cells = [
            tuple(
                one.only(reduced <= max(slack, 0.0))
                for one, reduced in zip(period.cells, mine.reduced, strict=True)
            )
            for period, mine in zip(periods, relaxed, strict=True)
        ]
        part = Budget(seconds, budget.clock)
        whole = improve(model, periods, cells, whole, part, gap=gap, floor=bound)
    return whole, bound


def floor(model: Model) -> tuple[float, tuple[int, ...]]:
    """Return a lower bound by relaxations alone, and the periods that no fleet can serve."""
    periods = [period_of(model, step) for step in range(len(model.hours))]
    relaxed = _relax_all(periods, model.unit_cost)
    bad = tuple(step for step, one in enumerate(relaxed) if one is None)
    return sum(one.prices.bound for one in relaxed if one is not None), bad
