"""Laws of pipelines: the optimizer shares a latency budget out as well as trying every way does."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lepta.domain.demand import Demand, DemandClass, Pipeline, Stage
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Promises, Scope, Survival
from lepta.errors import Infeasible
from lepta.optimize.mix import mix, splits
from lepta.optimize.verify import verify
from pipelinecases import pipelines, points, voice_to_image
from plancases import T0, case_of

GAP = 1e-9
few = settings(max_examples=25, deadline=None)


def planned(case: PlanCase, gap: float = GAP):
    return mix(case, gap=gap, time_limit_s=20, runner_ups=0)


def by_hand(case: PlanCase, budgets: dict[str, float]) -> PlanCase:
    """Write the plain case of one split down, one period, from the tables alone."""
    rates = {row.demand_class: row.rate_per_s for row in case.demand}
    asked = {name: rates.get(name, 0.0) for name in budgets}
    for pipeline in case.pipelines:
        for stage in pipeline.stages:
            asked[stage.demand_class] += rates[pipeline.name] * stage.per_request
    own = {one.name: one.latency_ms for one in case.classes}
    return replace(
        case,
        demand=tuple(
            Demand(demand_class=name, start=T0, hours=1.0, rate_per_s=rate)
            for name, rate in asked.items()
        ),
        classes=tuple(
            DemandClass(name=name, latency_ms=min(budget, own.get(name) or budget))
            for name, budget in budgets.items()
        ),
        pipelines=(),
    )


def every_split(case: PlanCase):
    trips = {(r.demand_class, r.offer): r.round_trip_ms or 0.0 for r in case.routes}
    names = sorted({stage.demand_class for p in case.pipelines for stage in p.stages})
    values = [
        sorted(
            {
                p.latency_ms + trips.get((name, p.offer), 0.0)
                for p in case.profiles
                if p.demand_class == name
            }
        )
        for name in names
    ]
    busy = {row.demand_class for row in case.demand if row.rate_per_s > 0}
    for combination in itertools.product(*values):
        budgets = dict(zip(names, combination, strict=True))
        if all(
            sum(budgets[stage.demand_class] for stage in p.stages) <= p.latency_ms
            for p in case.pipelines
            if p.name in busy
        ):
            yield budgets


@few
@given(pipelines())
def test_no_split_is_cheaper(case: PlanCase):
    plan = planned(case)
    costs = [planned(by_hand(case, budgets)).cost for budgets in every_split(case)]
    possible = [cost for cost in costs if cost is not None]
    if not possible:
        assert plan.status == "infeasible" and plan.shortfalls
        return
    assert plan.status == "optimal"
    assert plan.cost == pytest.approx(min(possible), rel=1e-6, abs=1e-9)
    assert plan.bound <= min(possible) * (1 + 1e-9)
    assert plan.bound >= plan.cost * (1 - 2 * GAP)


@few
@given(pipelines(uncertain=True))
def test_every_plan_passes_the_second_opinion(case: PlanCase):
    plan = mix(case, time_limit_s=10)
    assert plan.checks and all(check.ok for check in plan.checks)
    assert verify(case, plan) == plan.checks
    if plan.cost is not None:
        used = {p.name: 0.0 for p in case.pipelines}
        for row in plan.splits:
            used[row.pipeline] += row.budget_ms
        assert all(used[p.name] <= p.latency_ms for p in case.pipelines)


@few
@given(pipelines(), st.sampled_from([1.0, 1.3, 2.0, 10.0]))
def test_a_longer_budget_never_costs_more(case: PlanCase, times: float):
    plan = planned(case)
    assume(plan.cost is not None)
    longer = tuple(replace(p, latency_ms=p.latency_ms * times) for p in case.pipelines)
    assert planned(replace(case, pipelines=longer)).cost <= plan.cost * (1 + 2 * GAP) + 1e-9


@few
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=2),
    st.dictionaries(st.sampled_from([50.0, 100.0, 300.0]), st.integers(1, 5), min_size=1),
    st.sampled_from([60.0, 100.0, 400.0]),
    st.sampled_from([0.5, 1.0, 3.0]),
)
def test_a_pipeline_of_one_stage_is_a_plain_class(
    rates: list[int], able: dict[float, int], latency: float, times: float
):
    whole = case_of({"g": 2.0}, {"p": [float(rate) for rate in rates]}, {})
    plain = case_of({"g": 2.0}, {"s": [rate * times for rate in rates]}, {})
    profiles = points({("s", "g"): {k: float(v) for k, v in able.items()}})
    stage = Stage(demand_class="s", per_request=times)
    piped = replace(
        whole,
        profiles=profiles,
        pipelines=(Pipeline(name="p", latency_ms=latency, stages=(stage,)),),
    )
    asked = replace(plain, profiles=profiles, classes=(DemandClass(name="s", latency_ms=latency),))
    one, other = planned(piped), planned(asked)
    assert (one.status, one.cost) == (other.status, other.cost)
    assert [(row.offer, row.count) for row in one.units] == [
        (row.offer, row.count) for row in other.units
    ]


def test_a_budget_is_split_and_the_split_is_told():
    plan = planned(voice_to_image())
    budgets = {row.demand_class: row.budget_ms for row in plan.splits}
    assert budgets == {"asr": 200, "llm": 900, "diffusion": 1600}
    told = next(said for said in plan.explanation if said.startswith("voice-to-image: 2,700 ms"))
    assert all(f"{name} {budget:,g}" in told for name, budget in budgets.items())
    assert any("more requests of voice-to-image cost" in said for said in plan.explanation)


def test_the_slowest_stage_is_named_where_no_split_is_fast_enough():
    plan = planned(voice_to_image(1500.0))
    assert plan.status == "infeasible" and plan.cost is None
    assert {row.demand_class for row in plan.shortfalls} == {"diffusion"}
    assert "take 1,580 ms together of a budget of 1,500 ms" in plan.shortfalls[0].why
    assert "within 1,120 ms" in plan.shortfalls[0].why
    assert all(check.ok for check in plan.checks)


def test_a_budget_that_a_plan_oversteps_is_found():
    case = voice_to_image()
    plan = planned(case)
    stretched = tuple(replace(row, budget_ms=row.budget_ms * 2) for row in plan.splits)
    broken = {c.name for c in verify(case, replace(plan, splits=stretched)) if not c.ok}
    assert "pipelines" in broken
    squeezed = tuple(replace(row, budget_ms=row.budget_ms / 9) for row in plan.splits)
    broken = {c.name for c in verify(case, replace(plan, splits=squeezed)) if not c.ok}
    assert "profiles" in broken
    assert not verify(case, replace(plan, splits=plan.splits[1:]))[0].ok


def test_a_search_that_is_cut_short_states_its_true_gap(monkeypatch: pytest.MonkeyPatch):
    case = voice_to_image()
    whole = planned(case)
    monkeypatch.setattr(splits, "MOST_SPLITS", 1)
    cut = planned(case)
    assert cut.cost is not None and whole.cost is not None
    assert cut.bound <= whole.cost <= cut.cost * (1 + 1e-9)
    assert any("cut short" in said for said in cut.explanation)


@few
@given(
    pipelines(uncertain=True),
    st.sampled_from([None, 600.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([None, 2.0]),
)
def test_other_promises_hold_for_the_stages_as_well(
    case: PlanCase, startup: float | None, share: float, limit_kg: float | None
):
    offers = tuple(
        replace(o, provider=o.id, startup_s=startup, carbon_g_per_hour=100.0) for o in case.offers
    )
    later = (
        replace(row, start=T0 + timedelta(hours=1), rate_per_s=row.rate_per_s / 2)
        for row in case.demand
    )
    promised = replace(
        case,
        offers=offers,
        demand=(*case.demand, *later),
        promises=Promises(
            survive=(Survival(scope=Scope.PROVIDER, share=share),), carbon_limit=limit_kg
        ),
    )
    try:
        plan = mix(promised, gap=1e-4, time_limit_s=10, runner_ups=0)
    except Infeasible:
        assert limit_kg is not None
        return
    assert all(check.ok for check in plan.checks)
    assert {"pipelines"} <= {check.name for check in plan.checks} or plan.cost is None


def test_a_pipeline_that_nobody_asks_keeps_any_budget():
    case = voice_to_image(1500.0)  # too short for the fastest offers
    idle = tuple(replace(row, rate_per_s=0.0) for row in case.demand)
    plan = planned(replace(case, demand=idle))
    assert (plan.status, plan.cost, plan.splits) == ("optimal", 0.0, ())
    beside = Demand(demand_class="asr", start=T0, hours=1.0, rate_per_s=3.0)
    assert planned(replace(case, demand=(*idle, beside))).cost > 0


def test_a_stage_that_is_never_asked_takes_no_time():
    case = voice_to_image(1500.0)
    (pipeline,) = case.pipelines
    stages = tuple(
        replace(stage, per_request=0.0) if stage.demand_class == "llm" else stage
        for stage in pipeline.stages
    )
    plan = planned(replace(case, pipelines=(replace(pipeline, stages=stages),)))
    assert plan.status == "optimal"
    assert {row.demand_class for row in plan.splits} == {"asr", "diffusion"}
