"""Laws of the compiled plain servers, and agreement with a slow simulator to the last bit."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.requests import Requests
from lepta.errors import InputError
from lepta.sim import fcfs
from lepta.sim.engine import Finished
from lepta.sim.plain import PlainEngine
from slowservers import SlowServers

seeds = st.integers(0, 2**32 - 1)
ROUTINGS = ("central", "round-robin", "least-loaded", "weighted")


def story(seed):
    """Draw servers, requests, and what happens to the replicas; whole numbers make ties."""
    rng = np.random.default_rng(seed)
    whole = rng.random() < 0.5
    n, variants, classes = int(rng.integers(0, 60)), int(rng.integers(1, 4)), 3
    arrival = np.sort(rng.integers(0, 40, n).astype(float) if whole else rng.uniform(0, 40, n))
    service = rng.integers(0, 8, n).astype(float) if whole else rng.exponential(3, n)
    setup = {
        "slots": [int(c) for c in rng.integers(1, 4, variants)],
        "speed": [float(v) for v in rng.choice([0.5, 1.0, 1.7], variants)],
        "routing": str(rng.choice(ROUTINGS, p=[0.4, 0.2, 0.2, 0.2])),
        "ranks": [int(r) for r in rng.integers(0, 3, classes)]
        if rng.random() < 0.5
        else [0] * classes,
        "patience": float(rng.integers(0, 9)) if rng.random() < 0.4 else math.inf,
        "limit": int(rng.integers(0, 5)) if rng.random() < 0.3 else math.inf,
    }
    kind = rng.integers(0, classes, n)
    steps, opened, closed, name, at = [], [], [], 0, 0.0
    for _ in range(int(rng.integers(1, 25))):
        for _ in range(int(rng.integers(0, 4))):
            what = rng.random()
            if what < 0.5:
                steps.append(("open", name, int(rng.integers(0, variants))))
                opened.append(name)
                name += 1
            elif what < 0.7 and opened:
                closed.append(opened.pop(int(rng.integers(0, len(opened)))))
                steps.append(("close", closed[-1]))
            elif what < 0.9 and opened:
                steps.append(("kill", opened.pop(int(rng.integers(0, len(opened))))))
            elif closed:
                steps.append(("kill closed", closed[int(rng.integers(0, len(closed)))]))
        at += float(rng.integers(0, 6)) if whole else rng.uniform(0, 6)
        steps.append(("run", at))
    if rng.random() < 0.7:
        steps += [("open", name, 0), ("run", math.inf)]
    return setup, Requests(at_s=arrival, kind=kind, service_s=service), steps


def engine_of(setup):
    return PlainEngine(
        setup["slots"],
        speed=setup["speed"],
        routing=setup["routing"],
        classes=len(setup["ranks"]),
        priority=setup["ranks"],
        patience_s=None if setup["patience"] == math.inf else setup["patience"],
        queue_limit=None if setup["limit"] == math.inf else setup["limit"],
    )


def rows(finished: Finished):
    columns = (
        finished.request,
        finished.kind,
        finished.arrival_s,
        finished.start_s,
        finished.end_s,
        finished.outcome,
    )
    return list(zip(*(c.tolist() for c in columns), strict=True))


def same(a, b):
    """Equal to the last bit, NaN being NaN."""
    assert [tuple(map(repr, row)) for row in a] == [tuple(map(repr, row)) for row in b]


@given(seeds)
@settings(max_examples=400)
def test_a_slow_simulator_says_the_same(seed):
    setup, requests, steps = story(seed)
    fast = engine_of(setup)
    slow = SlowServers(**setup)
    fast.feed(requests)
    slow.feed(
        zip(
            requests.kind.tolist(),
            requests.at_s.tolist(),
            requests.service_s.tolist(),
            strict=True,
        )
    )
    ended, names = [], []
    for what, *args in steps:
        if what == "kill closed":
            if not slow.replicas[args[0]].running:
                with pytest.raises(InputError, match="open or works"):
                    fast.kill(*args)
                continue
            what = "kill"
        getattr(fast, what)(*args)
        getattr(slow, what)(*args)
        if what == "open":
            names.append(args[0])
        if what != "run":
            continue
        shown = fast.gauge()
        slow.settle()
        ended += rows(fast.finished())
        same(sorted(ended), sorted(slow.done))
        waiting = slow.waiting()
        assert (shown.arrived, shown.dropped) == (slow.arrived, slow.dropped)
        assert (shown.waiting, shown.running) == (len(waiting), len(slow.ends))
        assert shown.arrived == shown.served + shown.dropped + fast.in_flight()
        assert fast.in_flight() == shown.waiting + shown.running
        for kind in range(3):
            work = math.fsum(job.service for job in waiting if job.kind == kind)
            assert math.isclose(shown.waiting_work[kind], work, rel_tol=1e-13, abs_tol=1e-300)
        assert math.isclose(shown.busy_s, slow.busy(), rel_tol=1e-12, abs_tol=1e-12)
        for name in names:
            assert fast.idle_since(name) == slow.idle_since(name)
    assert len({row[0] for row in ended}) == len(ended)  # none ends twice
    order = [(row[4], row[0]) for row in ended]
    assert [end for end, _ in order] == sorted(end for end, _ in order)


@given(seeds)
@settings(max_examples=200)
def test_small_steps_and_small_chunks_change_nothing(seed):
    setup, requests, steps = story(seed)
    rng = np.random.default_rng(seed + 1)
    coarse, fine = engine_of(setup), engine_of(setup)
    coarse.feed(requests)
    ended, again, fed = [], [], 0
    for what, *args in steps:
        if what == "kill closed":
            continue
        if what == "run":
            until = args[0]
            stop = int(np.searchsorted(requests.at_s, until, side="right"))
            for cut in np.sort(rng.uniform(0, min(until, 100.0), 5)):
                while fed < stop and requests.at_s[fed] <= cut:
                    size = int(rng.integers(1, 4))
                    fine.feed(requests[fed : fed + size])
                    fed = min(len(requests), fed + size)
                if cut >= fine._now_s:
                    fine.run(float(cut))
                    fine.gauge()
                    again += rows(fine.finished())
            fine.feed(requests[fed:stop])
            fed = max(fed, stop)
        getattr(coarse, what)(*args)
        getattr(fine, what)(*args)
        if what == "run":
            ended += rows(coarse.finished())
            again += rows(fine.finished())
            a, b = coarse.gauge(), fine.gauge()
            assert repr(a) == repr(b)
            same(ended, again)
            assert coarse.next_end_s() == fine.next_end_s()


@given(seeds, st.integers(1, 7))
def test_a_fixed_pool_is_the_textbook_recursion(seed, servers):
    _, requests, _ = story(seed)
    engine = PlainEngine([servers], classes=3)
    engine.open(0, 0)
    engine.feed(requests)
    engine.run(math.inf)
    ended = engine.finished()
    start = np.empty(len(requests))
    start[ended.request] = ended.start_s
    assert start.tobytes() == fcfs(requests.at_s, requests.service_s, servers).tobytes()
    assert (np.diff(start) >= 0).all()
    work = math.fsum(requests.service_s)
    assert math.isclose(engine.gauge().busy_s * servers, work, rel_tol=1e-12)


def test_requests_of_a_lost_replica_go_first_and_those_of_a_closed_one_elsewhere():
    engine = PlainEngine([1], routing="round-robin")
    for name in (0, 1):
        engine.open(name, 0)
    engine.feed(Requests(at_s=np.arange(6.0), service_s=np.full(6, 10.0)))
    engine.run(5.5)
    engine.kill(0)  # works on request 0; 2 and 4 wait there
    engine.run(math.inf)
    ended = engine.finished()
    assert ended.request.tolist() == [1, 0, 3, 5, 2, 4]
    assert ended.start_s.tolist() == [1.0, 0.0, 21.0, 31.0, 41.0, 51.0]
    assert ended.end_s.tolist() == [11.0, 21.0, 31.0, 41.0, 51.0, 61.0]
    assert engine.gauge().busy_s == 60 + 5.5


@pytest.mark.parametrize(
    ("routing", "share"), [("round-robin", 25), ("least-loaded", 17), ("weighted", 10)]
)
def test_routing_is_what_it_says(routing, share):
    """Of 50 that come together: every other, one of three slots, one of five in capacity."""
    engine = PlainEngine([1, 2], speed=[1.0, 2.0], routing=routing)
    engine.open(0, 0)
    engine.open(1, 1)
    engine.feed(Requests(at_s=np.zeros(50), service_s=np.ones(50)))
    engine.run(0.0)
    assert engine.gauge().running == 3
    engine.run(math.inf)
    ended = engine.finished()
    # Replica 0 works alone at the end, or replica 1: each ends when its own are done.
    wanted = max(share * 1.0, math.ceil((50 - share) / 2) * 0.5)
    assert ended.end_s.max() == wanted
    assert engine.gauge().busy_s == share + (50 - share) * 0.5 / 2


def test_memory_follows_what_is_in_flight():
    rng = np.random.default_rng(8)
    engine = PlainEngine([4], classes=2, priority=[0, 1], patience_s=50.0)
    engine.open(0, 0)

    def day(first):
        for start in range(first, first + 50):
            at = start * 1000.0 + np.sort(rng.uniform(0, 1000, 3000))
            kind = rng.integers(0, 2, 3000)
            engine.feed(Requests(at_s=at, service_s=rng.exponential(1.2, 3000), kind=kind))
            engine.run((start + 1) * 1000.0)
            engine.finished()

    day(0)
    tracemalloc.start()
    day(50)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert engine.gauge().served > 250_000
    assert held < 200_000 and peak < 2_000_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slots": [0]}, "slots is"),
        ({"slots": []}, "slots is"),
        ({"speed": [0.0]}, "speed is"),
        ({"speed": [1.0, 2.0]}, "speed is"),
        ({"routing": "random"}, "routing is 'random'"),
        ({"priority": [1, 2]}, "priority is"),
        ({"patience_s": math.nan}, "patience_s is nan"),
        ({"queue_limit": -1}, "queue_limit is -1"),
        ({"unit": "tokens"}, "unit is 'tokens'"),
    ],
)
def test_servers_that_cannot_be_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        PlainEngine(**{"slots": [1], **change})


@pytest.mark.parametrize(
    ("at", "service", "kind", "words"),
    [
        ([0.0, math.nan], [1.0, 1.0], [0, 0], r"request 3 .*at_s"),
        ([2.0, 1.0], [1.0, 1.0], [0, 0], r"request 3 .*arrives before"),
        ([0.5, 1.0], [1.0, 1.0], [0, 0], r"request 2 .*arrives before"),
        ([2.0, 2.0], [1.0, -1.0], [0, 0], r"request 3 .*service_s"),
        ([2.0, 2.0], [1.0, math.inf], [0, 0], r"request 3 .*service_s"),
        ([2.0, 2.0], [1.0, 1.0], [0, 1], r"request 3 .*none of 1 classes"),
        ([2.0, 2.0], [1.0], [0, 0], r"requests from 2 on: .*shapes \[\(1,\), \(2,\)\]"),
        ([2.0, 2.0], [1.0, 1.0], [0], r"requests from 2 on: .*shapes"),
    ],
)
def test_requests_that_cannot_be_are_refused(at, service, kind, words):
    engine = PlainEngine([1])
    engine.feed(Requests(at_s=np.array([0.0, 1.0]), service_s=np.ones(2)))
    engine.run(1.0)
    with pytest.raises(InputError, match=words):
        engine.feed(Requests(at_s=np.array(at), service_s=np.array(service), kind=np.array(kind)))
    engine.run(math.inf)
    assert engine.gauge().arrived == 2


def test_what_cannot_be_done_is_refused():
    engine = PlainEngine([1])
    engine.open(7, 0)
    for refused in (
        lambda: engine.open(7, 0),
        lambda: engine.open(8, 1),
        lambda: engine.close(9),
        lambda: engine.kill(9),
        lambda: engine.idle_since(9),
        lambda: engine.run(-1.0),
        lambda: engine.run(math.nan),
        lambda: engine.feed(Requests(at_s=np.zeros(1))),
    ):
        with pytest.raises(InputError):
            refused()
    engine.close(7)
    with pytest.raises(InputError):
        engine.close(7)
    engine.open(7, 0)  # one that is gone may come back
    assert engine.idle_since(7) == math.inf
