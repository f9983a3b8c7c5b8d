"""Small pipelines for tests: built by hand, or drawn by hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from lepta.domain.demand import Demand, DemandClass, Pipeline, Profile, Route, Scenario, Stage
from lepta.domain.plan import PlanCase
from plancases import T0, case_of

STAGES = ("asr", "llm", "diffusion")


def points(able: dict[tuple[str, str], dict[float, float]]) -> tuple[Profile, ...]:
    """Build operating points from (class, offer) -> latency -> rate."""
    return tuple(
        Profile(demand_class=w, offer=g, latency_ms=latency, rate_per_s=rate)
        for (w, g), rows in able.items()
        for latency, rate in rows.items()
    )


def voice_to_image(latency_ms: float = 2700.0) -> PlanCase:
    """Speech to text to image on two machines, each of which pays at another point."""
    case = case_of({"L4": 0.8, "H100": 4.0}, {"voice-to-image": [2.0, 5.0]}, {}, utilization=0.8)
    able = {
        ("asr", "L4"): {200.0: 4.0, 700.0: 9.0},
        ("asr", "H100"): {80.0: 20.0, 200.0: 40.0},
        ("llm", "L4"): {900.0: 0.5, 1700.0: 1.5},
        ("llm", "H100"): {300.0: 4.0, 900.0: 10.0},
        ("diffusion", "H100"): {1200.0: 1.5, 1600.0: 2.5},
    }
    return replace(
        case,
        profiles=points(able),
        pipelines=(
            Pipeline(
                name="voice-to-image",
                latency_ms=latency_ms,
                stages=tuple(Stage(demand_class=name) for name in STAGES),
            ),
        ),
    )


@st.composite
def pipelines(draw: st.DrawFn, *, uncertain: bool = False) -> PlanCase:
    """Draw a small case with one or two pipelines, stages of their own demand, and round trips."""
    machines = ["g0", "g1"]
    price = st.integers(5, 60).map(lambda n: n / 10)
    rate = st.integers(0, 40).map(lambda n: n / 10)
    latency = st.sampled_from([50.0, 100.0, 200.0, 400.0])
    shared = draw(st.booleans())
    lines = {"p0": ("s0", "s1"), "p1": ("s1", "s2") if shared else ("s2",)}
    if not draw(st.booleans()):
        del lines["p1"]
    stages = sorted({name for mine in lines.values() for name in mine})
    demand = {name: [draw(rate)] for name in lines}
    if draw(st.booleans()):
        demand["s0"] = [draw(rate)]
    case = case_of(
        {g: draw(price) for g in machines},
        demand,
        {},
        limits={"g0": draw(st.integers(0, 6))} if draw(st.booleans()) else None,
        utilization=0.85,
    )
    able = {
        (w, g): {draw(latency): draw(st.sampled_from([0.0, 1.0, 2.5, 4.0])) for _ in range(2)}
        for w in stages
        for g in machines
    }
    scenarios = ()
    if uncertain:
        more = Demand(demand_class="p0", start=T0, hours=1.0, rate_per_s=draw(rate))
        scenarios = (Scenario(name="more", probability=0.3, demand=(more,)),)
    return replace(
        case,
        profiles=points(able),
        routes=tuple(
            Route(demand_class=w, offer="g1", round_trip_ms=draw(st.sampled_from([0.0, 30.0])))
            for w in stages
        ),
        classes=(DemandClass(name="s1", latency_ms=400.0),) if draw(st.booleans()) else (),
        scenarios=scenarios,
        pipelines=tuple(
            Pipeline(
                name=name,
                latency_ms=draw(st.sampled_from([150.0, 300.0, 500.0, 900.0])),
                stages=tuple(
                    Stage(demand_class=w, per_request=draw(st.sampled_from([1.0, 0.5, 2.0])))
                    for w in mine
                ),
            )
            for name, mine in lines.items()
        ),
    )
