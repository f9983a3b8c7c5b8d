"""Size buckets: every request in one box, and a bound that no cost of the promised form breaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import serving_rows
from lepta.domain.serving import Objective
from lepta.errors import InputError
from lepta.profile.buckets import bound, buckets
from lepta.profile.capacity import capacity
from lepta.profile.costs import request_cost
from lepta.profile.table import Fitted, fitted

LENGTHS = st.integers(1, 10_000).map(float)


@st.composite
def logs(draw) -> tuple[np.ndarray, np.ndarray]:
    size = draw(st.integers(1, 40))
    return (
        draw(arrays(float, size, elements=LENGTHS)),
        draw(arrays(float, size, elements=LENGTHS)),
    )


COSTS = arrays(float, 6, elements=st.one_of(st.just(0.0), st.floats(1e-6, 10)))


def cost(per: np.ndarray, i: np.ndarray, o: np.ndarray) -> np.ndarray:
    return np.stack((np.ones_like(i), i, o, i * i, i * o, o * o), axis=-1) @ per


@given(logs(), COSTS, st.sampled_from([0.3, 0.1, 0.05, 0.01]))
def test_means_err_by_less_than_the_bound_for_every_cost(log, per, asked) -> None:
    inputs, outputs = log
    made, bucket_of, stated = buckets("c", inputs, outputs, error=asked)
    assert stated <= asked
    real = float(cost(per, inputs, outputs).sum())
    said = sum(
        bucket.requests
        * float(cost(per, np.array(bucket.mean_input), np.array(bucket.mean_output)))
        for bucket in made
    )
    assert abs(said - real) <= (stated + 1e-9) * real
    assert bound(inputs, outputs, bucket_of) == pytest.approx(stated, abs=1e-9)


@given(logs(), st.sampled_from([0.3, 0.05]))
def test_every_request_lies_in_its_box_and_in_no_other(log, asked) -> None:
    inputs, outputs = log
    made, bucket_of, _ = buckets("c", inputs, outputs, error=asked)
    assert sum(bucket.requests for bucket in made) == len(inputs)
    assert len({bucket.name for bucket in made}) == len(made)
    for i, o, own in zip(inputs, outputs, bucket_of, strict=True):
        inside = [
            place
            for place, box in enumerate(made)
            if box.input_low < i <= box.input_high and box.output_low < o <= box.output_high
        ]
        assert inside == [own]


@given(logs())
def test_a_smaller_error_never_takes_fewer_buckets(log) -> None:
    counts = [len(buckets("c", *log, error=asked)[0]) for asked in (0.3, 0.1, 0.02)]
    assert counts == sorted(counts)


def test_equal_requests_are_one_bucket_with_the_name_of_the_class() -> None:
    made, _, stated = buckets("chat", np.full(9, 512.0), np.full(9, 128.0), error=0.001)
    assert [bucket.name for bucket in made] == ["chat"]
    assert stated == pytest.approx(0, abs=1e-12)


def test_too_small_an_error_is_refused_with_the_one_that_was_reached() -> None:
    chance = np.random.default_rng(1)
    inputs, outputs = chance.uniform(1, 1e6, (2, 700))
    with pytest.raises(InputError, match="500 buckets of 'c' still err by"):
        buckets("c", inputs, outputs, error=1e-6)


def test_a_cost_that_is_no_sum_of_powers_is_kept_too() -> None:
    """A full batch that shrinks with input per output: what an objective makes of short answers."""
    chance = np.random.default_rng(3)
    inputs, outputs = np.ceil(chance.lognormal((6, 3), 1, (500, 2)).T)

    def steep(i: np.ndarray, o: np.ndarray) -> np.ndarray:
        return o * (1 + 0.01 * i + 2 * i / o) / (100 + o)

    made, bucket_of, stated = buckets("c", inputs, outputs, error=0.05, costs=[steep])
    said = sum(b.requests * steep(np.array(b.mean_input), np.array(b.mean_output)) for b in made)
    assert abs(said / steep(inputs, outputs).sum() - 1) <= stated <= 0.05
    assert bound(inputs, outputs, bucket_of, [steep]) == pytest.approx(stated)


def test_costs_of_a_replica_are_read_off_a_grid_as_they_are_computed() -> None:
    model, promise = fitted(serving_rows.rows()), Objective(tpot=0.05)
    assert isinstance(model, Fitted)
    inputs, outputs = np.random.default_rng(2).uniform((256, 64), (4096, 1024), (60, 2)).T
    cost = request_cost(model, promise, inputs, outputs)
    for i, o in zip(inputs, outputs, strict=True):
        found = capacity(model.curve(i, o, *model.loads), promise)
        assert found is not None
        assert cost(np.array([i]), np.array([o]))[0] == pytest.approx(1 / found.rate, rel=0.04)
