"""Laws of the fluid servers, against an integration of the work in plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.requests import Requests
from lepta.errors import InputError
from lepta.sim import fcfs
from lepta.sim.fluid import FluidEngine
from lepta.sim.work import Work

seeds = st.integers(0, 2**32 - 1)
CAPACITY = (1.0, 2.5)


def story(seed):
    """Draw requests and the instants at which replicas come and go."""
    rng = np.random.default_rng(seed)
    whole = rng.random() < 0.4
    n = int(rng.integers(0, 50))
    arrival = np.sort(rng.uniform(0, 30, n))
    work = rng.exponential(3, n) * (rng.random(n) < 0.9)
    if whole:
        arrival, work = np.floor(arrival), np.floor(work)
    steps, held, name, at = [], [], 0, 0.0
    for _ in range(int(rng.integers(1, 20))):
        for _ in range(int(rng.integers(0, 3))):
            if rng.random() < 0.6 or not held:
                steps.append(("open", name, int(rng.integers(0, 2))))
                held.append(name)
                name += 1
            else:
                gone = held.pop(int(rng.integers(0, len(held))))
                steps.append((str(rng.choice(["close", "kill"])), gone))
        at += float(rng.integers(0, 4)) if whole else rng.uniform(0, 4)
        steps.append(("run", at))
    steps += [("open", name, 0), ("run", math.inf)]
    kind = rng.integers(0, 2, n)
    return Requests(at_s=arrival, service_s=work, kind=kind), steps


def integrated(requests, steps):
    """Return starts and ends by walking over the pieces of constant capacity, one request each."""
    pieces, held, now = [], {}, 0.0
    for what, *args in steps:
        if what == "open":
            held[args[0]] = CAPACITY[args[1]]
        elif what == "run":
            pieces.append((now, args[0], sum(held.values())))
            now = args[0]
        else:
            del held[args[0]]
    done, starts, ends = 0.0, [], []  # `done`: when all before is done
    for at, work in zip(requests.at_s.tolist(), requests.service_s.tolist(), strict=True):
        begin, left, start = max(at, done), work, None
        for low, high, capacity in pieces:
            if high <= max(low, begin) or not capacity:
                continue
            low = max(low, begin)
            start = low if start is None else start
            if low + left / capacity <= high:
                done = low + left / capacity
                break
            left -= (high - low) * capacity
        starts.append(start)
        ends.append(done)
    return np.array(starts, float), np.array(ends, float)


def engine():
    return FluidEngine(CAPACITY, work=Work(service_s=1.0), classes=2)


@given(seeds)
@settings(max_examples=300)
def test_work_is_integrated_over_the_capacity(seed):
    requests, steps = story(seed)
    fluid = engine()
    fluid.feed(requests)
    held, paid, now, ended = set(), 0.0, 0.0, []
    for what, *args in steps:
        getattr(fluid, what)(*args)
        if what == "open":
            held.add(args[0])
        elif what == "run":
            if args[0] < math.inf:
                paid += len(held) * (args[0] - now)
                now = args[0]
                assert fluid.gauge().busy_s <= paid + 1e-9
        else:
            held.remove(args[0])
            assert fluid.idle_since(args[0]) == now
        shown = fluid.gauge()
        assert shown.arrived == shown.served + fluid.in_flight()
        assert fluid.in_flight() == shown.waiting + shown.running
        if what == "run":
            ended.append(fluid.finished())
    start = np.concatenate([f.start_s for f in ended])
    end = np.concatenate([f.end_s for f in ended])
    number = np.concatenate([f.request for f in ended])
    assert number.tolist() == list(range(len(requests)))
    wanted_start, wanted_end = integrated(requests, steps)
    # A request of no work may be placed on either side of a pause at its very instant.
    real = requests.service_s > 0
    np.testing.assert_allclose(end[real], wanted_end[real], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(start[real], wanted_start[real], rtol=1e-12, atol=1e-9)
    assert (np.diff(start) >= 0).all() and (np.diff(end) >= 0).all()


@given(seeds)
def test_small_steps_and_small_chunks_change_nothing(seed):
    requests, steps = story(seed)
    rng = np.random.default_rng(seed + 1)
    coarse, fine = engine(), engine()
    coarse.feed(requests)
    fed, now, shown = 0, 0.0, []
    for what, *args in steps:
        if what == "run":
            until = min(args[0], 100.0)
            for cut in np.sort(rng.uniform(now, until, 4)) if until > now else []:
                while fed < len(requests) and requests.at_s[fed] <= cut:
                    fine.feed(requests[fed : fed + 1])
                    fed += 1
                fine.run(float(cut))
                fine.gauge()
                shown.append(fine.finished())
            stop = int(np.searchsorted(requests.at_s, args[0], side="right"))
            fine.feed(requests[fed:stop])
            fed, now = max(fed, stop), args[0]
        getattr(coarse, what)(*args)
        getattr(fine, what)(*args)
        assert repr(coarse.gauge()) == repr(fine.gauge())
        assert coarse.next_end_s() == fine.next_end_s()
    shown.append(fine.finished())
    whole = coarse.finished()
    for name in ("request", "kind", "arrival_s", "start_s", "end_s"):
        parts = np.concatenate([getattr(f, name) for f in shown])
        assert parts.tobytes() == getattr(whole, name).tobytes()


@given(seeds)
def test_a_fixed_pool_is_one_server_of_its_whole_speed(seed):
    requests, _ = story(seed)
    fluid = FluidEngine([0.25], work=Work(service_s=1.0), classes=2)
    for name in range(4):
        fluid.open(name, 0)
    fluid.feed(requests)
    fluid.run(math.inf)
    wanted = fcfs(requests.at_s, requests.service_s, 1)
    assert fluid.finished().start_s.tobytes() == wanted.tobytes()
    assert math.isclose(
        fluid.gauge().busy_s, 4 * math.fsum(requests.service_s), rel_tol=1e-9, abs_tol=1e-9
    )


def test_a_worked_story():
    fluid = FluidEngine([10.0], work=Work(input_tokens=1 / 8, output_tokens=1.0))
    fluid.feed(
        Requests(
            at_s=np.array([0.0, 1.0, 1.0]),
            input_tokens=np.array([80, 160, 0]),
            output_tokens=np.array([10, 20, 40]),
        )
    )
    fluid.run(2.0)  # nobody is there
    assert fluid.gauge().waiting == 3 and fluid.next_end_s() == math.inf
    assert fluid.gauge().waiting_work.tolist() == [100.0]
    fluid.open(0, 0)
    assert fluid.next_end_s() == 4.0
    fluid.run(5.0)  # 20 units, then 10 of the 40
    fluid.open(1, 0)
    fluid.run(6.0)  # 20 more at twice the pace
    fluid.kill(1)
    fluid.kill(0)
    fluid.run(10.0)
    fluid.open(2, 0)
    fluid.run(20.0)
    ended = fluid.finished()
    assert ended.start_s.tolist() == [2.0, 4.0, 11.0]
    assert ended.end_s.tolist() == [4.0, 11.0, 15.0]
    assert fluid.gauge().busy_s == 2 + 1 + 2 + 5


def test_what_cannot_be_is_refused():
    for capacity in ([], [0.0], [math.nan]):
        with pytest.raises(InputError, match="capacity_per_s is"):
            FluidEngine(capacity, work=Work(requests=1.0))
    with pytest.raises(InputError, match="input_tokens is -1"):
        Work(input_tokens=-1.0)
    fluid = FluidEngine([1.0], work=Work(input_tokens=1.0))
    with pytest.raises(InputError, match="bring no input_tokens"):
        fluid.feed(Requests(at_s=np.zeros(1)))
    fluid.open(0, 0)
    for refused in (
        lambda: fluid.open(0, 0),
        lambda: fluid.open(1, 1),
        lambda: fluid.close(3),
        lambda: fluid.kill(3),
        lambda: fluid.idle_since(3),
        lambda: fluid.run(-1.0),
    ):
        with pytest.raises(InputError):
            refused()
