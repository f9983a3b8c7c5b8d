"""Fleet cases that contradict themselves, or ask for what nobody offers: one error or one answer.

Each answer must name what is in the way: the quota, the place, the latency that is missed.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lepta.domain.demand import Demand, DemandClass, Profile, Route, Scenario
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.promises import Measure, Promises, Quota, Scope, Survival
from lepta.errors import Infeasible, InputError
from lepta.optimize.mix import mix
from plancases import T0, case_of, offering

BASE = case_of({"a": 1.0, "b": 2.0}, {"w": [2, 2]}, {("w", "a"): 1.0, ("w", "b"): 1.0})
ONE_ZONE = replace(
    BASE, offers=tuple(replace(offer, region="r", zone="z") for offer in BASE.offers)
)


def planned(case: PlanCase) -> FleetPlan:
    return mix(case, gap=1e-6, time_limit_s=20, runner_ups=0)


def said(plan: FleetPlan) -> str:
    return "\n".join((*(short.why for short in plan.shortfalls), *plan.explanation, *plan.unknown))


def scenario(probability: float, times: float, name: str = "s", **change: Any) -> Scenario:
    rows = (replace(row, rate_per_s=row.rate_per_s * times, **change) for row in BASE.demand[:1])
    return Scenario(name=name, probability=probability, demand=tuple(rows))


def survive(scope: Scope, share: float) -> Promises:
    return Promises(survive=(Survival(scope=scope, share=share),))


API = Offer(id="api", term=Term.SERVERLESS, price_per_hour=None, price_per_request=1e-5)


def only_api(rate: float = 5.0, **change: Any) -> PlanCase:
    return replace(
        BASE,
        offers=(replace(API, **change),),
        profiles=(Profile(demand_class="w", offer="api", rate_per_s=rate),),
    )


# --- what is well today


def test_more_owned_than_the_limit_is_refused():
    with pytest.raises(InputError, match="owns 5 units, but its limit is 2"):
        offering(BASE, a={"owned": 5, "limit": 2})


def test_a_naive_time_is_refused():
    with pytest.raises(InputError, match="naive time"):
        Demand(demand_class="w", start=datetime(2026, 1, 1), hours=1, rate_per_s=1)  # noqa: DTZ001


def test_two_shares_for_one_scope_are_refused():
    one = Survival(scope=Scope.ZONE, share=0.5)
    with pytest.raises(InputError, match="two shares"):
        Promises(survive=(one, replace(one, share=0.6)))


def test_a_run_longer_than_the_horizon_ends_with_it():
    plan = planned(offering(replace(BASE, current=()), a={"min_hours": 99.0}))
    assert (plan.status, plan.cost) == ("optimal", 4.0)


def test_a_share_of_nothing_asks_for_nothing():
    plan = planned(replace(ONE_ZONE, promises=survive(Scope.ZONE, 0.0)))
    assert (plan.status, plan.cost, plan.emergencies) == ("optimal", 4.0, ())


def test_one_zone_cannot_survive_its_loss():
    plan = planned(replace(ONE_ZONE, promises=survive(Scope.ZONE, 0.5)))
    assert plan.status == "infeasible"
    assert "zone r/z" in said(plan)


def test_demand_as_given_is_a_promise_whatever_the_penalty():
    case = replace(
        offering(BASE, a={"limit": 0}, b={"limit": 0}),
        classes=(DemandClass(name="w", penalty_per_request=1e-9),),
        scenarios=(scenario(1.0, 1.0),),
    )
    assert planned(case).status == "infeasible"


def test_what_is_owned_is_paid_without_any_demand():
    idle = replace(BASE, demand=tuple(replace(row, rate_per_s=0.0) for row in BASE.demand))
    assert planned(offering(idle, b={"owned": 2})).cost == 8.0


def test_an_owned_unit_without_a_price_is_named():
    plan = planned(offering(BASE, a={"owned": 1, "price_per_hour": None}))
    assert "price of a is unknown" in said(plan)


def test_an_api_without_tokens_is_never_free():
    case = only_api(price_per_request=None, price_per_million_input_tokens=1.0)
    case = replace(
        case, offers=(*BASE.offers, *case.offers), profiles=(*BASE.profiles, *case.profiles)
    )
    assert {row.offer for row in planned(case).routing} == {"a"}


# --- what is not


def refused(case: PlanCase, *words: str) -> None:
    with pytest.raises(InputError) as error:
        planned(case)
    assert all(word in str(error.value) for word in words)


def impossible(case: PlanCase, *words: str) -> None:
    """Infeasible, as an answer or as an error of exit code 3, and says why."""
    try:
        plan = planned(case)
    except Infeasible as error:
        text = str(error)
    else:
        assert plan.status == "infeasible"
        text = said(plan)
    assert [word for word in words if word not in text] == []


def mentions(case: PlanCase, *words: str) -> None:
    text = said(planned(case))
    assert [word for word in words if word not in text] == []


def slow(took: float, trip: float | None = None) -> PlanCase:
    return replace(
        BASE,
        classes=(DemandClass(name="w", latency_ms=100.0),),
        profiles=(
            replace(BASE.profiles[0], latency_ms=took),
            replace(BASE.profiles[1], latency_ms=3 * took),
        ),
        routes=()
        if trip is None
        else tuple(Route(demand_class="w", offer=g, round_trip_ms=trip) for g in "ab"),
    )


WEAK: dict[str, Callable[[], None]] = {
    "a class too slow everywhere names the fastest offer": lambda: impossible(
        slow(130.0), "a", "130", "100"
    ),
    "a round trip too long names the fastest offer": lambda: impossible(
        slow(90.0, 30.0), "a", "120", "100"
    ),
    "a class without a region names its regions": lambda: impossible(
        replace(BASE, classes=(DemandClass(name="w", regions=("eu-north",)),)), "eu-north"
    ),
    "an API alone without tokens says what is missing": lambda: impossible(
        only_api(price_per_request=None, price_per_million_input_tokens=1.0), "token"
    ),
    "an API beyond its rate names the rate": lambda: impossible(only_api(rate=1.0), "api (1"),
    "tokens that are missing are named": lambda: mentions(
        replace(
            BASE,
            offers=(*BASE.offers, replace(API, price_per_million_input_tokens=1.0)),
            profiles=(*BASE.profiles, Profile(demand_class="w", offer="api", rate_per_s=5.0)),
        ),
        "api",
        "token",
    ),
    "a quota of 0 is named": lambda: impossible(
        replace(BASE, quotas=(Quota(name="frozen", limit=0),)), "frozen"
    ),
    "a quota below what is owned is named": lambda: impossible(
        offering(replace(BASE, quotas=(Quota(name="frozen", limit=0),)), a={"owned": 1}), "frozen"
    ),
    "a quota of accelerators nobody counted is said": lambda: mentions(
        replace(BASE, quotas=(Quota(name="gpus", limit=1, measure=Measure.ACCELERATORS),)), "gpus"
    ),
    "a quota that matches nothing is said": lambda: mentions(
        replace(BASE, quotas=(Quota(name="far", limit=1, region="nowhere"),)), "far"
    ),
    "two quotas of one name": lambda: refused(
        replace(BASE, quotas=(Quota(name="q", limit=3), Quota(name="q", limit=1))), "q", "twice"
    ),
    "two rows of one class": lambda: refused(
        replace(BASE, classes=(DemandClass(name="w", latency_ms=9.0), DemandClass(name="w"))),
        "w",
        "twice",
    ),
    "two scenarios of one name": lambda: refused(
        replace(BASE, scenarios=(scenario(0.3, 2.0), scenario(0.3, 1.0))), "twice"
    ),
    "probabilities above 1": lambda: refused(
        replace(BASE, scenarios=(scenario(0.6, 2.0), scenario(0.6, 1.0, "t"))), "1.2"
    ),
    "a scenario of other hours": lambda: refused(
        replace(BASE, scenarios=(scenario(0.3, 2.0, hours=2.0),)), "s"
    ),
    "a scenario of another start": lambda: refused(
        replace(BASE, scenarios=(scenario(0.3, 2.0, start=T0 + timedelta(minutes=30)),)), "s"
    ),
    "a scenario of a class nobody has": lambda: refused(
        replace(BASE, scenarios=(scenario(0.3, 2.0, demand_class="new"),)), "new"
    ),
    "a scenario named like a loss": lambda: refused(
        replace(
            offering(ONE_ZONE, b={"zone": "y"}),
            promises=survive(Scope.ZONE, 0.5),
            scenarios=(scenario(0.3, 2.0, "zone r/z"),),
        ),
        "zone r/z",
    ),
    "places that nobody named are said": lambda: mentions(
        replace(BASE, promises=survive(Scope.ZONE, 1.0)), "zone"
    ),
    "a place that one offer does not name is said": lambda: mentions(
        replace(offering(BASE, a={"region": "r", "zone": "z"}), promises=survive(Scope.ZONE, 0.5)),
        "zone",
        "b",
    ),
    "a profile without latency beside an objective is said": lambda: mentions(
        replace(BASE, classes=(DemandClass(name="w", latency_ms=100.0),)), "latency"
    ),
    "memory of an offer that is not known is said": lambda: mentions(
        replace(BASE, classes=(DemandClass(name="w", memory_gib=30.0),)), "memory"
    ),
    "a penalty without a scenario is said": lambda: mentions(
        replace(BASE, classes=(DemandClass(name="w", penalty_per_request=1e-9),)), "penalty"
    ),
    "emissions of an API are not known": lambda: mentions(
        replace(only_api(), promises=Promises(carbon_limit=0.0)), "api", "emissions"
    ),
    "what is owned emits what nobody knows": lambda: mentions(
        offering(
            replace(BASE, promises=Promises(carbon_limit=9.0)),
            a={"owned": 1},
            b={"carbon_g_per_hour": 0.0},
        ),
        "a",
        "emissions",
    ),
}


@pytest.mark.parametrize("case", WEAK)
def test_what_is_wrong_is_named(case: str):
    WEAK[case]()


def test_a_time_that_is_far_too_short_still_gives_a_plan_that_keeps_a_tight_quota():
    """A quota that leaves no room for two fleets side by side, and a millisecond to search."""
    hours = [3.0, 9.0, 4.0, 8.0, 2.0, 9.0]
    case = case_of(
        {"a": 1.0, "b": 1.7, "c": 2.9},
        {"w": hours, "v": hours[::-1]},
        {(w, g): rate for w in "wv" for g, rate in (("a", 1.0), ("b", 1.9), ("c", 3.3))},
        current={},
        startup_s=900.0,
    )
    free = mix(case, runner_ups=0)
    held = {}
    for row in free.units:
        held[row.start] = held.get(row.start, 0) + row.count
    tight = replace(case, quotas=(Quota(name="all", limit=max(held.values()) + 1),))
    for seconds in (1e-6, 1e-3, 10.0):
        plan = mix(tight, time_limit_s=seconds, runner_ups=0)
        assert plan.cost is not None
        assert all(check.ok for check in plan.checks)
        assert plan.bound <= plan.cost
