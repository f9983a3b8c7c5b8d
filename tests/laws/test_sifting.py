"""Laws of sifting: with a solver for a handful of columns it finds what a general solver finds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from lepta.numerics.columns import Market
from lepta.optimize.cover_program import cheapest
from lepta.optimize.verify_cover import lower_bound, verify_cover

INF = math.inf
seeds = st.integers(0, 2**32 - 1)


def market(seed):
    """Draw 50 to 400 nodes: kinds (twins), ties, zeros, limits on all, some or none."""
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(1, 5)), int(rng.integers(50, 400))
    supply = rng.lognormal(rng.uniform(-3, 5, (k, 1)), 1, (k, n))
    price = (rng.lognormal(0, 1, k) @ supply) * rng.lognormal(0, 0.3, n)
    if rng.random() < 0.3:  # a tie: every node costs the same per unit
        price = rng.lognormal(0, 1, k) @ supply
    if rng.random() < 0.3:
        supply[rng.random((k, n)) < 0.6] = 0.0
    if rng.random() < 0.2:
        price[rng.random(n) < 0.1] = 0.0
    if rng.random() < 0.4:  # few kinds of nodes, many of each
        kind = rng.integers(0, int(rng.integers(1, 12)), n)
        price, supply = price[kind], supply[:, kind]
    limit = rng.choice([1.0, 24.0]) * rng.lognormal(0, 0.5, n)
    if rng.random() < 0.5:
        limit = np.full(n, 24.0)
    endless = rng.choice([0.0, 0.3, 1.0])
    limit = np.where(rng.random(n) < endless, INF, limit)
    most = np.where(np.isinf(limit), 24.0, limit) @ supply.T
    need = most * rng.uniform(0, 1, k) * rng.choice([1.0, 0.1])
    return Market(price=price, supply=supply, need=need, limit=limit)


def peer(m):
    size = np.where(m.need > 0, m.need, 1.0)
    for method in ("highs-ds", "highs-ipm"):
        found = linprog(
            m.price,
            A_ub=-m.supply / size[:, None],
            b_ub=-(m.need / size),
            bounds=np.column_stack((np.zeros(m.price.size), m.limit)),
            method=method,
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if found.status == 0:
            return found.fun
    raise AssertionError(found.message)


@given(seeds)
@settings(max_examples=200)
def test_a_few_columns_at_a_time_are_enough(seed):
    m = market(seed)
    solved = cheapest(m, time_limit_s=60, few=16)
    runs, times = solved.runs(m)
    time = np.zeros(m.price.size)
    time[runs] = times
    cost = float(m.price @ time)
    assert cost == pytest.approx(peer(m), rel=1e-9, abs=1e-12)
    assert lower_bound(m.price, m.supply, m.need, m.limit, solved.shadow_price) == pytest.approx(
        cost, rel=1e-9, abs=1e-12
    )
    checks = verify_cover(
        price=m.price, supply=m.supply, need=m.need, limit=m.limit, time=time, cost=cost
    )
    assert all(check.worst < 1e-9 for check in checks)
