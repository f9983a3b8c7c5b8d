"""M2, the fleet plan: which machines, how many, when and where, so that all demand is served.

    minimize    machines + starts + requests sent + carbon at its price + expected penalties
    subject to  every request is served, inside its latency and in its regions
                load within the target utilization, memory within the machine
                limits, quotas, emissions, shortest runs
                the loss of any one zone, region, provider or spot pool is survived as promised

The program is written down in `program.py`. Periods are settled one by one at prices for what
couples them (`horizon.py`), put side by side and improved (`join.py`); each answer carries a bound
that does not depend on how it was found.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lepta.domain.periods import Horizon
from lepta.domain.plan import FleetPlan, PlanCase, Short, Wish
from lepta.errors import InputError
from lepta.optimize.mix.answer import plan_of
from lepta.optimize.mix.breakeven import breakeven
from lepta.optimize.mix.budget import Budget
from lepta.optimize.mix.changes import changes_of
from lepta.optimize.mix.contradictions import check_case
from lepta.optimize.mix.horizon import unit_cost
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.now import look
from lepta.optimize.mix.objectives import objectives
from lepta.optimize.mix.promised import calmed, risked
from lepta.optimize.mix.rivals import SHARE, rivals
from lepta.optimize.mix.search import Found
from lepta.optimize.mix.settle import period_of
from lepta.optimize.mix.short import short_by_circumstance
from lepta.optimize.mix.splits import lay_out
from lepta.optimize.mix.whynot import why_not
from lepta.optimize.mix.wishes import conflict
from lepta.optimize.mix.words import Now, explain, why_short
from lepta.optimize.verify import certified

__all__ = ["GAP", "TIME_LIMIT_S", "mix"]

Array = npt.NDArray[np.float64]

GAP = 5e-3
"""A plan this close to the bound (relatively) counts as optimal, where nobody asks for another."""
TIME_LIMIT_S = 60.0
MOST_REASONS = 4
"""Offers that are not used, and objectives, that get a sentence."""


def mix(
    case: PlanCase,
    *,
    gap: float = GAP,
    time_limit_s: float = TIME_LIMIT_S,
    runner_ups: int = 3,
    clock: Callable[[], datetime] | None = None,
) -> FleetPlan:
    """Find the cheapest fleet that keeps every promise, with its proof, its prices and its reasons.

    Parameters
    ----------
    case          offers, demand, profiles, routes, promises, and what runs now
    gap           relative distance from the lower bound at which a plan counts as optimal
    time_limit_s  of branch and bound, shared out between the different demands
    runner_ups    how many fleets of one accelerator to compare with; 0 saves their time
    clock         tells the time, so that time which one demand leaves over goes to the next

    The plan is "optimal" (proven within `gap`), "feasible" (the time ended first; its true gap is
    stated) or "infeasible" (no fleet serves all; `shortfalls` says which class, when, by how much
    and why). Every plan has passed `verify`.

    Raises
    ------
    InputError
        The case contradicts itself (names, intervals, options).
    LeptaError
        The plan failed its own check, or the solver broke down.
    """
    _check_options(gap, time_limit_s)
    check_case(case)
    laid = lay_out(case, gap=gap, budget=Budget(time_limit_s, clock))
    asked, horizon, market, model = laid.case, laid.horizon, laid.market, laid.model
    found, unknown = laid.found, laid.unknown
    now = look(asked, horizon)
    if not found.whole:
        plan = _infeasible(asked, model, horizon, found.impossible, now, unknown, laid.shortfalls)
        return certified(case, laid.told(plan), gap=gap)
    plan = plan_of(
        asked,
        model,
        horizon,
        found.whole,
        found.prices,
        found.ties,
        bound=found.bound,
        gap=gap,
        cost_now=now.cost,
        unknown=unknown,
    )
    others = rivals(model, plan, Budget(SHARE * time_limit_s, clock), most=runner_ups)
    plan = replace(
        plan, changes=changes_of(case, [period.start for period in horizon.periods], plan.units)
    )
    more = [
        *calmed(plan, found.calm, case.promises.payback_hours),
        *risked(case, plan, found.averse),
        *_reasons(asked, model, horizon, found),
    ]
    told = laid.told(explain(asked, market, horizon, plan, now, others, more))
    return certified(case, told, gap=gap)


def _reasons(case: PlanCase, model: Model, horizon: Horizon, found: Found) -> list[str]:
    """Say what APIs compare with, what objectives cost, and why offers are not used."""
    rates = np.array([period.rates for period in horizon.periods])
    whole = found.whole
    held = np.zeros((1, len(model.market.offers))) if whole is None else whole.units
    cost = model.unit_cost if found.ties is None else unit_cost(model, found.ties)
    return [
        *breakeven(case.currency, model.market, rates.min(axis=0), rates.max(axis=0)),
        *objectives(case, horizon, most=MOST_REASONS),
        *why_not(
            case.currency,
            model,
            [period_of(model, step) for step in range(len(model.hours))],
            found.prices,
            cost,
            held.sum(axis=0) > 0,
            most=MOST_REASONS,
        ),
    ]


def _check_options(gap: float, time_limit_s: float) -> None:
    if not 0 <= gap < 1:
        raise InputError(f"the gap is {gap!r}", remedy="give a share from 0 to below 1, like 1e-4")
    if not time_limit_s > 0:
        raise InputError(
            f"the time limit is {time_limit_s!r} s", remedy="give a number of seconds above 0"
        )


def _infeasible(
    case: PlanCase,
    model: Model,
    horizon: Horizon,
    impossible: Sequence[int],
    now: Now,
    unknown: tuple[str, ...],
    too_slow: tuple[Short, ...],
) -> FleetPlan:
    shortfalls = list(too_slow)
    done: dict[tuple[bytes, ...], dict[str, Array]] = {}
    for step in impossible:
        key = tuple(here.rates.tobytes() for here in model.stages[step])
        if key not in done:
            done[key] = short_by_circumstance(model, step)
        for name, missing in done[key].items():
            shortfalls += [
                Short(
                    demand_class=model.market.classes[w],
                    start=horizon.periods[step].start,
                    short_rate_per_s=float(missing[w]),
                    why=why_short(case, model.market, int(w), under=name),
                )
                for w in np.flatnonzero(missing > 0)
            ]
    starts = [horizon.periods[step].start for step in impossible]
    wishes = conflict(case, starts) if starts else ()
    if not shortfalls and not wishes:
        wishes = (Wish(kind="whole", name="machines", wanted=1.0, possible=None, unit="machine"),)
    plan = FleetPlan(
        status="infeasible",
        currency=case.currency,
        cost=None,
        bound=None,
        gap=None,
        cost_now=now.cost,
        hours=horizon.hours,
        shortfalls=tuple(shortfalls),
        conflict=wishes,
        unknown=unknown,
        current=case.current,
    )
    return explain(case, model.market, horizon, plan, now, ())
