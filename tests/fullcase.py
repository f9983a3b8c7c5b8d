"""One small case in which every part of a `PlanCase` says something."""

from dataclasses import replace

from lepta.domain.demand import DemandClass, Pipeline, Profile, Scenario, Stage
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Promises, Quota, Scope, Survival
from plancases import case_of


def whole() -> PlanCase:
    """A case with something of everything: an API, a quota, a pipeline, a scenario, a promise."""
    case = case_of(
        {"H100-a": 4.0, "L4-b": None},
        {"chat": [3.0, 5.0], "whole": [1.0, 1.0]},
        {("chat", "H100-a"): 2.0, ("chat", "L4-b"): 1.0, ("first", "H100-a"): 3.0},
        limits={"H100-a": 3},
        region="us-east-1",
        provider="aws",
    )
    api = Offer(
        id="api",
        term=Term.SERVERLESS,
        price_per_hour=None,
        price_per_request=0.25,
        price_per_million_input_tokens=2.0,
    )
    timed = (
        Profile(demand_class="chat", offer="H100-a", rate_per_s=1.0, latency_ms=100.0),
        Profile(demand_class="first", offer="H100-a", rate_per_s=1.0, latency_ms=80.0),
        Profile(demand_class="chat", offer="api", rate_per_s=50.0),
    )
    return replace(
        case,
        offers=(*case.offers, api),
        profiles=(*case.profiles, *timed),
        classes=(DemandClass(name="chat", latency_ms=200.0),),
        quotas=(Quota(name="east", limit=8),),
        pipelines=(
            Pipeline(name="whole", latency_ms=500.0, stages=(Stage(demand_class="first"),)),
        ),
        scenarios=(Scenario(name="rush", probability=0.5, demand=case.demand),),
        promises=Promises(survive=(Survival(scope=Scope.ZONE, share=0.5),)),
    )
