"""A second opinion on a fleet plan: every promise and every sum again, without the solver.

Shares no code with `mix`: it does not use its periods, its arrays or its program. It lays the rows
of demand, routing and units on one axis of time and looks at each stretch between two instants.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from lepta.domain.plan import Check, FleetPlan, PlanCase
from lepta.errors import LeptaError
from lepta.optimize.verify.axis import RATE, Axis
from lepta.optimize.verify.facts import STRETCH_S, Facts, judged, seconds
from lepta.optimize.verify.money import bill, cost_now, prices
from lepta.optimize.verify.promises import carbon, circumstances, shortest_runs, starts
from lepta.optimize.verify.proof import gap_stated, weak_duality
from lepta.optimize.verify.stages import budgets, unfolded

__all__ = ["certified", "verify"]


def certified(case: PlanCase, plan: FleetPlan, *, gap: float = 5e-3) -> FleetPlan:
    """Return the plan with its checks, or refuse to hand it out.

    Raises
    ------
    LeptaError
        A check failed: the plan would break a promise or misstate its cost.
    """
    checks = verify(case, plan, gap=gap)
    broken = [check for check in checks if not check.ok]
    if broken:
        said = "; ".join(f"{check.name}: {check.detail}" for check in broken)
        raise LeptaError(
            f"the plan failed its own check and is withheld ({said})",
            remedy="this is a fault of lepta, not of the input: report it with the case",
        )
    return replace(plan, checks=checks)


def verify(case: PlanCase, plan: FleetPlan, *, gap: float = 5e-3) -> tuple[Check, ...]:
    """Recompute the bill and every promise of a plan; one `Check` per promise.

    `gap` is the relative gap up to which a plan may call itself optimal.
    """
    stages = (budgets(case, plan),) if case.pipelines and plan.status != "infeasible" else ()
    case = unfolded(case, plan)
    facts = Facts.of(case)
    named = [
        row.offer for rows in (plan.units, plan.starts, plan.routing, plan.detours) for row in rows
    ]
    strange = sorted(set(named) - set(facts.offers))
    if strange:
        return (judged("names", len(strange), f"not an offer of the case: {', '.join(strange)}"),)
    if plan.status == "infeasible":
        return (_nothing_claimed(plan), _shortfalls(case, plan), cost_now(facts, plan))
    axis = Axis(facts, plan, case.demand, plan.routing)
    asked: list[tuple[bool, Callable[[], Check]]] = [
        (bool(case.quotas), axis.quotas),
        (bool(case.quotas) and _priced_starts(facts), axis.swaps),
        (bool(axis.apis), axis.rates),
        (bool(axis.replicas), axis.memory),
        (any(o.min_hours for o in case.offers), lambda: shortest_runs(facts, plan, axis)),
        (plan.carbon_kg is not None or _counts_carbon(case), lambda: carbon(facts, plan)),
    ]
    return (
        *stages,
        axis.demand(),
        axis.load(),
        axis.limits(),
        _whole(plan),
        _profiles(facts, plan),
        prices(facts, plan),
        starts(facts, plan, axis),
        *(check() for wanted, check in asked if wanted),
        *circumstances(facts, plan),
        bill(facts, plan),
        gap_stated(plan, gap),
        weak_duality(facts, plan, axis),
        cost_now(facts, plan),
    )


def _priced_starts(facts: Facts) -> bool:
    return any(facts.per_start(offer) > 0 for offer in facts.offers.values())


def _counts_carbon(case: PlanCase) -> bool:
    return case.promises.carbon_price > 0 or case.promises.carbon_limit is not None


def _whole(plan: FleetPlan) -> Check:
    broken = [row for row in plan.units if row.count != int(row.count) or row.count < 0]
    said = f"{len(plan.units)} rows of whole units"
    return judged("whole units", len(broken), said)


def _profiles(facts: Facts, plan: FleetPlan) -> Check:
    """Requests go only where a profile serves them inside their latency, in their regions."""
    sent = {
        (row.demand_class, row.offer)
        for row in (*plan.routing, *plan.detours)
        if row.rate_per_s != 0
    }
    broken = sorted(pair for pair in sent if not facts.rate.get(pair, 0.0) > 0)
    said = f"{len(sent)} pairs of class and offer, each with a profile inside the objective"
    return judged("profiles", len(broken), f"no profile for {broken}" if broken else said)


def _nothing_claimed(plan: FleetPlan) -> Check:
    claims = [plan.cost, plan.bound, plan.gap]
    count = sum(claim is not None for claim in claims) + len(plan.units) + len(plan.routing)
    return judged("no plan", count, "no cost and no machine is claimed where no plan exists")


def _shortfalls(case: PlanCase, plan: FleetPlan) -> Check:
    """Every shortfall is above 0 and within the demand; without any, wishes contradict."""
    worst = 0.0 if plan.shortfalls or plan.conflict else math.inf
    for short in plan.shortfalls:
        rows = [*case.demand, *(row for one in case.scenarios for row in one.demand)]
        mine = (row for row in rows if row.demand_class == short.demand_class)
        rate = max(
            (
                row.rate_per_s
                for row in mine
                if seconds(row.start) - STRETCH_S <= seconds(short.start) < seconds(row.end)
            ),
            default=0.0,
        )
        if not 0 < short.short_rate_per_s <= rate * (1 + RATE):
            worst = math.inf
    return judged("shortfalls", worst, f"{len(plan.shortfalls)} shortfalls, each within the demand")
