"""M1 where what nodes supply differs by many powers of ten."""

import numpy as np
import pytest

import lepta


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_node_that_supplies_little_still_counts(unit):
    """The only node left for the second resource supplies 1e-12 of what it does of the first."""
    answer = lepta.solve(
        price=np.array([1000.0, 0.001, 1000.0]),
        supply=np.array([[1.0, 0.0, 0.0], [1e-3 * unit, 1e-3 * unit, 1e3 * unit]]),
        need=np.array([1e-3, 1e3 * unit]),
        limit=np.array([np.inf, 0.0, 0.0]),
    )
    assert answer.status == "optimal"
    assert answer.cost == pytest.approx(1e9)
