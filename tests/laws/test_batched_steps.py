"""Replicas of images and audio, routing by weight, and what the batched engine refuses."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.domain.requests import Requests
from lepta.errors import InputError
from lepta.sim.batched import Batched, BatchedEngine

STEP = np.array([0.0, 0.1, 0.14, 0.2, 0.3])


def served(variant: Batched, **columns):
    engine = BatchedEngine([variant])
    engine.open(0, 0)
    engine.feed(Requests(**columns))
    while not math.isinf(engine.next_end_s()):
        engine.run(engine.now_s + 1e6)
    done = engine.finished()
    order = np.argsort(done.request)
    return done.start_s[order], done.end_s[order]


def images(at, many):
    return {"at_s": np.array(at, float), "images": np.array(many, np.int64)}


def test_a_static_batch_ends_before_the_next_begins() -> None:
    replica = Batched(step_s=STEP, steps=20, static=True)
    start, end = served(replica, **images([0, 0.5, 0.6, 0.7], [1, 2, 1, 3]))
    # One image alone takes 20 steps of 0.1 s; then 2 + 1 images as three; three more do not fit.
    assert start == pytest.approx([0, 2, 2, 6])
    assert end == pytest.approx([2, 6, 6, 10])


def test_a_running_batch_lets_others_in_between_two_steps() -> None:
    replica = Batched(step_s=STEP, steps=10)
    start, end = served(replica, **images([0, 0.45], [1, 1]))
    # Five steps alone until 0.5 s, five together (0.14 s each), then five alone.
    assert start == pytest.approx([0, 0.5])
    assert end == pytest.approx([1.2, 1.7])


def test_more_images_than_places_go_in_rounds() -> None:
    _, end = served(Batched(step_s=STEP, steps=3), **images([0], [9]))
    assert end == pytest.approx([3 * 3 * 0.3])


def test_audio_goes_by_chunks_and_no_audio_still_takes_one() -> None:
    columns = {"at_s": np.array([0.0, 10.0]), "audio_s": np.array([61.0, 0.0])}
    _, end = served(Batched(step_s=STEP, steps=1, chunk_s=30.0), **columns)
    # An empty clip is zero chunks, and somebody must find that out.
    assert end == pytest.approx([0.3, 10.1])


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), min_size=1, max_size=20),
    st.booleans(),
)
def test_every_image_is_made_and_no_batch_is_too_wide(rows, static) -> None:
    rows.sort()
    replica = Batched(step_s=STEP, steps=5, static=static)
    at, many = zip(*rows, strict=True)
    start, end = served(replica, **images([0.05 * k for k in at], many))
    assert np.isfinite(end).all()
    assert (np.diff(start) >= 0).all()
    for moment in start:
        inside = (start <= moment) & (moment < end - 1e-9)
        assert np.minimum(np.maximum(many, 1), 4)[inside].sum() <= 4


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 60))
def test_routing_by_weight_is_exact_over_a_round(weights, count) -> None:
    variants = [Batched(step_s=np.array([1e-3, 1e-3]), weight=w) for w in weights]
    engine = BatchedEngine(variants, route="weighted")
    for number in range(len(variants)):
        engine.open(number, number)
    total = sum(weights) * count
    engine.feed(
        Requests(
            at_s=np.zeros(total),
            input_tokens=np.ones(total, np.int64),
            output_tokens=np.ones(total, np.int64),
        )
    )
    engine.run(0.0)
    waiting = [int(engine._state.rows[row].waiting) for row in range(1, len(variants) + 1)]
    assert waiting == [w * count for w in weights]


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"step_s": [0.1]}, "not a row of finite times"),
        ({"step_s": [0.1, math.nan]}, "not a row of finite times"),
        ({"step_s": [0.1, 0.2], "prefill_s": -1.0}, "times per token"),
        ({"step_s": [0.1, 0.2], "budget": 0}, "budget of 0"),
        ({"step_s": [0.1, 0.2], "kv_tokens": 0}, "memory for 0"),
        ({"step_s": [0.1, 0.2], "weight": 0.0}, "weight is 0"),
    ],
)
def test_a_replica_that_cannot_be_is_refused(parts, says) -> None:
    with pytest.raises(InputError, match=says):
        Batched(**parts)


def test_bad_requests_and_calls_are_refused_with_their_number() -> None:
    variant = Batched(step_s=np.array([0.1, 0.2]))
    engine = BatchedEngine([variant])
    ones = np.ones(3, np.int64)
    with pytest.raises(InputError, match="no input_tokens"):
        engine.feed(Requests(at_s=np.zeros(3), service_s=np.ones(3)))
    with pytest.raises(InputError, match="request 1 has -4 units of output"):
        engine.feed(
            Requests(at_s=np.zeros(3), input_tokens=ones, output_tokens=np.array([1, -4, 2]))
        )
    with pytest.raises(InputError, match="request 0 has 4611686018427387904 units of input"):
        engine.feed(Requests(at_s=np.zeros(3), input_tokens=ones * 2**62, output_tokens=ones))
    with pytest.raises(InputError, match="a request is of class 1, of 1"):
        engine.feed(Requests(at_s=np.zeros(3), kind=ones, input_tokens=ones, output_tokens=ones))
    with pytest.raises(InputError, match="never"):
        at = np.array([0.0, 1.0, np.inf])
        engine.feed(Requests(at_s=at, input_tokens=ones, output_tokens=ones))
    with pytest.raises(InputError, match="no variant 3 of 1"):
        engine.open(0, 3)
    engine.run(5.0)
    with pytest.raises(InputError, match="before 5 s"):
        engine.feed(Requests(at_s=np.array([4.0]), input_tokens=ones[:1], output_tokens=ones[:1]))
    with pytest.raises(InputError, match="run forward only"):
        engine.run(4.0)
    with pytest.raises(InputError, match="no replica 7"):
        engine.close(7)
    with pytest.raises(InputError, match="one of round-robin"):
        BatchedEngine([variant], route="best")
    with pytest.raises(InputError, match="different units"):
        BatchedEngine([variant, Batched(step_s=np.array([0.1, 0.2]), steps=4)])


def test_a_request_longer_than_any_memory_is_dropped_and_counted() -> None:
    engine = BatchedEngine([Batched(step_s=np.array([0.1, 0.2]), kv_tokens=100)])
    engine.open(0, 0)
    engine.feed(
        Requests(
            at_s=np.zeros(3),
            input_tokens=np.array([100, 90, 1]),
            output_tokens=np.array([1, 12, 100]),
        )
    )
    engine.run(100.0)
    done = engine.finished()
    assert done.outcome.tolist() == [1, 0, 0]
    assert done.request.tolist() == [1, 0, 2]
    assert engine.use().too_long == 1
    assert engine.use().kv_peak == 100


def test_a_closed_replica_says_when_it_was_done() -> None:
    engine = BatchedEngine([Batched(step_s=np.array([0.1, 0.1]))])
    engine.open(0, 0)
    engine.feed(
        Requests(at_s=np.array([1.0]), input_tokens=np.array([5]), output_tokens=np.array([10]))
    )
    engine.run(1.5)
    engine.close(0)
    assert math.isinf(engine.idle_since(0))
    engine.run(10.0)
    assert engine.idle_since(0) == pytest.approx(2.0)
    engine.open(1, 0)
    engine.close(1)
    assert engine.idle_since(1) == 10.0
