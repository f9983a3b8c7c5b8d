"""What holds for every trace, policy and misfortune: books that close, and the same twice."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lepta
from lepta.domain.pool import Pool, Variant
from lepta.domain.requests import Requests
from lepta.policy.registry import parse
from lepta.report.schema.replay import to_json
from lepta.sim.faults import Faults, Span
from lepta.sim.replay import Setting
from lepta.sim.servers import PlainServers, Worth
from lepta.sim.task import ReplayTask, run_task
from lepta.wiring.opened import InMemory

POLICIES = ("fixed:3", "hpa", "hpa:target=0.4,down=0", "keda:queue=2")


def task(seed, policy, *, faults=None, count=300, rate=2.0, begin=(2, 0)):
    rng = np.random.default_rng(seed)
    requests = Requests(
        at_s=np.cumsum(rng.exponential(1 / rate, count)), service_s=rng.exponential(0.9, count)
    )
    pool = Pool(
        variants=(
            Variant(name="small", price_per_hour=2.0, startup_s=20.0, zone="a"),
            Variant(
                name="spot",
                price_per_hour=1.0,
                startup_s=30.0,
                slots=2,
                spot=True,
                interruptions_per_hour=40.0,
                notice_s=10.0,
                zone="b",
            ),
        ),
        capacity_per_s=np.array([[1.0, 2.0]]),
    )
    servers = PlainServers()
    setting = Setting(
        pool=pool,
        weigh=servers.weigh,
        amount=Worth("requests", 1.0),
        begin=begin,
        seed=seed,
        tick_s=5.0,
        faults=faults or Faults(),
        span_s=float(requests.at_s[-1]),
    )
    chosen = parse(policy, pool)
    return ReplayTask(
        policy=chosen, servers=servers, trace=InMemory(requests), setting=setting, keep_ledger=True
    )


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    policy=st.sampled_from(POLICIES),
    failures=st.sampled_from([0.0, 30.0]),
    lost=st.booleans(),
    begin=st.sampled_from([(2, 0), (0, 2), (1, 1)]),
)
def test_the_books_close(seed, policy, failures, lost, begin):
    span = (Span(name="a", from_s=40.0, to_s=80.0),) if lost else ()
    faults = Faults(failures_per_hour=failures, zone_losses=span)
    run, entries = run_task(task(seed, policy, faults=faults, begin=begin))
    assert run.arrived == 300 == run.served + run.dropped + run.in_flight
    assert run.units == pytest.approx(run.served)
    hours = dict(run.replica_hours_by_variant)
    assert run.cost == pytest.approx(2.0 * hours["small"] + hours["spot"])
    assert run.replica_hours == pytest.approx(sum(hours.values()))
    assert 0 <= run.idle_share <= 1 and 0 <= run.violations <= 1
    assert [entry.at_s for entry in entries] == sorted({entry.at_s for entry in entries})
    if run.in_flight == 0:
        assert run.end_s >= run.latency.max


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), policy=st.sampled_from(POLICIES))
def test_the_same_seed_is_the_same_ledger(seed, policy):
    faults = Faults(failures_per_hour=20.0)
    first, again = (run_task(task(seed, policy, faults=faults)) for _ in range(2))
    assert first[1] == again[1]
    assert replace(first[0], course=None) == replace(again[0], course=None)


def test_a_trace_in_pieces_is_the_trace():
    one = task(5, "hpa")

    class Pieces:
        def chunks(self):
            whole = one.trace.requests
            for first in range(0, len(whole), 7):
                yield whole[first : first + 7]

    assert run_task(replace(one, trace=Pieces()))[1] == run_task(one)[1]


def test_the_document_is_the_same_to_the_byte():
    rng = np.random.default_rng(2)
    work = {"at_s": np.cumsum(rng.exponential(0.2, 2000)), "service_s": rng.exponential(1.0, 2000)}
    texts = {json.dumps(to_json(lepta.replay(work, "fixed:8,hpa,keda"))) for _ in range(2)}
    assert len(texts) == 1
