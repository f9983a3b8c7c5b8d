"""A replay of fixed:c is the textbook queue, bit by bit, and its figures are those of the queue."""

import heapq

import numpy as np
import pytest

import lepta
from lepta.sim import fcfs


def textbook(arrival_s, service_s, servers):
    free = [0.0] * servers
    start = []
    for at, work in zip(arrival_s, service_s, strict=True):
        begin = max(at, heapq.heappop(free))
        heapq.heappush(free, begin + work)
        start.append(begin)
    return np.array(start)


def trace(seed=3, n=4000):
    rng = np.random.default_rng(seed)
    return {
        "at_s": np.cumsum(rng.exponential(0.1, n)),
        "service_s": rng.exponential(0.9, n),
    }


@pytest.mark.parametrize("servers", [1, 9, 10, 40])
def test_every_figure_of_fixed_is_that_of_the_recursion(servers):
    work = trace()
    at, service = work["at_s"], work["service_s"]
    start = textbook(at, service, servers)
    assert (fcfs(at, service, servers) == start).all()
    found = lepta.replay(work, f"fixed:{servers}", slo="p99=2s")
    run = found.policies[0]
    wait, latency = start - at, start + service - at
    assert run.wait.mean == pytest.approx(wait.mean(), rel=1e-12)
    assert (run.wait.p50, run.wait.p90, run.wait.p99) == tuple(np.quantile(wait, [0.5, 0.9, 0.99]))
    assert run.latency.p99 == np.quantile(latency, 0.99)
    assert run.latency.max == latency.max()
    assert run.violations == (latency > 2.0).mean()
    end = (start + service).max()
    assert run.end_s == end
    assert run.replica_hours == pytest.approx(servers * end / 3600, rel=1e-12)
    assert run.cost == pytest.approx(run.replica_hours)
    assert run.idle_share == pytest.approx(1 - service.sum() / (servers * end), abs=1e-9)
    assert (run.arrived, run.served, run.dropped, run.in_flight) == (4000, 4000, 0, 0)
    assert run.units == pytest.approx(4.0) and run.changes_per_hour == 0
    assert run.ttft is None and run.tpot is None


def test_slots_of_one_replica_are_servers():
    work = trace()
    four = lepta.replay(work, "fixed:4", slots=3).policies[0]
    twelve = lepta.replay(work, "fixed:12").policies[0]
    assert four.wait == twelve.wait and four.latency == twelve.latency
    assert four.cost == pytest.approx(twelve.cost / 3)
    assert four.idle_share == pytest.approx(twelve.idle_share, abs=1e-9)


def test_price_and_currency():
    priced = lepta.replay(trace(), "fixed:10", price=3.5)
    assert priced.currency == "USD"
    assert priced.policies[0].cost == pytest.approx(3.5 * priced.policies[0].replica_hours)
    assert priced.policies[0].cost_per_unit == pytest.approx(priced.policies[0].cost / 4.0)
    assert lepta.replay(trace(), "fixed:10").currency == "replica-hours"


def test_only_learning_from_the_first_part():
    work = trace()
    whole = lepta.replay(work, "fixed:40")
    later = lepta.replay(work, "fixed:40", history="1m")
    kept = work["at_s"] >= 60.0
    assert later.policies[0].arrived == kept.sum() < whole.policies[0].arrived
    assert later.span_s == pytest.approx(whole.span_s - 60.0)
