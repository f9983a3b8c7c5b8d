"""M1 where what nodes supply differs by many powers of ten."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import lepta
from lepta.errors import LeptaError
from lepta.numerics.face import Covering
from lepta.numerics.vertex import sound, vertex
from lepta.optimize.verify_cover import lower_bound

seeds = st.integers(0, 2**32 - 1)


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


def wide(seed, powers):
    """Draw a market whose numbers span so many powers of ten: zeros, twins, limits on some."""
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(1, 5)), int(rng.integers(2, 40))
    supply, price, limit, usual = (
        10.0 ** rng.uniform(-powers / 2, powers / 2, size) for size in ((k, n), n, n, n)
    )
    if rng.random() < 0.4:
        supply[rng.random((k, n)) < 0.4] = 0.0
    if rng.random() < 0.2:
        price[rng.random(n) < 0.2] = 0.0
    limit[rng.random(n) < rng.choice([0.0, 0.3, 1.0])] = math.inf
    if rng.random() < 0.3:
        twin = rng.integers(0, n, n)
        price, supply, limit = price[twin], supply[:, twin], limit[twin]
    most = supply @ np.where(np.isinf(limit), usual, limit)
    return {"price": price, "supply": supply, "need": most * rng.random(k), "limit": limit}


@given(seeds, st.sampled_from([6, 12, 15, 20]))
@settings(max_examples=200)
def test_numbers_many_powers_of_ten_apart_are_answered_and_proven(seed, powers):
    case = wide(seed, powers)
    try:
        answer = lepta.cover(**case)
    except LeptaError as error:
        # How far a need may grow is asked of HiGHS, which gives up on some (docs/critiques.md).
        assert powers >= 15 and "the solver stopped" in error.what
        return
    assert answer.status == "optimal" and answer.gap <= 1e-9
    proven = lower_bound(**case, y=answer.shadow_price)
    assert proven == pytest.approx(answer.cost, rel=1e-9, abs=1e-300)
    assert (case["supply"] @ answer.time >= case["need"] * (1 - 1e-9)).all()
    assert (answer.time <= case["limit"]).all() and (answer.time >= 0).all()


@given(seeds)
@settings(max_examples=100)
def test_the_small_simplex_finds_what_highs_finds(seed):
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(1, 9)), int(rng.integers(1, 120))
    matrix = rng.integers(0, 4, (k, n)).astype(float)
    if rng.random() < 0.5:
        matrix *= rng.lognormal(0, 1, (k, n))
    high = np.where(rng.random(n) < 0.4, math.inf, rng.integers(0, 5, n))
    cost = rng.integers(0, 6, n).astype(float)
    usual = np.where(np.isinf(high), 3.0, high)
    case = Covering(cost=cost, matrix=matrix, need=matrix @ usual * rng.random(k), high=high)
    found = vertex(case)
    assert found is not None and sound(case, *found)
    peer = linprog(cost, A_ub=-matrix, b_ub=-case.need, bounds=np.column_stack((np.zeros(n), high)))
    assert float(cost @ found[0]) == pytest.approx(peer.fun, rel=1e-7, abs=1e-7)
