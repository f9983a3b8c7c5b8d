"""Laws of M1 that hold for any market, against two peers: scipy's HiGHS and plain enumeration."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from lepta.optimize.cover import cover
from lepta.optimize.verify_cover import lower_bound, verify_cover

INF = math.inf
seeds = st.integers(0, 2**32 - 1)


def market(seed, most_nodes=9):
    """Draw a market: small whole numbers (ties, zeros, twins) or wild ones, limits on some."""
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(1, 4)), int(rng.integers(1, most_nodes))
    if rng.random() < 0.7:
        price, supply = rng.integers(0, 5, n), rng.integers(0, 5, (k, n))
        need, limit = rng.integers(0, 20, k), rng.integers(0, 7, n).astype(float)
    else:
        price = rng.lognormal(0, 2, n) * 10.0 ** rng.integers(-4, 5)
        supply = rng.lognormal(0, 2, (k, n)) * 10.0 ** rng.integers(-5, 6, (k, 1))
        need, limit = supply.sum(axis=1) * rng.random(k) * 3, rng.random(n) * 8
    limit = np.where(rng.random(n) < 0.5, INF, limit)
    twins = rng.integers(0, n, n) if rng.random() < 0.3 else np.arange(n)
    return {
        "price": price[twins].astype(float),
        "supply": supply[:, twins].astype(float),
        "need": need.astype(float),
        "limit": limit[twins],
    }


def peer(price, supply, need, limit):
    """Return the optimum by scipy, or None. Rows are divided by their need: 1e-7 is relative."""
    size = np.where(need > 0, need, 1.0)
    found = linprog(
        price,
        A_ub=-supply / size[:, None],
        b_ub=-(need / size),
        bounds=[(0, None if math.isinf(t) else t) for t in limit],
        method="highs",
    )
    return None if found.status == 2 else found.fun


@given(seeds)
@settings(max_examples=150)
def test_the_cost_is_that_of_an_independent_solver(seed):
    case = market(seed)
    answer, optimum = cover(**case), peer(**case)
    if optimum is None:
        assert answer.status == "infeasible"
        return
    assert answer.cost == pytest.approx(optimum, rel=1e-6, abs=1e-9)
    assert answer.gap < 1e-8
    assert all(check.ok and check.worst < 1e-8 for check in answer.checks)


@given(seeds)
@settings(max_examples=60)
def test_the_cost_is_that_of_the_best_vertex(seed):
    case = market(seed, most_nodes=4)
    price, supply, need, limit = case["price"], case["supply"], case["need"], case["limit"]
    answer, n = cover(**case), len(price)
    held = np.flatnonzero(np.isfinite(limit))
    rows = np.vstack((supply, np.eye(n), -np.eye(n)[held]))
    right = np.concatenate((need, np.zeros(n), -limit[held]))
    size = np.maximum(np.abs(rows).max(axis=1), 1e-300)
    best = INF
    for chosen in map(list, itertools.combinations(range(len(rows)), n)):
        block = rows[chosen] / size[chosen, None]
        if np.linalg.cond(block) > 1e9:
            continue
        t = np.linalg.solve(block, right[chosen] / size[chosen])
        if (rows @ t >= right - 1e-7 * (size + np.abs(right))).all():
            best = min(best, float(price @ t))
    assert (best == INF) == (answer.status == "infeasible")
    if best < INF:
        assert answer.cost == pytest.approx(best, rel=1e-5, abs=1e-6)


@given(seeds)
def test_strong_duality_by_hand(seed):
    case = market(seed)
    answer = cover(**case)
    if answer.status == "infeasible":
        return
    y = np.array([line.shadow_price for line in answer.resources])
    held = np.isfinite(case["limit"])
    scarce = np.minimum(answer.reduced_cost[held], 0.0) @ case["limit"][held]
    assert float(y @ case["need"] + scarce) == pytest.approx(answer.cost, rel=1e-8, abs=1e-12)
    assert lower_bound(**case, y=y * 0.7) <= answer.cost * (1 + 1e-12)


@given(seeds, st.floats(1e-3, 1e3))
def test_twice_the_price_is_twice_the_cost(seed, factor):
    case = market(seed)
    one, other = cover(**case), cover(**{**case, "price": case["price"] * factor})
    assert one.status == other.status
    if one.cost is not None:
        assert other.cost == pytest.approx(one.cost * factor, rel=1e-9, abs=1e-15)


@given(seeds, st.floats(1.0, 2.0))
def test_needing_more_never_costs_less(seed, factor):
    case = market(seed)
    one, other = cover(**case), cover(**{**case, "need": case["need"] * factor})
    if one.status == "infeasible":
        assert other.status == "infeasible"
    elif other.cost is not None:
        assert other.cost >= one.cost * (1 - 1e-9)


@given(seeds)
@settings(max_examples=150)
def test_balance_never_costs_and_twins_run_equally_long(seed):
    case = market(seed)
    level, plain = cover(**case, balance=True), cover(**case)
    assert level.status == plain.status
    if level.cost is None:
        return
    assert level.cost == pytest.approx(plain.cost, rel=1e-9, abs=1e-300)
    table = np.vstack((case["price"], case["limit"], case["supply"]))
    for i, j in itertools.combinations(range(len(level.time)), 2):
        if np.array_equal(table[:, i], table[:, j]):
            assert level.time[i] == pytest.approx(level.time[j], rel=1e-9, abs=1e-12)
    if np.isinf(case["limit"]).all():
        assert level.time.max() <= plain.time.max() * (1 + 1e-9)


@given(seeds)
def test_the_longest_run_is_the_shortest_possible(seed):
    case = market(seed)
    case["limit"] = np.full(len(case["price"]), INF)
    answer = cover(**case, balance=True)
    if answer.status == "infeasible" or not answer.cost:
        return
    longest = float(answer.time.max())
    n = len(case["price"])
    size = np.where(case["need"] > 0, case["need"], 1.0)
    # minimise z: t <= z, needs met, and the cost not above the optimum
    found = linprog(
        [0.0] * n + [1.0],
        A_ub=np.vstack(
            (
                np.hstack((-case["supply"] / size[:, None], np.zeros((len(size), 1)))),
                np.hstack((np.eye(n) / longest, -np.ones((n, 1)))),
                np.append(case["price"] / answer.cost, 0.0)[None],
            )
        ),
        b_ub=np.concatenate((-(case["need"] / size), np.zeros(n), [1.0])),
        bounds=[(0, None)] * (n + 1),
        method="highs",
    )
    assert found.fun >= 1 - 1e-5


@given(seeds)
@settings(max_examples=100)
def test_prices_hold_as_far_as_they_say(seed):
    case = market(seed)
    answer = cover(**case)
    if answer.status == "infeasible":
        return
    for k, line in enumerate(answer.resources):
        if line.need == 0:
            continue
        moved = case["need"].copy()
        if line.next_unit_cost is None:
            moved[k] = line.need * 1.01
            assert cover(**{**case, "need": moved}).status == "infeasible"
            continue
        far = min(line.holds_to, 1.5 * line.need)
        assert far > line.need
        for there in (
            line.need + 0.999 * (far - line.need),
            max(line.holds_from, 1e-3 * line.need),
        ):
            moved[k] = there
            told = answer.cost + line.next_unit_cost * (there - line.need)
            assert peer(**{**case, "need": moved}) == pytest.approx(
                told, rel=1e-6, abs=1e-6 * max(answer.cost, 1e-9)
            )
        if math.isfinite(line.holds_to):  # and not further
            moved[k] = 1.05 * line.holds_to
            beyond = peer(**{**case, "need": moved})
            told = answer.cost + line.next_unit_cost * (moved[k] - line.need)
            assert beyond is None or beyond > told * (1 - 1e-6)


@given(seeds)
def test_reducing_the_need_by_what_is_short_is_enough(seed):
    case = market(seed)
    case["limit"] = np.where(np.isinf(case["limit"]), 3.0, case["limit"])
    case["need"] = case["need"] * 5
    answer = cover(**case)
    if answer.status == "optimal":
        return
    short = np.array([line.short_by for line in answer.resources])
    assert (short >= 0).all() and short.any()
    assert all(check.ok for check in answer.checks)
    assert cover(**{**case, "need": case["need"] - short}).status == "optimal"
    slightly_less = case["need"] - short * 0.999
    assert cover(**{**case, "need": slightly_less}).status == "infeasible"


def test_a_large_tie_is_shared_evenly():
    supply = np.random.default_rng(1).lognormal(3, 1, (1, 3_000))
    answer = cover(
        price=supply[0] * 0.02,
        supply=supply,
        need=[0.4 * 24 * supply.sum()],
        limit=24,
        balance=True,
    )
    assert np.allclose(answer.time, 9.6, rtol=1e-7)


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ({"time": np.array([5.0, 4.0])}, {"bill", "needs"}),
        ({"time": np.array([11.0, -1.0])}, {"limits"}),
        ({"cost": 19.0}, {"bill", "proof"}),
        ({"bound": 21.0}, {"proof"}),
        ({"shadow_price": np.array([0.5])}, {"proof"}),
    ],
)
def test_the_check_finds_planted_faults(fault, broken):
    case = {
        "price": np.array([2.0, 2.0]),
        "supply": np.array([[1.0, 1.0]]),
        "need": np.array([10.0]),
        "limit": np.array([8.0, 8.0]),
        "time": np.array([5.0, 5.0]),
        "cost": 20.0,
        "bound": 20.0,
        "shadow_price": np.array([2.0]),
    }
    assert all(check.ok for check in verify_cover(**case))
    assert {check.name for check in verify_cover(**{**case, **fault}) if not check.ok} == broken
