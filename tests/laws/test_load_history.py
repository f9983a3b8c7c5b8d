"""What a policy may see of the load: whole intervals of the past, and what was lost as unknown."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lepta.sim.load import LoadHistory

times = st.lists(st.floats(0.0, 599.0), max_size=60).map(sorted)


@given(times, st.integers(1, 45))
def test_each_arrival_counts_once_in_its_interval(at, tick):
    history = LoadHistory(15.0, 1)
    history.add(np.array(at, float), None, np.ones(len(at)))
    seen = history.until(tick)
    assert len(seen) == tick
    for k in range(tick):
        count = sum(15.0 * k <= one < 15.0 * (k + 1) for one in at)
        assert abs(seen[k, 0] * 15.0 - count) < 1e-9


@given(times, st.floats(0.0, 500.0), st.floats(1.0, 200.0))
def test_what_the_record_lost_is_not_known(at, first, length):
    history = LoadHistory(15.0, 1, missing=[(first, first + length)])
    history.add(np.array(at, float), None, np.ones(len(at)))
    for tick in (3, 11, 24, 40):
        seen = history.until(tick)[:, 0]
        touched = [15.0 * (k + 1) > first and 15.0 * k < first + length for k in range(tick)]
        assert (np.isnan(seen) == touched).all()


def test_the_earlier_part_comes_first_and_nothing_ahead_is_shown():
    history = LoadHistory(10.0, 2, earlier=np.array([[1.0, 2.0], [np.nan, 3.0]]))
    history.add(np.array([5.0, 25.0]), np.array([0, 1]), np.array([10.0, 20.0]))
    assert history.earlier == 2
    assert np.array_equal(history.until(1), [[1.0, 2.0], [np.nan, 3.0], [1.0, 0.0]], equal_nan=True)
    assert not history.until(1).flags.writeable and history.until(3)[4, 1] == 2.0
