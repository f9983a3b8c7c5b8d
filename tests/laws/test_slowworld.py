"""Whole replays against a world in plain Python: every number that a run tells."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.pool import Decision, Pool, Variant
from lepta.domain.replay import Bound
from lepta.domain.requests import Requests
from lepta.policy.registry import parse
from lepta.sim.faults import Faults, PriceChange, Span
from lepta.sim.replay import Setting
from lepta.sim.servers import FluidServers, PlainServers, Worth
from lepta.sim.task import ReplayTask, run_task
from lepta.sim.work import Work
from lepta.wiring.opened import InMemory
from slowworld import SlowWorld


@dataclass
class Script:
    """Does what it was told, and notes what it saw."""

    steps: list
    looks: list = field(default_factory=list)
    name: str = "script"

    def start(self):
        return None

    def decide(self, seen, memory):
        self.looks.append(seen)
        want = [levels for at, levels in self.steps if at <= seen.at_s][-1]
        return Decision(at_s=seen.at_s, policy="script", want=want, why="told"), None


def case(rng, *, features, fluid):
    """Draw a pool, a trace and a script; `features` is what may go wrong or differ."""
    some = lambda name: name in features  # noqa: E731
    count = int(rng.integers(1, 4)) if some("variants") else 1
    capacity = rng.choice([0.5, 1.0, 2.0, 3.0], count) if fluid else None
    variants = tuple(
        Variant(
            name=f"v{v}",
            price_per_hour=float(rng.choice([0.0, 1.0, 2.5, 7.0])),
            startup_s=float(rng.choice([0.0, 7.5, 30.0, 95.0])) if some("startup") else 0.0,
            limit=int(rng.integers(2, 6)) if some("limit") and rng.random() < 0.5 else None,
            least=int(rng.integers(0, 2)) if some("limit") else 0,
            slots=1 if fluid or not some("slots") else int(rng.integers(1, 4)),
            spot=bool(some("spot") and rng.random() < 0.7),
            interruptions_per_hour=float(rng.choice([2.0, 20.0, 60.0])) if some("spot") else 0.0,
            notice_s=float(rng.choice([0.0, 20.0, 120.0])),
            zone=str(rng.choice(["", "a", "b"])) if some("zone") else "",
        )
        for v in range(count)
    )
    classes = 2 if some("classes") else 1
    rate = np.array(capacity if fluid else [float(v.slots) for v in variants])
    pool = Pool(
        variants=variants, classes=("x", "y")[:classes], capacity_per_s=np.tile(rate, (classes, 1))
    )
    span = float(rng.choice([40.0, 300.0, 900.0]))
    n = int(rng.integers(1, 120))
    at = np.sort(rng.uniform(0, span, n))
    work = rng.exponential(float(rng.choice([2.0, 8.0, 40.0])), n)
    kind = rng.integers(0, classes, n)
    if some("grid") and not fluid:  # much happens at one instant, and some requests are no work
        at, work = np.sort(at // 5 * 5), work // 5 * 5
    script = [(0.0, tuple(int(x) for x in rng.integers(0, 6, count)))]
    for _ in range(int(rng.integers(0, 8))):
        script.append(
            (float(rng.uniform(0, span * 1.3)), tuple(int(x) for x in rng.integers(0, 6, count)))
        )
    script.sort(key=lambda step: step[0])
    last = 1 if rng.random() < 0.8 else 0  # nobody: what waits stays in flight
    script.append((span * 1.4, tuple(int(x) * last for x in rng.integers(1, 4, count))))

    def spans(names):
        found = []
        for name in names:
            if rng.random() < 0.7:
                first = float(rng.choice([0.0, 15.0, rng.uniform(0, span)]))
                found.append(
                    Span(name=name, from_s=first, to_s=first + float(rng.uniform(1, span)))
                )
        return tuple(found)

    faults = Faults(
        failures_per_hour=float(rng.choice([5.0, 40.0])) if some("failures") else 0.0,
        zone_losses=spans(["a", "b", "a"]) if some("zone") else (),
        dry_markets=spans([v.name for v in variants]) if some("dry") else (),
        prices=tuple(
            PriceChange(
                variant=str(rng.choice([v.name for v in variants])),
                at_s=float(rng.uniform(0, span * 1.2)),
                price_per_hour=float(rng.choice([0.5, 3.0, 11.0])),
            )
            for _ in range(4)
        )
        if some("prices")
        else (),
    )
    begin = tuple(int(x) for x in rng.integers(0, 4, count)) if some("begin") else None
    priority = (0, 1) if some("classes") and not fluid else None
    tick = float(rng.choice([5.0, 15.0, 60.0]))
    bound = (Bound(what=str(rng.choice(["wait", "latency"])), bound_s=5.0, share=0.9),)
    return pool, at, kind, work, script, faults, begin, priority, tick, bound


def both(seed, features, fluid):
    """Run a drawn case through both worlds."""
    rng = np.random.default_rng(seed)
    pool, at, kind, work, steps, faults, begin, priority, tick, bound = case(
        rng, features=features, fluid=fluid
    )
    if fluid:
        servers = FluidServers(load=Work(service_s=1.0), unit="units")
    else:
        servers = PlainServers(priority=priority)
    policy = Script(steps)
    setting = Setting(
        pool=pool, weigh=servers.weigh, amount=Worth.of(("service_s",)), objective=bound,
        begin=begin, seed=seed, tick_s=tick, faults=faults, span_s=float(at[-1]),
    )  # fmt: skip
    trace = InMemory(Requests(at_s=at, kind=kind.astype(np.int64), service_s=work))
    task = ReplayTask(
        policy=policy, servers=servers, trace=trace, setting=setting, keep_ledger=True
    )
    run, ledger = run_task(task)
    slow = SlowWorld(
        pool, list(zip(at.tolist(), kind.tolist(), work.tolist(), strict=True)), steps,
        tick=tick, seed=seed, faults=faults, begin=begin, fluid=fluid, priority=priority,
        objective=bound,
    )  # fmt: skip
    return run, ledger, policy.looks, slow, slow.run()


def same(run, ledger, looks, slow, found):
    """Compare all that both worlds tell."""
    near = lambda x: pytest.approx(x, rel=1e-9, abs=1e-7)  # noqa: E731
    assert [entry.want for entry in ledger] == [want for _, want in slow.entries]
    for one, other in zip(looks, slow.looks, strict=True):
        assert one.at_s == near(other["at"])
        assert tuple(one.serving) == other["serving"], one.at_s
        assert tuple(one.starting) == other["starting"], one.at_s
        assert tuple(one.draining) == other["draining"], one.at_s
        assert (one.waiting, one.running) == (other["waiting"], other["running"]), one.at_s
        assert float(one.waiting_work.sum()) == near(other["work"])
        assert one.utilization == pytest.approx(other["used"], abs=1e-7, nan_ok=True), one.at_s
        assert list(~one.available) == other["away"], one.at_s
        if one.at_s:
            assert one.load_per_s[-1] == near(other["load"])
    assert (run.arrived, run.served, run.in_flight) == (
        len(slow.asks), found["served"], found["left"],
    )  # fmt: skip
    assert run.arrived == run.served + run.dropped + run.in_flight
    assert run.end_s == near(found["end"])
    assert [hours for _, hours in run.replica_hours_by_variant] == near(found["hours"])
    assert run.replica_hours == near(sum(found["hours"]))
    assert run.cost == near(found["cost"])
    assert run.violations == near(found["violations"])
    assert run.kept == (found["violations"] <= 0.1 + 1e-9)
    assert run.losses == found["losses"]
    if run.served:
        assert run.cost_per_unit == near(found["cost"] / (run.served / 1000))
    assert run.idle_share == near(found["idle"])
    assert [(c.at_s, c.want) for c in run.changes] == found["changes"]
    for spread, times in ((run.wait, found["waits"]), (run.latency, found["latencies"])):
        if not times:
            assert spread is None
            continue
        expected = [np.mean(times), *np.quantile(times, [0.5, 0.9, 0.99]), np.max(times)]
        assert [spread.mean, spread.p50, spread.p90, spread.p99, spread.max] == near(expected)


FEATURES = (
    "variants", "startup", "limit", "slots", "spot", "zone", "failures", "dry", "prices", "begin",
    "classes", "grid",
)  # fmt: skip


@pytest.mark.parametrize("fluid", [False, True])
@pytest.mark.parametrize("feature", FEATURES)
def test_one_thing_at_a_time(feature, fluid):
    for seed in range(6):
        same(*both(seed, ("startup", feature), fluid))


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32), features=st.sets(st.sampled_from(FEATURES)), fluid=st.booleans())
def test_all_things_together(seed, features, fluid):
    same(*both(seed, features, fluid))


def test_a_request_that_takes_hours_is_waited_for():
    pool = Pool(variants=(Variant(name="v", price_per_hour=2.0),), capacity_per_s=np.ones((1, 1)))
    servers = PlainServers()
    setting = Setting(
        pool=pool, weigh=servers.weigh, amount=Worth.of(("service_s",)), begin=(1,), tick_s=60.0
    )
    requests = Requests(at_s=np.array([0.0, 10.0]), service_s=np.array([5.0 * 3600, 7.0]))
    task = ReplayTask(
        policy=Script([(0.0, (1,))]), servers=servers, trace=InMemory(requests), setting=setting
    )
    run, _ = run_task(task)
    assert (run.served, run.in_flight, run.end_s) == (2, 0, 5 * 3600 + 7)
    assert run.cost == pytest.approx(2 * (5 + 7 / 3600))


def test_replicas_that_are_lost_again_and_again_end_the_run():
    pool = Pool(variants=(Variant(name="v", price_per_hour=2.0),), capacity_per_s=np.ones((1, 1)))
    servers = PlainServers()
    setting = Setting(
        pool=pool, weigh=servers.weigh, amount=Worth.of(("service_s",)), begin=(1,), tick_s=600.0,
        faults=Faults(failures_per_hour=4.0),
    )  # fmt: skip
    requests = Requests(at_s=np.array([0.0]), service_s=np.array([24.0 * 3600]))
    task = ReplayTask(
        policy=Script([(0.0, (1,))]), servers=servers, trace=InMemory(requests), setting=setting
    )
    run, _ = run_task(task)
    assert (run.served, run.in_flight, run.violations) == (0, 1, 1.0)
    assert 24 * 3600 < run.end_s < 26 * 3600 and run.losses > 50


@pytest.mark.parametrize("name", ["hpa", "hpa:metric=utilization", "keda", "window", "wva"])
def test_a_lost_zone_does_not_switch_an_autoscaler_off(name):
    variants = (Variant(name="v", price_per_hour=1.0, startup_s=30.0, zone="a"),)
    pool = Pool(variants=variants, capacity_per_s=np.ones((1, 1)))
    at = np.arange(0.0, 3600.0, 0.5)
    requests = Requests(at_s=at, service_s=np.ones(len(at)))
    servers = PlainServers()
    setting = Setting(
        pool=pool, weigh=servers.weigh, amount=Worth.of(("service_s",)), begin=(4,),
        faults=Faults(zone_losses=(Span(name="a", from_s=600.0, to_s=1200.0),)),
    )  # fmt: skip
    task = ReplayTask(
        policy=parse(name, pool), servers=servers, trace=InMemory(requests), setting=setting
    )
    run, _ = run_task(task)
    assert run.served == len(at) and run.losses >= 2
    assert run.end_s < 5400


def test_a_course_stays_short_however_long_the_queue_takes():
    pool = Pool(variants=(Variant(name="v", price_per_hour=1.0),), capacity_per_s=np.ones((1, 1)))
    servers = FluidServers(load=Work(service_s=1.0), unit="units")
    requests = Requests(at_s=np.zeros(2000), service_s=np.full(2000, 60.0))
    setting = Setting(
        pool=pool, weigh=servers.weigh, amount=Worth.of(("service_s",)), begin=(2,), span_s=0.0
    )
    task = ReplayTask(
        policy=Script([(0.0, (2,))]), servers=servers, trace=InMemory(requests), setting=setting
    )
    run, _ = run_task(task)
    course = run.course
    assert run.end_s == 60_000 and len(course.load_per_s) <= 1200
    assert course.step_s * len(course.load_per_s) == pytest.approx(60_000, rel=0.01)
    assert (course.replicas.mean(axis=0) * run.end_s).sum() / 3600 == pytest.approx(
        run.replica_hours, rel=0.01
    )
    assert course.p99_s[0] == pytest.approx(np.quantile(np.arange(1, 2001) * 30.0, 0.99), rel=0.02)
