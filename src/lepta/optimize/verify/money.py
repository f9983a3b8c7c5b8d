"""The bill of a plan and of what runs now, added up again row by row."""

import math
from dataclasses import dataclass

from lepta.domain.plan import Check, FleetPlan, PlanCase
from lepta.optimize.verify.facts import STRETCH_S, Facts, judged, seconds

__all__ = ["MONEY", "bill", "cost_now", "prices"]

MONEY = 1e-9
"""Largest relative error of a sum of money: that of adding floats."""


def prices(facts: Facts, plan: FleetPlan) -> Check:
    """Everything that is held or asked has a known price."""
    used = {row.offer for row in plan.units if row.count} | {row.offer for row in plan.routing}
    broken = sorted(name for name in used if not facts.is_priced(facts.offers[name]))
    said = "every machine has a known price"
    return judged("prices", len(broken), f"no price: {', '.join(broken)}" if broken else said)


def bill(facts: Facts, plan: FleetPlan) -> Check:
    """Add the bill up again: units, starts, requests, emissions, penalties; rows and whole."""
    offers = facts.offers
    rows = [
        *(
            (held.count * held.hours * facts.per_hour(offers[held.offer]), held.cost)
            for held in plan.units
        ),
        *((row.count * facts.per_start(offers[row.offer]), row.cost) for row in plan.starts),
        *(
            (
                3600.0
                * sent.hours
                * sent.rate_per_s
                * facts.per_request(sent.demand_class, offers[sent.offer]),
                sent.cost,
            )
            for sent in (*plan.routing, *plan.detours)
        ),
    ]
    worst = max((_off(again, stated) for again, stated in rows), default=0.0)
    fixed = [again for again, _ in rows[: len(plan.units) + len(plan.starts)]]
    sent = [again for again, _ in rows[len(fixed) : len(fixed) + len(plan.routing)]]
    amounts = [*fixed, plan.carbon_cost]
    amounts += sent if not plan.outlooks else _expected(facts, plan, math.fsum(sent))
    total = math.fsum(amounts)
    stated = math.nan if plan.cost is None else plan.cost
    off = _off(total, stated)
    worst = off if math.isnan(off) else max(worst, off)
    return judged(
        "bill", worst, f"{total:,.6f} {plan.currency} added up from {len(rows)} rows", MONEY
    )


def _expected(facts: Facts, plan: FleetPlan, given: float) -> list[float]:
    """Return what requests and penalties cost by probability, over all scenarios."""
    sent: dict[str, float] = {"": given}
    for row in plan.detours:
        sent[row.under] = sent.get(row.under, 0.0) + row.cost
    probability = {one.name: one.probability for one in facts.case.scenarios}
    rest = max(1.0 - math.fsum(probability.values()), 0.0)
    return [
        rest * given,
        *(p * sent.get(name, 0.0) for name, p in probability.items()),
        *(probability.get(one.scenario, 0.0) * one.penalty for one in plan.outlooks),
    ]


def _off(again: float, stated: float) -> float:
    return abs(again - stated) / max(abs(again), 1e-6)


def cost_now(facts: Facts, plan: FleetPlan) -> Check:
    """Price what runs now over the hours of the horizon; unknown stays unknown."""
    case = facts.case
    running = [(name, units) for name, units in case.current or () if units]
    known = case.current is not None and all(
        facts.is_priced(facts.offers[name]) for name, _ in running
    )
    if not known:
        right = plan.cost_now is None
        return judged("cost now", 0.0 if right else math.inf, "cost of what runs now is unknown")
    each = sum(units * facts.per_hour(facts.offers[name]) for name, units in running)
    hours, blur = hours_of(case)
    total = each * hours
    off = math.nan if plan.cost_now is None else abs(total - plan.cost_now) / max(total, 1e-6)
    said = f"{total:,.6f} {plan.currency} over {hours:g} h"
    return judged("cost now", off, said, 1e-6 + blur / max(hours, 1e-6))


@dataclass(slots=True)
class _Span:
    begin: float
    end: float


def hours_of(case: PlanCase) -> tuple[float, float]:
    """Measure the time that any class covers, each moment once, and how exactly that is known.

    Ends come from rounded hours, so each edge is known to `STRETCH_S` only.
    """
    spans: list[_Span] = []
    blur = 0.0
    for row in sorted(case.demand, key=lambda row: row.start):
        begin = seconds(row.start)
        end = begin + 3600 * row.hours
        if spans and begin <= spans[-1].end + STRETCH_S:
            blur += max(begin - spans[-1].end, 0.0)
            spans[-1].end = max(spans[-1].end, end)
        else:
            spans.append(_Span(begin, end))
            blur += 2 * STRETCH_S
    return sum(span.end - span.begin for span in spans) / 3600, blur / 3600
