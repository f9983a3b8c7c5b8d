"""Laws of the ranges of prices: inside the answer stays the cheapest, outside it does not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from lepta.optimize.cover import cover

INF = math.inf


def market(seed):
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(1, 4)), int(rng.integers(1, 9))
    if rng.random() < 0.4:
        price, supply = rng.integers(1, 5, n), rng.integers(0, 5, (k, n))
        limit = rng.integers(1, 7, n)
    else:
        price = rng.lognormal(0, 2, n) * 10.0 ** rng.integers(-4, 5)
        supply = rng.lognormal(0, 2, (k, n)) * 10.0 ** rng.integers(-5, 6, (k, 1))
        limit = rng.random(n) * 8
    limit = np.where(rng.random(n) < 0.4, INF, limit)
    need = supply @ np.where(np.isinf(limit), 3.0, limit) * rng.uniform(0.05, 0.95, k)
    return {"price": price.astype(float), "supply": supply.astype(float), "need": need}, limit


def least(price, supply, need, limit):
    """Return the least cost by scipy, whose tolerances are absolute: rows and prices near 1."""
    size, money = np.where(need > 0, need, 1.0), np.median(price) or 1.0
    found = linprog(
        price / money,
        A_ub=-supply / size[:, None],
        b_ub=-(need / size),
        bounds=np.column_stack((np.zeros(price.size), limit)),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return found.fun * money


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=120)
def test_inside_its_range_the_answer_stays_the_cheapest_and_outside_not(seed, balance):
    case, limit = market(seed)
    answer = cover(**case, limit=limit, balance=balance)
    if not answer.cost:
        return
    low, high = answer.price_range
    for i, price in enumerate(case["price"]):
        if math.isnan(low[i]):
            continue
        assert low[i] <= price * (1 + 1e-9) and price <= high[i] * (1 + 1e-9)
        for there in (low[i], high[i] if high[i] < INF else 3 * price):
            moved = case["price"].copy()
            moved[i] = there
            told = float(moved @ answer.time)
            assert least(moved, case["supply"], case["need"], limit) == pytest.approx(
                told, rel=1e-6, abs=1e-9 * answer.cost
            )


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=80)
def test_beyond_its_range_another_answer_is_cheaper(seed):
    """Where one set of resource prices is the only proof: as many nodes in between as needs."""
    case, limit = market(seed)
    answer = cover(**case, limit=limit)
    between = np.count_nonzero((answer.time > 0) & (answer.time < limit))
    tight = sum(line.supplied <= line.need * (1 + 1e-9) for line in answer.resources)
    if not answer.cost or between != tight:
        return
    low, high = answer.price_range
    for i in range(len(limit)):
        for end, there in ((low[i], 0.9 * low[i]), (high[i], 1.1 * high[i])):
            moved = case["price"].copy()
            if not 1e-9 * moved[i] < end < INF or limit[i] == 0 or not case["supply"][:, i].any():
                continue
            moved[i] = there
            told = float(moved @ answer.time)
            assert least(moved, case["supply"], case["need"], limit) < told * (1 - 1e-12)


def test_the_next_node_says_at_which_price_it_would_run():
    answer = cover([1.0, 3.0], [[1.0, 2.0]], [10.0])
    low, high = answer.price_range
    assert low.tolist() == pytest.approx([0.0, 2.0]) and high.tolist() == pytest.approx([1.5, INF])
    assert [(node.price_from, node.price_to) for node in answer.nodes] == [
        (pytest.approx(0.0), pytest.approx(1.5)),
        (pytest.approx(2.0), INF),
    ]
