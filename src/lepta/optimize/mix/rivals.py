"""The runner-ups of a fleet plan: what the plan is better than, and by how much."""

from dataclasses import dataclass

import numpy as np

from lepta.domain.offer import Term
from lepta.domain.plan import FleetPlan
from lepta.optimize.mix.budget import Budget
from lepta.optimize.mix.market import by_kind
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.search import find, floor
from lepta.optimize.mix.short import short_by_circumstance
from lepta.optimize.mix.words import RunnerUp

__all__ = ["SHARE", "rivals"]

GAP = 5e-3
SHARE = 0.25
"""Part of the time limit of the plan that its runner-ups may use."""
LOOK_S, SOLVE_S = 0.005, 0.05
"""What one relaxation and one solve take at least: fewer are begun where the time is short."""
MOST = 6
"""Restrictions that are solved whole: those with the lowest bounds."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A restriction with its lower bound over the horizon, and the periods it cannot serve."""

    name: str
    model: Model
    floor: float
    impossible: tuple[int, ...]


def rivals(model: Model, plan: FleetPlan, budget: Budget, *, most: int) -> tuple[RunnerUp, ...]:
    """Solve again with one kind of accelerator alone, without spot, without APIs; cheapest first.

    Its budget is `SHARE` of the time limit, on top of it; a gap of `GAP` is good enough here.
    """
    options = _options(model, _used(plan))
    solves = len({tuple(here.rates.tobytes() for here in stage) for stage in model.stages})
    if not most or not options or solves * len(options) * LOOK_S > budget.seconds:
        return ()
    ranked = sorted(
        (_look(name, model.only(keep)) for name, keep in options),
        key=lambda seen: (bool(seen.impossible), seen.floor, seen.name),
    )[:MOST]
    # Too many different demands for the time: the bounds of the relaxation have to do.
    possible = sum(not seen.impossible for seen in ranked)
    whole = possible * solves * SOLVE_S <= budget.seconds
    answers, turn = [], 0
    for seen in ranked:
        seconds = budget.share(turn, possible) if turn < possible else 0.0
        answers.append(_answer(seen, plan, seconds if whole else 0.0, budget))
        turn += not seen.impossible
    answers.sort(key=lambda one: (one.bound is None, one.cost or one.bound or 0.0))
    return tuple(answers[:most])


def _options(model: Model, used: set[str]) -> list[tuple[str, list[int]]]:
    offers = model.market.offers
    groups = by_kind(offers)
    apis = [g for g, offer in enumerate(offers) if offer.serverless]
    options = [(f"only {name}", keep) for name, keep in sorted(groups.items())]
    options = options if len(options) > 1 else []
    steady = [g for g, offer in enumerate(offers) if offer.term is not Term.SPOT]
    if steady and any(o.id in used and o.term is Term.SPOT for o in offers):
        options.append(("without spot", steady))
    if apis and any(offers[g].id in used for g in apis) and len(apis) < len(offers):
        options.append(("without APIs", [g for g in range(len(offers)) if g not in apis]))
    return options


def _used(plan: FleetPlan) -> set[str]:
    return {row.offer for row in plan.units} | {row.offer for row in plan.routing}


def _look(name: str, model: Model) -> _Seen:
    least, impossible = floor(model)
    return _Seen(name, model, least, impossible)


def _answer(seen: _Seen, plan: FleetPlan, seconds: float, budget: Budget) -> RunnerUp:
    """Solve one restriction within its seconds; 0: its bound has to do."""
    own = {offer.id for offer in seen.model.market.offers}
    same = _used(plan) <= own
    if seen.impossible:
        short = {
            seen.model.market.classes[w]
            for step in seen.impossible[:3]
            for missing in short_by_circumstance(seen.model, step).values()
            for w in np.flatnonzero(missing > 0)
        }
        return RunnerUp(seen.name, None, None, same, tuple(sorted(short)))
    if not seconds:
        return RunnerUp(seen.name, None, seen.floor, same)
    found = find(seen.model, gap=GAP, budget=Budget(seconds, budget.clock))
    if found.whole is None:
        return RunnerUp(seen.name, None, seen.floor, same)
    return RunnerUp(seen.name, found.whole.cost, max(found.bound, seen.floor), same)
