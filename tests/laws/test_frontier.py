"""Laws of a frontier: what is shown is a plan, none is dominated, and the ends are the optima."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lepta.domain.demand import Demand, DemandClass, Scenario
from lepta.domain.frontier import Against
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Scope, Survival
from lepta.errors import Infeasible, InputError
from lepta.optimize.mix import mix
from lepta.optimize.tradeoff import frontier
from lepta.optimize.tradeoff.knee import knee_of
from lepta.optimize.uncertain import levels, quantile
from lepta.optimize.verify import verify
from pipelinecases import points, voice_to_image
from plancases import T0, case_of

GAP = 1e-9
few = settings(max_examples=15, deadline=None)


def cost(case: PlanCase) -> float | None:
    return mix(case, gap=GAP, time_limit_s=20, runner_ups=0).cost


def drawn(case: PlanCase, against: Against, **more):
    return frontier(case, against, gap=GAP, time_limit_s=60, **more)


def holds(case: PlanCase, found) -> None:
    """Costs and values go in opposite directions, and each plan passes the second opinion."""
    sign = 1 if found.more_is_better else -1
    for one, other in pairwise(found.points):
        assert other.plan.cost > one.plan.cost
        assert sign * (other.value - one.value) > 0
    for point in found.points:
        assert all(check.ok for check in verify(point.case, point.plan, gap=GAP))
        assert sign * (point.value - point.level) >= -1e-6 * abs(point.level)
    assert sum(point.knee for point in found.points) <= 1


@st.composite
def operating_points(draw: st.DrawFn) -> PlanCase:
    rates = [1.0, 1.7, 2.5, 4.0]
    able = {
        (w, g): {
            latency: draw(st.sampled_from(rates))
            for latency in draw(st.sets(st.sampled_from([50.0, 80.0, 100.0, 200.0]), min_size=1))
        }
        for w in ("chat", "code")
        for g in ("a", "b")
    }
    case = case_of(
        {g: draw(st.integers(5, 40)) / 10 for g in ("a", "b")},
        {w: [draw(st.integers(1, 60)) / 10] for w in ("chat", "code")},
        {},
        limits={"a": draw(st.integers(1, 5))} if draw(st.booleans()) else None,
        utilization=0.85,
    )
    classes = (DemandClass(name="code", latency_ms=draw(st.sampled_from([80.0, 100.0, 200.0]))),)
    return replace(case, profiles=points(able), classes=classes)


@few
@given(operating_points())
def test_latency_of_one_class_by_force(case: PlanCase):
    found = drawn(case, Against.LATENCY, demand_class="chat", points=20)
    holds(case, found)
    code = case.classes[0]
    truth = {}
    for level in sorted({p.latency_ms for p in case.profiles if p.demand_class == "chat"}):
        chat = DemandClass(name="chat", latency_ms=level)
        best = cost(replace(case, classes=(chat, code)))
        if best is not None and (not truth or best < min(truth.values()) - 1e-6):
            truth[level] = best
    assert {round(p.value, 6): pytest.approx(p.plan.cost) for p in found.points} == truth


@few
@given(operating_points())
def test_all_objectives_move_together(case: PlanCase):
    both = replace(case, classes=(*case.classes, DemandClass(name="chat", latency_ms=100.0)))
    found = drawn(both, Against.LATENCY, points=12)
    holds(both, found)
    asked = next((point for point in found.points if point.asked), None)
    if asked is not None and asked.value == pytest.approx(1.0):
        assert asked.plan.cost == pytest.approx(cost(both))


@st.composite
def emitting(draw: st.DrawFn) -> PlanCase:
    case = case_of(
        {g: draw(st.integers(5, 40)) / 10 for g in ("a", "b", "c")},
        {"w": [draw(st.integers(1, 90)) / 10]},
        {("w", g): draw(st.sampled_from([1.0, 1.7, 2.5])) for g in ("a", "b", "c")},
        utilization=0.85,
    )
    grams = {offer.id: float(draw(st.integers(0, 900))) for offer in case.offers}
    return replace(
        case, offers=tuple(replace(o, carbon_g_per_hour=grams[o.id]) for o in case.offers)
    )


@few
@given(emitting())
def test_the_ends_of_carbon_are_the_two_optima(case: PlanCase):
    found = drawn(case, Against.CARBON)
    holds(case, found)
    assert found.points[0].plan.cost == pytest.approx(cost(case))
    kilograms = [o.carbon_g_per_hour / 1000 for o in case.offers]
    assume(min(kilograms) > 0)
    # The least emissions: the same fleet plan with grams in place of money.
    by_grams = tuple(replace(o, price_per_hour=o.carbon_g_per_hour / 1000) for o in case.offers)
    least = cost(replace(case, offers=by_grams))
    assert found.points[-1].value == pytest.approx(least, rel=2e-3)


@few
@given(st.integers(1, 90), st.integers(5, 40), st.integers(5, 40))
def test_the_ends_of_spread_are_no_survival_and_the_whole(rate: int, one: int, two: int):
    case = case_of(
        {"a": one / 10, "b": two / 10}, {"w": [rate / 10]}, {("w", "a"): 2.0, ("w", "b"): 1.5}
    )
    case = replace(case, offers=tuple(replace(o, provider=o.id) for o in case.offers))
    found = drawn(case, Against.SPREAD, points=5)
    holds(case, found)
    whole = (Survival(scope=Scope.PROVIDER, share=1.0),)
    safe = cost(replace(case, promises=replace(case.promises, survive=whole)))
    assert found.points[0].plan.cost == pytest.approx(cost(case))
    assert found.points[-1].plan.cost == pytest.approx(safe)
    assert found.points[-1].value == 1.0


def test_risk_runs_through_the_quantiles_of_demand():
    case = case_of({"g": 2.0}, {"w": [1.0]}, {("w", "g"): 1.0})
    futures = tuple(
        Scenario(
            name=f"s{rate}",
            probability=0.2,
            demand=(Demand(demand_class="w", start=T0, hours=1.0, rate_per_s=rate),),
        )
        for rate in (2.0, 4.0, 7.0)
    )
    case = replace(case, scenarios=futures)
    assert levels(case) == (0.4, 0.6, 0.8, 1.0)
    found = drawn(case, Against.RISK)
    assert [(p.value, p.plan.cost) for p in found.points] == [(0.6, 4.0), (0.8, 8.0), (1.0, 14.0)]
    for point in found.points:
        assert point.plan.cost == cost(quantile(case, point.value))


def test_a_pipeline_moves_as_a_whole_and_its_knee_is_marked():
    found = drawn(voice_to_image(), Against.LATENCY, points=20)
    holds(voice_to_image(), found)
    assert found.about == "voice-to-image"
    assert found.points[-1].value == 1580  # 80 + 300 + 1,200: the fastest offers of all stages
    asked = next(point for point in found.points if point.asked)
    assert asked.plan.cost == pytest.approx(cost(voice_to_image()))
    assert found.knee is not None
    assert any(said.startswith("Knee:") for said in found.explanation)


def test_levels_that_no_fleet_keeps_are_said():
    case = voice_to_image()
    scarce = tuple(replace(o, limit=6) if o.id == "H100" else o for o in case.offers)
    found = drawn(replace(case, offers=scarce), Against.LATENCY, points=20)
    assert found.impossible and found.points
    assert max(found.impossible) < found.points[-1].value
    assert any("No fleet that keeps all else" in said for said in found.explanation)
    none = tuple(replace(o, limit=1) for o in case.offers)
    empty = drawn(replace(case, offers=none), Against.LATENCY)
    assert not empty.points and empty.nothing is not None and empty.nothing.shortfalls


def test_a_wide_gap_hides_differences_below_it():
    found = frontier(voice_to_image(), Against.LATENCY, points=20, gap=0.2, time_limit_s=60)
    for one, other in pairwise(found.points):
        assert other.plan.cost - one.plan.cost > 0.2 * one.plan.cost


def test_what_an_aim_needs_is_asked_for():
    plain = case_of({"g": 2.0}, {"w": [1.0], "v": [1.0]}, {("w", "g"): 1.0, ("v", "g"): 1.0})
    for against, said, more in (
        (Against.LATENCY, "no class has a latency objective", {}),
        (Against.LATENCY, "no profile of w states a latency", {"demand_class": "w"}),
        (Against.LATENCY, "there is no class 'x'", {"demand_class": "x"}),
        (Against.CARBON, "no machine says what it emits", {}),
        (Against.CARBON, "is an aim of the whole fleet", {"demand_class": "w"}),
        (Against.RISK, "has no scenarios", {}),
        (Against.SPREAD, "all offers are in one place", {}),
        (Against.SPREAD, "1 points are asked for", {"points": 1}),
    ):
        with pytest.raises(InputError, match=said):
            drawn(plain, against, **more)
    emitting = tuple(replace(o, carbon_g_per_hour=1.0, limit=0) for o in plain.offers)
    with pytest.raises(Infeasible, match="no fleet serves all demand"):
        drawn(replace(plain, offers=emitting), Against.CARBON)


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=6),
    st.floats(0.1, 100),
    st.floats(0.1, 100),
)
def test_the_knee_does_not_depend_on_units(steps: list[tuple[int, int]], a: float, b: float):
    line = [(200.0, 10.0)]
    for down, up in steps:
        line.append((line[-1][0] - down / 10, line[-1][1] + up))
    knee = knee_of(line)
    scaled = knee_of([(a * value, b * money) for value, money in line])
    mirrored = knee_of([(-value, money) for value, money in line])
    assert mirrored == knee
    if knee is None:
        assert scaled is None
    else:
        (x0, y0), (x1, y1) = line[0], line[-1]

        def below(place: int) -> float:
            x, y = line[place]
            return 1 - (x - x1) / (x0 - x1) - (y - y0) / (y1 - y0)

        assert below(knee) >= max(below(k) for k in range(1, len(line) - 1)) - 1e-9
        assert scaled is not None and below(scaled) == pytest.approx(below(knee), abs=1e-9)
