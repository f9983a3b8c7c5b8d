"""Quantiles of many times: exact for few, within the stated error for many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.sim.figures import Times

SHARES = (0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0)
times = st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1e8)), min_size=1, max_size=300)


@given(seconds=times, cuts=st.integers(1, 9), exact=st.integers(0, 400))
def test_quantiles_are_as_good_as_stated(seconds, cuts, exact):
    found = Times(exact=exact)
    for part in np.array_split(np.array(seconds), cuts):
        found.add(part)
        found.add(np.array([np.nan]))
    assert found.count == len(seconds)
    assert found.spread().mean == pytest.approx(np.mean(seconds), rel=1e-12)
    assert found.spread().max == max(seconds)
    if found.exact:
        assert found.quantiles(SHARES) == tuple(np.quantile(seconds, SHARES))
        return
    # A quantile between two neighbors may be told as the lower of them.
    low = np.quantile(seconds, SHARES, method="lower")
    assert found.quantiles(SHARES) == pytest.approx(low, rel=0.0005001)


def test_nothing_has_no_quantiles():
    assert Times().spread() is None
