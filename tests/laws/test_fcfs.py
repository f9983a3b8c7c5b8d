"""The exact queue, against the textbook recursion written with a heap of the standard library."""

import heapq
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.errors import InputError
from lepta.sim import fcfs

seeds = st.integers(0, 2**32 - 1)


def textbook(arrival, service, servers):
    free = [0.0] * servers
    start = []
    for at, work in zip(arrival, service, strict=True):
        begin = max(at, heapq.heappop(free))
        start.append(begin)
        heapq.heappush(free, begin + work)
    return np.array(start, float)


@given(seeds, st.integers(1, 40))
def test_every_bit_is_that_of_the_textbook(seed, servers):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 200))
    arrival = np.cumsum(rng.exponential(size=n) * rng.choice([0.0, 0.1, 1.0], n))
    service = rng.exponential(servers, n) * rng.choice([0.0, 1.0], n, p=[0.2, 0.8])
    if rng.random() < 0.3:
        arrival, service = np.floor(arrival), np.floor(service)
    found = fcfs(arrival, service, servers)
    assert found.tobytes() == textbook(arrival, service, servers).tobytes()


def test_a_hundred_thousand_servers():
    rng = np.random.default_rng(5)
    arrival = np.sort(rng.uniform(0, 1, 250_000))
    service = rng.exponential(1, 250_000)
    found = fcfs(arrival, service, 100_000)
    assert (found[:100_000] == arrival[:100_000]).all()
    assert (found[100_000:] > arrival[100_000:]).any()
    assert found.tobytes() == textbook(arrival, service, 100_000).tobytes()


def test_lists_whole_numbers_and_views_will_do_and_nothing_is_changed():
    assert fcfs([0, 1, 2], [5, 5, 5], 2).tolist() == [0.0, 1.0, 5.0]
    arrival, service = np.arange(8)[::2], np.full(4, 3, np.float32)
    arrival.flags.writeable = False
    assert fcfs(arrival, service, np.int64(1)).tolist() == [0.0, 3.0, 6.0, 9.0]
    assert len(fcfs([], [], 3)) == 0
    assert fcfs([0, 0], [1, 1], 10**15).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("arrival", "service", "servers", "words"),
    [
        ([0, 1], [1], 1, "2 arrivals, but 1 service times"),
        ([[0, 1]], [[1, 1]], 1, r"arrival_s has the shape \(1, 2\)"),
        (["a"], [1], 1, "arrival_s holds what is no number"),
        ([0, 2, 1], [1, 1, 1], 1, "request 2 .*arrives at 1.0 s, before"),
        ([0, math.nan], [1, 1], 1, "request 1 .*arrival_s is nan"),
        ([-1.0], [1], 1, "request 0 .*arrival_s is -1.0"),
        ([0, math.inf], [1, 1], 1, "request 1 .*arrival_s is inf"),
        ([0, 1], [1, -2], 1, "request 1 .*service_s is -2.0"),
        ([0, 1], [math.nan, 1], 1, "request 0 .*service_s is nan"),
        ([0], [1], 0, "servers is 0"),
        ([0], [1], 1.5, "servers is 1.5"),
        ([0], [1], math.nan, "servers is nan"),
        ([0], [1], "two", "servers is 'two'"),
        ([0], [1], math.inf, "servers is inf"),
    ],
)
def test_bad_input_is_named(arrival, service, servers, words):
    with pytest.raises(InputError, match=words):
        fcfs(arrival, service, servers)
