"""Why: break-even volumes, objectives, offers not used, wishes that contradict each other."""

from dataclasses import replace

import pytest

from lepta.domain.demand import DemandClass, Profile
from lepta.domain.offer import Term
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Promises, Quota, Scope, Survival
from lepta.optimize.mix import mix
from lepta.optimize.mix.risk import tail_mean
from plancases import case_of


def said(case: PlanCase) -> str:
    return "\n".join(mix(case, runner_ups=0).explanation)


def with_api(rate: float, price: float) -> PlanCase:
    """One machine (2 per hour, 4 requests/s) beside an API at a price per request."""
    case = case_of(
        {"gpu": 2.0, "api": None},
        {"chat": [rate]},
        {("chat", "gpu"): 4.0, ("chat", "api"): 1000.0},
    )
    api = replace(case.offers[1], term=Term.SERVERLESS, price_per_request=price)
    return replace(case, offers=(case.offers[0], api))


@pytest.mark.parametrize(("rate", "used"), [(0.5, "api"), (2.0, "gpu")])
def test_self_hosting_wins_from_the_volume_that_is_said(rate: float, used: str):
    """2 per hour / (3600 * 0.0005) = 1.11 requests/s: below it the API, above it the machine."""
    case = with_api(rate, 0.0005)
    plan = mix(case, runner_ups=0)
    assert {row.offer for row in plan.routing} == {used}
    assert "cheaper from 1.11 requests/s on (2.92 million per month of 730 h)" in said(case)


def test_an_api_below_the_price_of_a_full_machine_is_never_beaten():
    """A full machine costs 2 / (3600 * 4) = 0.000139 per request."""
    assert "no machine is cheaper at any volume (a full gpu: 0.1389)" in said(with_api(40.0, 1e-4))


def test_tokens_price_a_request_where_they_are_known():
    case = with_api(0.1, 0.0005)
    api = replace(
        case.offers[1],
        price_per_request=None,
        price_per_million_input_tokens=1.0,
        price_per_million_output_tokens=4.0,
    )
    case = replace(case, offers=(case.offers[0], api))
    known = DemandClass(name="chat", input_tokens=1000.0, output_tokens=250.0)
    plan = mix(replace(case, classes=(known,)), runner_ups=0)
    assert plan.cost == pytest.approx(3600 * 0.1 * 0.002)
    blind = mix(case, runner_ups=0)
    assert {row.offer for row in blind.routing} == {"gpu"}
    assert any("price of a request is not known for chat on api" in s for s in blind.unknown)


def test_an_offer_that_is_not_used_is_told_by_how_much_it_is_too_dear():
    case = case_of({"a": 1.0, "b": 2.0}, {"w": [3.0]}, {("w", "a"): 1.0, ("w", "b"): 1.5})
    assert "Why no b? At best a unit-hour of it is worth 1.50 USD here, and costs 2.00" in said(
        case
    )


def test_a_looser_objective_is_priced():
    """Within 100 ms a machine serves 1/s, within 300 ms 2/s: half the machines."""
    case = case_of({"a": 1.0}, {"w": [8.0]}, {})
    points = (
        Profile(demand_class="w", offer="a", rate_per_s=1.0, latency_ms=100.0),
        Profile(demand_class="w", offer="a", rate_per_s=2.0, latency_ms=300.0),
    )
    case = replace(case, profiles=points, classes=(DemandClass(name="w", latency_ms=150.0),))
    plan = mix(case, runner_ups=0)
    assert plan.cost == pytest.approx(8.0)
    assert "w within 300 ms instead of 150 ms would save 4.00 USD in the long run (50.0%)" in said(
        case
    )


def test_the_nearest_miss_of_an_objective_is_named():
    case = case_of({"a": 1.0}, {"w": [8.0]}, {})
    point = Profile(demand_class="w", offer="a", rate_per_s=1.0, latency_ms=100.0)
    plan = mix(
        replace(case, profiles=(point,), classes=(DemandClass(name="w", latency_ms=80.0),)),
        runner_ups=0,
    )
    assert plan.status == "infeasible"
    assert plan.shortfalls[0].why == (
        "no offer serves w within 80 ms; the nearest, a, takes 100 ms, 20 ms too long"
    )


def test_the_smallest_set_of_wishes_that_contradict_each_other():
    """a is limited, b is far too small to matter: what is blamed is the limit and the demand."""
    case = case_of(
        {"a": 1.0, "b": 1.0},
        {"w": [9.0], "v": [1.0]},
        {("w", "a"): 2.0, ("v", "b"): 1.0},
        limits={"a": 3, "b": 7},
    )
    plan = mix(replace(case, quotas=(Quota(name="all", limit=50),)), runner_ups=0)
    assert plan.status == "infeasible"
    found = {(w.kind, w.name): w.possible for w in plan.conflict}
    assert found == {("demand", "w"): pytest.approx(6.0, rel=1e-3), ("limit", "a"): 5.0}
    text = "\n".join(plan.explanation)
    assert "These 2 wishes cannot hold together" in text
    assert "hold at most 3 units of a: 5 units would be possible" in text


def test_survival_in_one_place_contradicts_itself():
    case = case_of({"a": 1.0}, {"w": [4.0]}, {("w", "a"): 2.0}, zone="z1", region="r")
    case = replace(case, promises=Promises(survive=(Survival(scope=Scope.ZONE, share=0.9),)))
    plan = mix(case, runner_ups=0)
    assert plan.status == "infeasible"
    assert ("survive", "zone") in {(w.kind, w.name) for w in plan.conflict}


def test_the_mean_of_the_worst_is_that_of_the_definition():
    cost, probability = [1.0, 2.0, 30.0], [0.5, 0.47, 0.03]
    import numpy as np

    assert tail_mean(np.array(cost), np.array(probability)) == pytest.approx(
        (30.0 * 0.03 + 2.0 * 0.02) / 0.05
    )
