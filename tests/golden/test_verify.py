"""The second opinion catches every kind of lie: each tampered plan is withheld."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from lepta.domain.offer import Term
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.errors import LeptaError
from lepta.optimize.mix import mix
from lepta.optimize.verify import certified, verify
from plancases import case_of

CASE = case_of(
    {"a": 1.0, "b": 3.0, "quiet": None},
    {"w": [4.0, 9.0], "v": [2.0, 2.0]},
    {("w", "a"): 2, ("v", "a"): 1, ("w", "b"): 8, ("v", "b"): 3, ("v", "quiet"): 9},
    limits={"a": 3},
    routes={("w", "a"): 1e-6, ("w", "b"): 2e-6, ("v", "a"): 0, ("v", "b"): 0},
    current={"a": 2, "b": 2},
    utilization=0.85,
)
PLAN = mix(CASE)


def first(plan: FleetPlan, rows: str, **change: object) -> FleetPlan:
    one, *rest = getattr(plan, rows)
    return replace(plan, **{rows: (replace(one, **change), *rest)})


def dearer_by_a_row(plan: FleetPlan) -> FleetPlan:
    more = replace(plan.units[0], offer="quiet", cost=0.0)
    return replace(plan, units=(*plan.units, more))


TAMPERED: dict[str, tuple[str, Callable[[FleetPlan], FleetPlan]]] = {
    "a cost that is too low": ("bill", lambda p: replace(p, cost=p.cost * 0.99)),
    "a row's cost that is too low": ("bill", lambda p: first(p, "units", cost=0.1)),
    "no cost": ("bill", lambda p: replace(p, cost=None)),
    "a bound above the cost": ("gap", lambda p: replace(p, bound=p.cost * 1.01, gap=0.0)),
    "a gap that is not that of cost and bound": ("gap", lambda p: replace(p, gap=0.3)),
    "optimal with a wide gap": (
        "gap",
        lambda p: replace(p, bound=p.cost / 2, gap=0.5),
    ),
    "a status nobody knows": ("gap", lambda p: replace(p, status="fine")),
    "a bound below what the prices prove": (
        "lower bound",
        lambda p: replace(p, status="feasible", bound=0.0, gap=1.0),
    ),
    "a class priced too high": (
        "lower bound",
        lambda p: replace(
            p,
            shadow_prices=tuple(
                replace(s, value=s.value * 1.5) if s.kind == "class" else s for s in p.shadow_prices
            ),
        ),
    ),
    "no shadow prices": ("lower bound", lambda p: replace(p, shadow_prices=())),
    "a request that nobody serves": (
        "demand",
        lambda p: first(p, "routing", rate_per_s=p.routing[0].rate_per_s * 0.99),
    ),
    "a class that nobody serves": (
        "demand",
        lambda p: replace(p, routing=tuple(r for r in p.routing if r.demand_class != "v")),
    ),
    "an hour that nobody serves": (
        "demand",
        lambda p: replace(p, routing=tuple(r for r in p.routing if r.start == p.routing[0].start)),
    ),
    "a machine too few": ("utilization", lambda p: first(p, "units", count=0, cost=0.0)),
    "a machine that stops early": (
        "utilization",
        lambda p: first(p, "units", hours=0.5, cost=p.units[0].cost / 2),
    ),
    "machines beyond the limit": ("limits", lambda p: first(p, "units", count=9)),
    "a part of a machine": ("whole units", lambda p: first(p, "units", count=2.5)),
    "a route without a profile": (
        "profiles",
        lambda p: first(p, "routing", offer="quiet", demand_class="w"),
    ),
    "a machine without a price": ("prices", dearer_by_a_row),
    "a machine nobody offered": ("names", lambda p: first(p, "units", offer="ghost")),
    "a dearer now": ("cost now", lambda p: replace(p, cost_now=p.cost_now * 2)),
    "a now that nobody knows": ("cost now", lambda p: replace(p, cost_now=None)),
    "a plan at another time": (
        "demand",
        lambda p: replace(
            p,
            routing=tuple(replace(r, start=r.start + timedelta(hours=5)) for r in p.routing),
        ),
    ),
}


def test_the_true_plan_passes():
    assert [check.name for check in PLAN.checks if not check.ok] == []
    assert verify(CASE, PLAN) == PLAN.checks


@pytest.mark.parametrize("lie", TAMPERED)
def test_a_tampered_plan_is_withheld(lie: str):
    name, tamper = TAMPERED[lie]
    plan = tamper(PLAN)
    assert name in {check.name for check in verify(CASE, plan) if not check.ok}
    with pytest.raises(LeptaError, match="failed its own check and is withheld"):
        certified(CASE, plan)


def infeasible() -> tuple[PlanCase, FleetPlan]:
    case = case_of({"a": 1.0}, {"w": [9.0]}, {("w", "a"): 1.0}, limits={"a": 4})
    return case, mix(case)


def test_an_infeasible_answer_claims_nothing():
    case, plan = infeasible()
    (short,) = plan.shortfalls
    assert short.short_rate_per_s == pytest.approx(5.0)
    assert short.why == "every offer that serves w is at its limit: a (4)"
    for lie in (
        replace(plan, cost=1.0),
        replace(plan, shortfalls=(), conflict=()),
        replace(plan, shortfalls=(replace(short, short_rate_per_s=99.0),)),
    ):
        with pytest.raises(LeptaError, match="withheld"):
            certified(case, lie)


def test_a_reserved_offer_may_be_paid_already():
    free = case_of({"a": 0.0}, {"w": [3.0]}, {("w", "a"): 1.0}, term=Term.RESERVED)
    plan = mix(free)
    assert plan.cost == 0.0
    assert plan.gap == 0.0
    assert any("paid already" in said for said in plan.explanation)
    assert verify(free, plan) == plan.checks


@pytest.mark.parametrize("price", [None, 0.0])
def test_an_unknown_price_is_never_free(price: float | None):
    case = case_of(
        {"cheap": price, "dear": 5.0}, {"w": [1.0]}, {("w", "cheap"): 9.0, ("w", "dear"): 9.0}
    )
    plan = mix(case)
    assert {row.offer for row in plan.units} == {"dear"}
    assert any("cheap is unknown" in said for said in plan.unknown)


def test_only_unknown_prices_is_said():
    plan = mix(case_of({"cheap": None}, {"w": [1.0]}, {("w", "cheap"): 9.0}))
    assert plan.status == "infeasible"
    assert plan.shortfalls[0].why == "only offers without a known price can serve w: cheap"


def test_the_smallest_demand_still_needs_a_machine():
    """Below the tolerance of the solver a class could be served by no machine at all."""
    plan = mix(case_of({"a": 2.0}, {"w": [1e-6]}, {("w", "a"): 90.0}))
    assert [row.count for row in plan.units] == [1]
    assert plan.cost == 2.0
