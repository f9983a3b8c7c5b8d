"""The second opinion on starts, quotas, memory, emissions, emergencies and scenarios: each lie."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lepta.domain.demand import DemandClass, Profile, Scenario
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import FleetPlan, Started
from lepta.domain.promises import Promises, Quota, Scope, Survival
from lepta.optimize.mix import mix
from lepta.optimize.verify import verify
from plancases import case_of, offering

Tamper = Callable[[FleetPlan], FleetPlan]


PLAIN = case_of(
    {"a": 1.0, "b": 3.0},
    {"w": [4.0, 2.0], "v": [1.0, 1.0]},
    {("w", "a"): 2.0, ("v", "a"): 1.0, ("w", "b"): 8.0, ("v", "b"): 3.0},
)
RUNNING = offering(
    replace(PLAIN, current=(), quotas=(Quota(name="all", limit=4),)),
    a={"start_cost": 0.5, "startup_s": 600.0, "min_hours": 2.0, "owned": 1},
    b={"start_cost": 0.5},
)
API = replace(
    PLAIN,
    offers=(
        *PLAIN.offers,
        Offer(id="api", term=Term.SERVERLESS, price_per_hour=None, price_per_request=1e-5),
    ),
    profiles=(*PLAIN.profiles, Profile(demand_class="w", offer="api", rate_per_s=3.0)),
)
SHARED = offering(
    replace(
        PLAIN, classes=(DemandClass(name="w", memory_gib=30), DemandClass(name="v", memory_gib=30))
    ),
    a={"accelerator_memory_gib": 80.0},
    b={"accelerator_memory_gib": 80.0, "limit": 0},
)
GREEN = offering(
    replace(PLAIN, promises=Promises(carbon_price=100.0, carbon_limit=50.0)),
    a={"carbon_g_per_hour": 500.0},
    b={"carbon_g_per_hour": 900.0},
)
SAFE = offering(
    replace(PLAIN, promises=Promises(survive=(Survival(scope=Scope.ZONE, share=0.5),))),
    a={"region": "r", "zone": "x"},
    b={"region": "r", "zone": "y"},
)
OPEN = replace(
    PLAIN,
    classes=(DemandClass(name="w", penalty_per_request=1e-5),),
    scenarios=(
        Scenario(
            name="busy",
            probability=0.25,
            demand=tuple(
                replace(row, rate_per_s=9 * row.rate_per_s)
                for row in PLAIN.demand
                if row.demand_class == "w"
            ),
        ),
    ),
)
PAIRS = offering(
    replace(
        case_of(
            {"a": 1.0, "b": 1.0},
            {"w": [1.0], "v": [1.0]},
            {(w, g): 2.0 for w in "wv" for g in "ab"},
        ),
        classes=(DemandClass(name="w", memory_gib=30), DemandClass(name="v", memory_gib=30)),
        promises=SAFE.promises,
    ),
    a={"region": "r", "zone": "x", "accelerator_memory_gib": 40.0},
    b={"region": "r", "zone": "y", "accelerator_memory_gib": 40.0},
)
SWAP = offering(
    replace(
        case_of(
            {"a": 2.0, "b": 1.0},
            {"w": [2.0, 2.0]},
            {("w", "a"): 1.0, ("w", "b"): 1.0},
            limits={"b": 2},
            current={"b": 2},
        ),
        quotas=(Quota(name="all", limit=2),),
    ),
    a={"start_cost": 0.1},
)
CASES = {
    "running": RUNNING,
    "api": API,
    "shared": SHARED,
    "green": GREEN,
    "safe": SAFE,
    "open": OPEN,
    "pairs": PAIRS,
    "swap": SWAP,
}
PLANS = {name: mix(case, runner_ups=0) for name, case in CASES.items()}
FINE = next(one.penalty for one in PLANS["open"].outlooks if one.scenario == "busy")


def first(plan: FleetPlan, rows: str, **change: Any) -> FleetPlan:
    one, *rest = getattr(plan, rows)
    return replace(plan, **{rows: (replace(one, **change), *rest)})


def cheaper(plan: FleetPlan, by: float, **change: Any) -> FleetPlan:
    """Take an amount off cost and bound alike, so that the gap still looks well."""
    cost, bound = plan.cost - by, plan.bound - by
    return replace(plan, cost=cost, bound=bound, gap=max(cost - bound, 0.0) / cost, **change)


def busy(plan: FleetPlan, **change: Any) -> FleetPlan:
    """Change what is said of the busy scenario."""
    return replace(
        plan,
        outlooks=tuple(
            replace(one, **change) if one.scenario == "busy" else one for one in plan.outlooks
        ),
    )


def api_only(plan: FleetPlan) -> FleetPlan:
    """Send all of w to the API, whatever its rate limit."""
    mine = [row for row in plan.routing if row.demand_class == "w"]
    rows = {
        row.start: replace(
            row,
            offer="api",
            rate_per_s=sum(r.rate_per_s for r in mine if r.start == row.start),
        )
        for row in mine
    }
    others = tuple(row for row in plan.routing if row.demand_class != "w")
    return replace(plan, routing=(*others, *rows.values()))


def lost_route(plan: FleetPlan) -> FleetPlan:
    """Let requests go to the zone that is lost."""
    return replace(
        plan,
        detours=tuple(
            replace(row, offer="a") if row.under == "zone r/x" else row for row in plan.detours
        ),
    )


def stops_early(plan: FleetPlan) -> FleetPlan:
    """Let go of every unit of `a` but the owned one after the first hour."""
    begin = min(row.start for row in plan.units)
    return replace(
        plan,
        units=tuple(
            replace(row, count=1, cost=row.hours) if row.offer == "a" and row.start > begin else row
            for row in plan.units
        ),
    )


TAMPERED: dict[str, tuple[str, str, Tamper]] = {
    "a start that is not told": ("running", "starts", lambda p: replace(p, starts=p.starts[1:])),
    "starts that are not told": ("running", "starts", lambda p: replace(p, starts=())),
    "a start of one unit less": (
        "running",
        "starts",
        lambda p: first(p, "starts", count=p.starts[0].count - 1),
    ),
    "a start at another time": (
        "running",
        "starts",
        lambda p: first(p, "starts", start=p.starts[0].start + timedelta(hours=1)),
    ),
    "a start that never was": (
        "running",
        "starts",
        lambda p: replace(p, starts=(*p.starts, replace(p.starts[0], offer="b", cost=0.5))),
    ),
    "a start that costs too little": ("running", "bill", lambda p: first(p, "starts", cost=0.0)),
    "a bill without its starts": (
        "running",
        "bill",
        lambda p: cheaper(p, sum(row.cost for row in p.starts)),
    ),
    "a run that ends too soon": ("running", "shortest runs", stops_early),
    "what is owned given away": (
        "running",
        "limits",
        lambda p: replace(p, units=tuple(row for row in p.units if row.offer != "a")),
    ),
    "more than a quota": ("running", "quotas", lambda p: first(p, "units", count=5, cost=5.0)),
    "an API above its rate limit": ("api", "rate limits", api_only),
    "an API for nothing": (
        "api",
        "bill",
        lambda p: replace(
            p,
            routing=tuple(replace(r, cost=0.0) if r.offer == "api" else r for r in p.routing),
        ),
    ),
    "replicas beyond the memory": (
        "shared",
        "memory",
        lambda p: replace(p, units=tuple(replace(row, count=1) for row in p.units)),
    ),
    "fewer emissions": ("green", "carbon", lambda p: replace(p, carbon_kg=p.carbon_kg * 0.9)),
    "emissions unknown": ("green", "carbon", lambda p: replace(p, carbon_kg=None)),
    "emissions for less": (
        "green",
        "carbon",
        lambda p: cheaper(p, p.carbon_cost / 2, carbon_cost=p.carbon_cost / 2),
    ),
    "a loss that is not looked at": (
        "safe",
        "emergencies",
        lambda p: replace(p, emergencies=p.emergencies[1:]),
    ),
    "a loss without routes": ("safe", "emergencies", lambda p: replace(p, detours=())),
    "requests to what is lost": ("safe", "emergencies", lambda p: lost_route(p)),
    "half of a detour": (
        "safe",
        "emergencies",
        lambda p: first(p, "detours", rate_per_s=p.detours[0].rate_per_s / 2),
    ),
    "a fleet that does not survive": (
        "safe",
        "emergencies",
        lambda p: replace(p, units=tuple(row for row in p.units if row.offer != "a")),
    ),
    "a scenario that is not told": ("open", "scenarios", lambda p: replace(p, outlooks=())),
    "fewer requests left": ("open", "scenarios", lambda p: busy(p, unserved=0.0)),
    "a class left that may not be": (
        "open",
        "scenarios",
        lambda p: replace(p, detours=tuple(r for r in p.detours if r.demand_class == "w")),
    ),
    "a scenario's requests for nothing": (
        "open",
        "bill",
        lambda p: replace(p, cost=p.cost - 0.001),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_true_plan_passes(name: str):
    assert [check.name for check in PLANS[name].checks if not check.ok] == []
    assert verify(CASES[name], PLANS[name]) == PLANS[name].checks


@pytest.mark.parametrize("lie", TAMPERED)
def test_a_lie_about_a_promise_is_caught(lie: str):
    case, name, tamper = TAMPERED[lie]
    checks = verify(CASES[case], tamper(PLANS[case]))
    assert name in {check.name for check in checks if not check.ok}


def test_the_cases_show_what_the_lies_are_about():
    """A lie about nothing would prove nothing."""
    assert PLANS["running"].starts and PLANS["safe"].emergencies
    assert any(row.offer == "api" for row in PLANS["api"].routing)
    assert FINE > 0
    assert PLANS["green"].carbon_cost > 0


def one_machine_each(plan: FleetPlan) -> FleetPlan:
    """Give each zone a class and one unit: what is left has no memory for both replicas."""
    home = {"w": "a", "v": "b"}
    return cheaper(
        plan,
        plan.cost - 2.0,
        units=tuple(replace(row, count=1, cost=row.hours) for row in plan.units),
        routing=tuple(
            replace(plan.routing[0], demand_class=name, offer=offer, rate_per_s=1.0)
            for name, offer in home.items()
        ),
    )


def swapped(plan: FleetPlan) -> FleetPlan:
    """Replace both units at once, though the quota has room for no third."""
    later = max(row.start for row in plan.units)
    begun = Started(offer="a", start=later, order=later, count=2, cost=0.2)
    return cheaper(
        plan,
        -2.2,
        status="feasible",
        starts=(begun,),
        units=tuple(
            replace(row, offer="a", cost=4.0) if row.start == later else row for row in plan.units
        ),
        routing=tuple(
            replace(row, offer="a") if row.start == later else row for row in plan.routing
        ),
    )


UNSEEN: dict[str, tuple[str, Tamper]] = {
    "a unit that is ordered too late": (
        "running",
        lambda p: first(p, "starts", order=p.starts[0].start),
    ),
    "a penalty that is too low": (
        "open",
        lambda p: cheaper(
            p,
            0.25 * FINE,
            outlooks=busy(p, penalty=0.0).outlooks,
        ),
    ),
    "a scenario that is less likely": (
        "open",
        lambda p: cheaper(
            p,
            0.25 * FINE,
            outlooks=busy(p, probability=0.0).outlooks,
        ),
    ),
    "a scenario that costs less": ("open", lambda p: busy(p, cost=0.5)),
    "replicas that do not fit into what is left": ("pairs", one_machine_each),
    "a quota exceeded while machines are replaced": ("swap", swapped),
    "a loss said to be survived whole": ("safe", lambda p: first(p, "emergencies", served=1.0)),
    "a loss that asked for less": ("safe", lambda p: first(p, "emergencies", wanted=0.1)),
}


@pytest.mark.parametrize("lie", UNSEEN)
def test_a_subtle_lie_is_caught(lie: str):
    case, tamper = UNSEEN[lie]
    assert tamper(PLANS[case]) != PLANS[case]
    assert not all(check.ok for check in verify(CASES[case], tamper(PLANS[case])))
