"""Every promise of the fleet plan against one program of the whole, solved by another solver."""

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetmodel import cheapest
from lepta.domain.demand import DemandClass, Scenario
from lepta.domain.offer import Term
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Measure, Promises, Quota
from lepta.optimize.mix import mix
from lepta.optimize.verify import verify
from plancases import ASK, T0, case_of, offering, promised

GAP = 1e-6
quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def agrees(case: PlanCase) -> None:
    plan = mix(case, gap=GAP, time_limit_s=20, runner_ups=0)
    truth = cheapest(case)
    if math.isinf(truth):
        assert plan.status == "infeasible"
        return
    assert plan.status == "optimal"
    assert plan.cost == pytest.approx(truth, rel=2 * GAP, abs=1e-9)
    assert plan.bound <= truth * (1 + 1e-7) + 1e-9  # scipy keeps its rows to 1e-7 only
    assert verify(case, plan, gap=GAP) == plan.checks


ONE = {("w", "a"): 1.0}
BOTH = {("w", "a"): 1.0, ("w", "b"): 1.0}
GREEN = offering(
    case_of({"a": 1.0, "b": 2.0}, {"w": [2, 2]}, BOTH),
    a={"carbon_g_per_hour": 1000.0},
    b={"carbon_g_per_hour": 100.0},
)
BUSY = case_of({"a": 1.0}, {"w": [2]}, ONE, limits={"a": 2})

FAULTS: dict[str, tuple[str, PlanCase]] = {
    "units held through an hour that does not need them, before the peak": (
        "starts",
        offering(case_of({"a": 1.0}, {"w": [1, 4]}, ONE), a={"start_cost": 2.0}),
    ),
    "units held because they must run on": (
        "runs",
        offering(case_of({"a": 1.0}, {"w": [4, 1]}, ONE, current={}), a={"min_hours": 2.0}),
    ),
    "the cheaper way to keep two shortest runs": (
        "runs",
        offering(
            case_of(
                {"a": 0.8, "b": 0.5}, {"w": [0, 1.9, 0.6]}, {("w", "a"): 0.85, ("w", "b"): 0.5}
            ),
            a={"min_hours": 2.0},
            b={"min_hours": 2.0},
        ),
    ),
    "a limit of emissions that binds": (
        "carbon",
        replace(GREEN, promises=Promises(carbon_limit=2.5)),
    ),
    "a limit of emissions that no fleet keeps": (
        "carbon",
        replace(GREEN, promises=Promises(carbon_limit=0.1)),
    ),
    "emissions that are not known, with a limit": (
        "carbon",
        offering(
            replace(GREEN, promises=Promises(carbon_limit=2.5)), a={"carbon_g_per_hour": None}
        ),
    ),
    "emissions that are not known, with a price": (
        "carbon",
        offering(
            replace(GREEN, promises=Promises(carbon_price=50.0)), a={"carbon_g_per_hour": None}
        ),
    ),
    "a replica that fills more than half a unit has it alone": (
        "memory",
        replace(
            case_of(
                {"a": 1.0},
                {"w": [0.2], "v": [1.2]},
                {("w", "a"): 1.0, ("v", "a"): 1.0},
                accelerator_memory_gib=24.0,
            ),
            classes=(DemandClass(name="w", memory_gib=10), DemandClass(name="v", memory_gib=18)),
        ),
    ),
    "replicas on two offers of one kind": (
        "memory",
        replace(
            case_of(
                {"a": 1.0, "b": 1.1},
                {"w": [0.4], "v": [0.4]},
                {(w, g): 1.0 for w in "wv" for g in "ab"},
                limits={"a": 1, "b": 1},
                accelerator_memory_gib=24.0,
            ),
            classes=(DemandClass(name="w", memory_gib=10), DemandClass(name="v", memory_gib=18)),
        ),
    ),
    "a quota that leaves no room for an offer": (
        "quotas",
        replace(
            case_of({"a": 1.0, "b": 1.0}, {"w": [0.1]}, {("w", "a"): 2.0, ("w", "b"): 1.0}),
            quotas=(Quota(name="none", limit=0, accelerator="a"),),
        ),
    ),
    "a quota that whole units cannot keep": (
        "quotas",
        replace(
            case_of({"a": 1.0}, {"w": [1.01]}, ONE, accelerator_count=4),
            quotas=(Quota(name="five", limit=5, measure=Measure.ACCELERATORS),),
        ),
    ),
    "a quota while what runs now is replaced": (
        "quotas",
        offering(
            replace(
                case_of({"a": 3.0, "b": 1.0}, {"w": [2, 2]}, BOTH, current={"a": 2}),
                quotas=(Quota(name="all", limit=2),),
            ),
            b={"start_cost": 0.1},
        ),
    ),
    "an hour without demand between two starts": (
        "starts",
        offering(case_of({"a": 0.5}, {"w": [0.1, 0, 0.1]}, ONE), a={"start_cost": 0.7}),
    ),
    "a scenario that is too much": (
        "scenarios",
        replace(
            BUSY,
            scenarios=(
                Scenario(
                    name="s",
                    probability=0.3,
                    demand=(replace(BUSY.demand[0], rate_per_s=9.0),),
                ),
            ),
        ),
    ),
    "spot machines that are started again after an idle hour": (
        "spot",
        case_of({"a": 0.5}, {"w": [0.1, 0, 0.1]}, ONE, term=Term.SPOT, startup_s=5400.0),
    ),
    "hours for which no demand is given": (
        "gaps",
        replace(
            (days := case_of({"a": 1.0}, {"w": [2, 2]}, ONE)),
            demand=(
                days.demand[0],
                replace(days.demand[1], start=T0 + timedelta(hours=9)),
            ),
        ),
    ),
}
"""Cases on which the planner is wrong, by the promise that they are about."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_case_on_which_the_planner_was_wrong(fault: str):
    _, case = FAULTS[fault]
    agrees(case)


def keeps(asked: Iterable[str]) -> None:
    """Check the cases that went wrong before, then any that hypothesis draws."""

    @quick
    @given(promised(list(asked)))
    def law(case: PlanCase) -> None:
        agrees(case)

    for promise, case in FAULTS.values():
        if promise in asked:
            agrees(case)
    law()


@pytest.mark.parametrize("promise", ASK)
def test_a_promise_alone_is_kept_at_the_least_cost(promise: str):
    keeps([promise])


def test_promises_together_are_kept_at_the_least_cost():
    @quick
    @given(st.data())
    def law(data: st.DataObject) -> None:
        asked = data.draw(st.lists(st.sampled_from(list(ASK)), min_size=2, unique=True))
        agrees(data.draw(promised([name for name in ASK if name in asked])))

    for _, case in FAULTS.values():
        agrees(case)
    law()
