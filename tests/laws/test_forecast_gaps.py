"""Missing stays missing: lost windows are found, marked and said; idle series are left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from lepta.errors import InputError
from lepta.forecast.base import Series
from lepta.forecast.gaps import marked, regular


def busy(count: int = 300, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 500 + 200 * np.sin(np.arange(count) / 20) + rng.normal(0, 20, count)


@given(st.integers(1, 290), st.integers(1, 9), st.floats(0, 5))
def test_a_hole_amid_hundreds_is_marked_and_said(first: int, length: int, trickle: float) -> None:
    values = busy()
    values[first : first + length] = trickle
    found = marked(Series(values=values, step_s=600.0))
    assert_array_equal(np.flatnonzero(np.isnan(found.values)), np.arange(first, first + length))
    assert found.notes[0].startswith(f"{length} steps")
    kept = np.delete(np.arange(300), np.arange(first, first + length))
    assert_array_equal(found.values[kept], values[kept])


@given(st.floats(0.25, 0.9), st.integers(0, 1000))
def test_a_series_that_idles_by_nature_is_left_alone(idle: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(400) < idle, 0.0, rng.gamma(2, 100, 400))
    given_series = Series(values=values, step_s=60.0)
    assert marked(given_series) is given_series


def test_a_slow_fall_to_nothing_is_demand() -> None:
    values = np.concatenate([np.full(200, 100.0), np.linspace(100, 0, 12), np.linspace(0, 100, 12)])
    assert marked(Series(values=values, step_s=600.0)).missing == 0


def test_columns_are_looked_at_one_by_one() -> None:
    values = np.column_stack([busy(), busy(seed=1)])
    values[50:53, 1] = 0.0
    found = marked(Series(values=values, step_s=600.0))
    assert np.isnan(found.values[50:53]).tolist() == [[False, True]] * 3
    assert found.missing == 3


def test_measurements_fall_into_steps_and_none_is_not_zero() -> None:
    times = np.array([0.0, 5, 10, 35, 59])
    found = regular(times, np.array([1.0, 3, 5, np.nan, 4]), 10.0)
    assert_array_equal(found.values, [2.0, 5.0, np.nan, np.nan, np.nan, 4.0])
    greatest = regular(times, np.array([1.0, 3, 5, 7, 4]), 30.0, by="max")
    assert_array_equal(greatest.values, [5.0, 7.0])
    total = regular(times, np.array([1.0, 3, 5, 7, 4]), 30.0, by="sum")
    assert_array_equal(total.values, [9.0, 11.0])


def test_steps_lie_on_the_clock() -> None:
    found = regular(np.array([7.0, 20.0]), np.ones(2), 60.0, epoch_s=100.0)
    assert found.start_s == -40.0
    assert len(found) == 2
    assert found.first_step == 1


@pytest.mark.parametrize(
    ("times", "said"),
    [([], "no measurement"), ([0.0, 2, 1], "row 3 lies before that of row 2"), ([0, 1e12], "rows")],
)
def test_bad_times_are_refused(times: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        regular(np.array(times), np.ones(len(times)), 60.0)
