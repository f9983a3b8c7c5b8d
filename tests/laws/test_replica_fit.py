"""Fitted replicas: terms found again, closed form and simulation, capacity, lengths outside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.requests import Requests
from lepta.domain.serving import Objective, ServingRow, Setting
from lepta.errors import InputError
from lepta.profile.capacity import Curve
from lepta.profile.capacity import capacity as closed_form
from lepta.profile.iteration import Iteration, fit_iteration, kv_room, outside
from lepta.profile.roofline import GpuFigures, ModelFigures
from lepta.profile.table import Refusal
from lepta.sim.batched import Batched, BatchedEngine
from lepta.sim.capacity import share_inside, simulated_rate
from lepta.sim.closedloop import FirstToken, fit_first_token, fitted_replica, steady
from lepta.sim.imagereplica import image_replica

SETTING = Setting(model="m", gpu="h100_sxm", gpus=1)
REAL = Iteration(
    fixed_s=6e-3,
    prefill_s=20e-6,
    context_s=0.0,
    sequence_s=40e-6,
    kv_s=0.05e-6,
    few_s=2e-3,
    many_s=0.0,
    inputs=(256, 4096),
    outputs=(64, 1024),
    loads=(1, 64),
    budget=2048,
)


def row(i: float, o: float, load: float, ttft: float, tpot: float) -> ServingRow:
    return ServingRow(
        setting=SETTING,
        input_tokens=i,
        output_tokens=o,
        concurrency=load,
        ttft=ttft,
        tpot=tpot,
    )


def rows(simulated: bool) -> list[ServingRow]:
    """Make the table of the real replica, in closed form or by holding requests in flight."""
    table = []
    for i in (256, 1024, 4096):
        for o in (64, 256, 1024):
            for load in (1, 4, 16, 64):
                if simulated:
                    seen = steady(fitted_replica(REAL, limit=load, kv_tokens=None), i, o, load)
                    ttft, tpot = seen.ttft_s, seen.tpot_s
                else:
                    ttft = float(REAL.ttft(i, o, load))
                    tpot = float(REAL.tpot(i, o, load))
                table.append(row(i, o, load, ttft, tpot))
    return table


def test_a_fit_finds_the_replica_that_made_the_rows() -> None:
    found = fit_iteration(rows(simulated=False))
    assert isinstance(found, Iteration)
    assert found.tpot(700, 300, 20) == pytest.approx(float(REAL.tpot(700, 300, 20)), rel=1e-3)
    assert found.prefill_s == pytest.approx(REAL.prefill_s, rel=0.01)
    assert found.kv_s == pytest.approx(REAL.kv_s, rel=0.01)


def test_what_was_simulated_is_fitted_and_simulated_again() -> None:
    table = rows(simulated=True)
    found = fit_iteration(table)
    assert isinstance(found, Iteration)
    seen = fit_first_token(found, table)
    tpot, ttft = [], []
    for one in table:
        load = int(one.concurrency)
        replica = fitted_replica(found, limit=load, kv_tokens=None)
        again = steady(replica, int(one.input_tokens), int(one.output_tokens), load)
        tpot.append(again.tpot_s / one.tpot - 1)
        ttft.append(float(seen.seen_s(again.ttft_s, one.input_tokens)) / one.ttft - 1)
    assert np.mean(np.abs(tpot)) < 0.05
    assert np.mean(np.abs(ttft)) < 0.15


def test_too_few_rows_are_refused() -> None:
    found = fit_iteration(rows(simulated=False)[:7])
    assert isinstance(found, Refusal)
    assert "7 rows are measured" in found.why


@given(st.integers(1, 3000), st.integers(1, 300))
def test_an_empty_replica_takes_the_sum_of_its_terms(i: int, o: int) -> None:
    alone = steady(fitted_replica(REAL, limit=4, kv_tokens=None), i, o, 1)
    chunks = -(-i // REAL.budget)
    step = REAL.step_s(1)
    assert alone.ttft_s == pytest.approx(chunks * step[0] + REAL.prefill_s * i, rel=1e-6)
    if o > 1:
        context = i + (o - 2) / 2
        assert alone.tpot_s == pytest.approx(step[1] + REAL.kv_s * context, rel=1e-6)


def test_the_share_outside_the_measured_lengths_is_said() -> None:
    share, words = outside(REAL, [100, 300, 5000, 400], [64, 64, 64, 2000])
    assert share == 0.75
    assert "25.0% have inputs longer than the measured 4096" in words
    assert "25.0% have outputs longer than the measured 1024" in words
    assert outside(REAL, [300], [64]) == (0.0, "")


def test_memory_is_told_only_where_its_figures_are_known() -> None:
    model = ModelFigures(name="m", parameters=8e9, active=8e9, layers=32, hidden=4096,
                         kv_elements=65_536)  # fmt: skip
    gpu = GpuFigures(name="g", memory=80e9, bandwidth=2e12, bf16=1e15, fp8=None, fp4=None,
                     link=1e11)  # fmt: skip
    assert kv_room(model, gpu, 1, "bf16") == int((0.9 * 80e9 - 16e9) / (65_536 * 2))
    assert kv_room(None, gpu, 1, "bf16") is None
    assert kv_room(model, gpu, 1, "") is None


@settings(max_examples=10)
@given(st.sampled_from([(512, 128), (1024, 256), (2048, 64)]), st.integers(8, 40))
def test_capacity_by_simulation_and_in_closed_form_agree(lengths, batch) -> None:
    i, o = lengths
    loads = np.arange(1, 65)
    curve = Curve(1, REAL.ttft(i, o, loads), REAL.tpot(i, o, loads), o)
    promise = Objective(tpot=float(curve.tpot[batch - 1]))
    closed = closed_form(curve, promise)
    assert closed is not None
    replica = fitted_replica(REAL, limit=64, kv_tokens=None)
    real = simulated_rate(replica, promise, np.full(2500, i), np.full(2500, o), seed=3)
    assert closed.rate == pytest.approx(real.rate_per_s, rel=0.15)
    assert real.share >= promise.share


def test_a_promise_that_nothing_keeps_has_no_rate_and_one_that_all_keep_ends_at_the_throughput():
    replica = Batched(step_s=np.array([0.0, 0.1]), prefill_s=1e-3)
    i, o = np.full(50, 100), np.full(50, 11)
    assert simulated_rate(replica, Objective(tpot=0.05), i, o, seed=1).rate_per_s == 0
    most = simulated_rate(replica, Objective(tpot=0.2), i, o, seed=1)
    assert most.rate_per_s == pytest.approx(1 / 1.1)
    with pytest.raises(InputError, match="at least 10 requests"):
        simulated_rate(replica, Objective(tpot=0.2), [1, 2], [3, 4], seed=1)


def test_a_dropped_request_keeps_no_promise() -> None:
    replica = Batched(step_s=np.array([0.0, 0.1]), kv_tokens=64)
    at, i = np.arange(20.0), np.where(np.arange(20) % 2, 100, 10)
    share = share_inside(replica, Objective(e2e=100.0), at, i, np.full(20, 2))
    assert share == 0.5


def test_what_a_client_sees_adds_to_what_the_replica_gives() -> None:
    assert FirstToken(0.1, 1e-3, 2.0).seen_s(0.5, 100) == pytest.approx(1.2)
    assert FirstToken().seen_s(0.5, 100) == 0.5


def test_in_flight_is_what_was_asked_for() -> None:
    engine = BatchedEngine([Batched(step_s=np.full(9, 0.01))])
    engine.open(3, 0)
    ones = np.ones(40, np.int64)
    engine.feed(Requests(at_s=np.zeros(40), input_tokens=ones, output_tokens=5 * ones))
    engine.run_closed(4)
    done = engine.finished()
    for moment in done.arrival_s:
        assert ((done.arrival_s <= moment) & (moment < done.end_s)).sum() <= 4
    assert len(done.request) == 40
    assert engine.in_flight() == 0


def test_an_image_replica_takes_the_measured_times() -> None:
    replica = image_replica([1, 4, 2, 2], [1.0, 3.0, 1.4, 1.8], steps=20)
    assert replica.step_s * 20 == pytest.approx([1.0, 1.0, 1.6, 2.3, 3.0])
    engine = BatchedEngine([replica])
    engine.open(0, 0)
    engine.feed(Requests(at_s=np.zeros(5), images=np.ones(5, np.int64)))
    engine.run(100.0)
    assert sorted(engine.finished().end_s) == pytest.approx([3.0] * 4 + [4.0])
    for bad in (([], []), ([1.5], [1.0]), ([1], [0.0]), ([1, 2], [1.0])):
        with pytest.raises(InputError, match="table of whole sizes"):
            image_replica(*bad, steps=20)
