"""The largest load inside an objective: against counting, linear algebra and a simulation."""

import heapq

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import serving_rows
from lepta.domain.serving import Objective, ServingClass, Source
from lepta.profile.capacity import Curve, capacity, largest_batch, poisson_rate
from lepta.profile.table import Refusal, fitted, serve

SPEEDS = st.lists(st.floats(0.1, 50), min_size=1, max_size=12)
SHARES = st.floats(0.5, 0.99)


def curve(i: float = 1024, o: float = 256, least: int = 1, most: int = 128) -> Curve:
    loads = np.arange(least, most + 1)
    return Curve(
        least,
        np.array([serving_rows.ttft(i, n) for n in loads]),
        np.array([serving_rows.tpot(i, o, n) for n in loads]),
        o,
    )


@given(st.floats(0.005, 0.2), st.floats(0.01, 1.0))
def test_the_largest_batch_is_the_last_that_keeps_every_promise(tpot, ttft) -> None:
    here, promise = curve(), Objective(tpot=tpot, ttft=ttft)
    kept = [n for n in range(1, 129) if here.tpot[n - 1] <= tpot and here.ttft[n - 1] <= ttft]
    assert largest_batch(here, promise) == max(kept, default=0)


@given(SPEEDS, st.data(), SHARES)
def test_at_the_rate_found_the_share_is_just_kept(speeds, data, share) -> None:
    batch = data.draw(st.integers(1, len(speeds)))
    rate = poisson_rate(speeds, batch, share)
    assume(rate < 0.99 * speeds[-1])  # nearer to its limit the queue is too long to sum
    assert early(rate * 0.999, speeds, batch) >= share - 1e-9
    assert early(rate * 1.001, speeds, batch) <= share + 1e-9


@given(SPEEDS, st.data(), SHARES)
def test_more_room_and_weaker_promises_carry_more(speeds, data, share) -> None:
    batch = data.draw(st.integers(1, len(speeds)))
    rate = poisson_rate(speeds, batch, share)
    assert poisson_rate(speeds, batch, share - 0.1) >= rate * (1 - 1e-9)
    assert poisson_rate([2 * s for s in speeds], batch, share) == pytest.approx(2 * rate, rel=1e-6)
    if batch < len(speeds):
        assert poisson_rate(speeds, batch + 1, share) >= rate * (1 - 1e-9)


def early(rate: float, speeds: list[float], batch: int) -> float:
    """Sum the balance equations p(n) rate = p(n + 1) speed(n + 1), far out."""
    p, seen = [1.0], 1.0
    while p[-1] > 1e-12 * seen and len(p) < 20_000:
        p.append(p[-1] * rate / speeds[min(len(p), len(speeds)) - 1])
        seen += p[-1]
    return sum(p[:batch]) / seen


def test_the_balance_equations_are_those_of_the_chain() -> None:
    speeds, size = [1.0, 3.0, 4.0, 4.5], 200
    out = np.array([speeds[min(n, 4) - 1] for n in range(1, size)])
    flow = np.diag(np.full(size - 1, 2.5), 1) + np.diag(out, -1)
    flow -= np.diag(flow.sum(axis=1))
    system = np.vstack((flow.T, np.ones(size)))
    p = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
    assert early(2.5, speeds, 3) == pytest.approx(p[:3].sum(), rel=1e-9)


@pytest.mark.parametrize("shape", ["equal", "exponential", "two kinds"])
def test_a_simulation_agrees_whatever_the_lengths_are(shape: str) -> None:
    here = curve(most=64)
    promise = Objective(tpot=float(here.tpot[31]), share=0.9)
    rate = poisson_rate(here.throughput(), largest_batch(here, promise), 0.9)
    assert shares_simulated(rate, here.throughput(), 32, shape) == pytest.approx(0.9, abs=0.03)


def shares_simulated(rate: float, speeds: np.ndarray, batch: int, shape: str) -> float:
    """Serve Poisson arrivals that share the replica equally; return who began in a small batch."""
    chance, arrivals = np.random.default_rng(5), 150_000
    gaps = chance.exponential(1 / rate, arrivals)
    work = {
        "equal": np.ones(arrivals),
        "exponential": chance.exponential(1, arrivals),
        "two kinds": np.where(chance.random(arrivals) < 0.9, 0.5, 5.5),
    }[shape]
    done_at: list[float] = []  # in attained work per request, as all attain alike
    attained, good = 0.0, 0
    for gap, size in zip(gaps.tolist(), work.tolist(), strict=True):
        left = gap
        while done_at:
            each = speeds[min(len(done_at), len(speeds)) - 1] / len(done_at)
            need = (done_at[0] - attained) / each
            if need > left:
                attained += left * each
                break
            attained, left = done_at[0], left - need
            heapq.heappop(done_at)
        good += len(done_at) < batch
        heapq.heappush(done_at, attained + size)
    return good / arrivals


@given(st.floats(1.0, 3.0), st.floats(0.3, 1.0))
def test_the_band_holds_the_rate(slow, fast) -> None:
    found = capacity(curve(), Objective(tpot=0.02), slow=(slow, slow), fast=(fast, fast))
    assert found is not None
    assert found.low <= found.rate * (1 + 1e-9)
    assert found.high is None or found.high >= found.rate * (1 - 1e-9)
    assert found.rate < found.steady_rate


@given(st.sampled_from([(600, 128), (2000, 512), (1024, 256)]), st.floats(0.007, 0.06))
def test_a_fit_finds_the_capacity_of_the_replica_that_made_the_rows(lengths, tpot) -> None:
    rows = serving_rows.rows()
    promise = Objective(tpot=tpot)
    asked = ServingClass(
        name="c", input_tokens=lengths[0], output_tokens=lengths[1], objective=promise
    )
    real = capacity(curve(*lengths), promise)
    said = serve(asked, rows, lambda: FIT)
    if real is None:
        assert isinstance(said, Refusal)
        return
    assert not isinstance(said, Refusal)
    assert said[1] is (Source.MEASURED if lengths == (1024, 256) else Source.FITTED)
    assert said[0].rate == pytest.approx(real.rate, rel=0.03, abs=0.3)


FIT = fitted(serving_rows.rows())


def test_outside_the_measured_lengths_is_refused_or_marked() -> None:
    asked = ServingClass(
        name="c", input_tokens=9000, output_tokens=256, objective=Objective(tpot=0.05)
    )
    said = serve(asked, serving_rows.rows(), lambda: FIT)
    assert isinstance(said, Refusal)
    assert "9000 input tokens lie outside the measured 256 to 4096" in said.why
    marked = serve(asked, serving_rows.rows(), lambda: FIT, extrapolate=True)
    assert not isinstance(marked, Refusal)
    assert marked[1] is Source.EXTRAPOLATED


def test_measured_between_two_loads_the_band_is_what_the_two_prove() -> None:
    asked = ServingClass(
        name="c",
        input_tokens=1024,
        output_tokens=256,
        objective=Objective(tpot=serving_rows.tpot(1024, 256, 40)),
    )
    found = serve(asked, serving_rows.rows(), lambda: FIT)
    assert not isinstance(found, Refusal)
    here = curve()
    low, high = (poisson_rate(here.throughput(), n, 0.95) for n in (16, 64))
    assert found[0].concurrency == pytest.approx(40, abs=1)
    assert found[0].low == pytest.approx(low, rel=0.1)
    assert found[0].high == pytest.approx(high, rel=0.1)
