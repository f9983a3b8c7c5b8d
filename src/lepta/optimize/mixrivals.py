"""The runner-ups of a fleet plan: what the plan is better than, and by how much."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lepta.domain.offer import Term
from lepta.domain.periods import Horizon
from lepta.domain.plan import FleetPlan
from lepta.optimize.budget import Budget
from lepta.optimize.market import Market, by_kind
from lepta.optimize.mixprogram import Relaxed, relax, settle, short_rates
from lepta.optimize.mixwords import RunnerUp

__all__ = ["SHARE", "rivals"]

Rates = tuple[float, ...]

GAP = 1e-3
SHARE = 0.25
"""Part of the time limit of the plan that its runner-ups may use."""
LOOK_S, SOLVE_S = 0.005, 0.05
"""What one relaxation and one solve take at least: fewer are begun where the time is short."""
MOST = 6
"""Restrictions that are solved whole: those with the lowest bounds."""


@dataclass(frozen=True, slots=True)
class _Option:
    name: str
    keep: list[int]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A restriction with its lower bound over the horizon; not possible where it serves no plan."""

    option: _Option
    market: Market
    relaxed: Mapping[Rates, Relaxed | None]
    floor: float
    possible: bool


def rivals(
    market: Market, horizon: Horizon, plan: FleetPlan, budget: Budget, *, most: int
) -> tuple[RunnerUp, ...]:
    """Solve again with one kind of accelerator alone, and without spot; the cheapest first.

    Its budget is `SHARE` of the time limit, on top of it; a gap of `GAP` is good enough here.
    """
    options = _options(market, {row.offer for row in plan.units})
    solves = len({period.rates for period in horizon.periods})
    if not most or not options or solves * len(options) * LOOK_S > budget.seconds:
        return ()
    hours: dict[Rates, float] = {}
    for period in horizon.periods:
        hours[period.rates] = hours.get(period.rates, 0.0) + period.hours
    ranked = sorted(
        (_look(option, market, hours) for option in options),
        key=lambda seen: (not seen.possible, seen.floor, seen.option.name),
    )[:MOST]
    # Too many different demands for the time: the bounds of the relaxation have to do.
    whole = sum(seen.possible for seen in ranked) * solves * SOLVE_S <= budget.seconds
    answers, turn = [], 0
    for seen in ranked:
        answers.append(_answer(seen, plan, hours, budget, (turn, len(ranked)), whole=whole))
        turn += seen.possible
    answers.sort(key=lambda one: (one.bound is None, one.cost or one.bound or 0.0))
    return tuple(answers[:most])


def _options(market: Market, used: set[str]) -> list[_Option]:
    groups = by_kind(market.offers)
    options = [_Option(f"only {name}", keep) for name, keep in sorted(groups.items())]
    options = options if len(options) > 1 else []
    steady = [g for g, offer in enumerate(market.offers) if offer.term is not Term.SPOT]
    if steady and any(o.id in used and o.term is Term.SPOT for o in market.offers):
        options.append(_Option("without spot", steady))
    return options


def _look(option: _Option, market: Market, hours: Mapping[Rates, float]) -> _Seen:
    part = market.only(option.keep)
    relaxed = {rates: relax(part, np.array(rates)) for rates in hours}
    floor = sum(hours[rates] * found.cost for rates, found in relaxed.items() if found)
    return _Seen(option, part, relaxed, floor, all(relaxed.values()))


def _answer(
    seen: _Seen,
    plan: FleetPlan,
    hours: Mapping[Rates, float],
    budget: Budget,
    turn: tuple[int, int],
    *,
    whole: bool,
) -> RunnerUp:
    """Solve one restriction; `turn` says which of how many that are solved it is."""
    own = {offer.id for offer in seen.market.offers}
    same = {row.offer for row in plan.units} <= own
    if not seen.possible:
        short = {
            seen.market.classes[w]
            for rates, found in seen.relaxed.items()
            if found is None
            for w in np.flatnonzero(short_rates(seen.market, np.array(rates)) > 0)
        }
        return RunnerUp(seen.option.name, None, None, same, tuple(sorted(short)))
    if not whole:
        return RunnerUp(seen.option.name, None, seen.floor, same)
    cost = bound = 0.0
    done, parts = turn[0] * len(hours), turn[1] * len(hours)
    for place, (rates, found) in enumerate(seen.relaxed.items()):
        if found is not None:
            each = budget.share(done + place, parts)
            fleet = settle(seen.market, np.array(rates), found, gap=GAP, time_limit_s=each)
            cost += fleet.cost * hours[rates]
            bound += fleet.bound * hours[rates]
    return RunnerUp(seen.option.name, cost, bound, same)
