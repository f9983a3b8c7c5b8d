"""Laws of M1 with a cost per start, against every choice of nodes and against scipy's HiGHS."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, linprog, milp

from lepta.optimize.cover import cover

INF = math.inf
seeds = st.integers(0, 2**32 - 1)


def market(seed, least, most):
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(1, 4)), int(rng.integers(least, most))
    if rng.random() < 0.6:
        price, supply = rng.integers(0, 5, n), rng.integers(0, 5, (k, n))
        need, limit = rng.integers(0, 20, k), rng.integers(0, 7, n).astype(float)
        fixed = rng.integers(0, 9, n)
    else:
        unit = 10.0 ** rng.integers(-4, 5)
        price = rng.lognormal(0, 1, n) * unit
        supply = rng.lognormal(0, 1, (k, n)) * 10.0 ** rng.integers(-4, 5, (k, 1))
        limit = rng.random(n) * 8
        need = (supply @ limit) * rng.uniform(0.05, 1.0, k)
        fixed = rng.lognormal(0, 1, n) * unit * rng.choice([0.1, 3.0])
    limit = np.where(rng.random(n) < 0.4, INF, limit)
    fixed = np.where(rng.random(n) < 0.2, 0.0, fixed)
    return {
        "price": price.astype(float),
        "supply": supply.astype(float),
        "need": need.astype(float),
        "limit": limit,
        "fixed": fixed.astype(float),
    }


def times(price, supply, need, limit, on):
    """Return the least price of running the nodes that are on, or infinity."""
    size = np.where(need > 0, need, 1.0)
    if not on:
        return INF if need.any() else 0.0
    found = linprog(
        price[on],
        A_ub=-supply[:, on] / size[:, None],
        b_ub=-(need / size),
        bounds=np.column_stack((np.zeros(len(on)), limit[on])),
        method="highs",
    )
    return INF if found.status == 2 else found.fun


@given(seeds)
@settings(max_examples=60)
def test_the_cost_is_that_of_the_best_choice_of_nodes(seed):
    case = market(seed, 1, 7)
    fixed = case.pop("fixed")
    answer = cover(**case, fixed=fixed, gap=1e-9)
    choices = (
        list(on)
        for size in range(len(fixed) + 1)
        for on in itertools.combinations(range(len(fixed)), size)
    )
    best = min(times(**case, on=on) + fixed[on].sum() for on in choices)
    assert (best == INF) == (answer.status == "infeasible")
    if best < INF:
        assert answer.cost == pytest.approx(best, rel=1e-6, abs=1e-9)
        assert answer.bound <= best * (1 + 1e-6) + 1e-9
        assert answer.gap <= 1e-6
        assert all(check.ok for check in answer.checks)
        assert answer.node_cost.sum() == pytest.approx(answer.cost, rel=1e-9, abs=1e-12)


@given(seeds)
@settings(max_examples=40)
def test_what_is_proven_holds_against_another_search(seed):
    case = market(seed, 20, 60)
    answer = cover(**case, gap=1e-6)
    n = len(case["price"])
    size = np.where(case["need"] > 0, case["need"], 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = np.where(case["supply"] > 0, case["need"][:, None] / case["supply"], 0).max(axis=0)
    most = np.minimum(case["limit"], alone)
    found = milp(
        np.concatenate((case["price"] * most, case["fixed"])),
        constraints=[
            LinearConstraint(
                np.hstack((case["supply"] * most / size[:, None], np.zeros((len(size), n)))),
                case["need"] / size,
                INF,
            ),
            LinearConstraint(np.hstack((np.eye(n), -np.eye(n))), -INF, 0.0),
        ],
        integrality=np.repeat([0, 1], n),
        bounds=(0, 1),
        options={"mip_rel_gap": 1e-7},
    )
    if found.status == 2:
        assert answer.status == "infeasible"
        return
    assert answer.status == "optimal" and answer.gap <= 1e-6
    assert answer.cost == pytest.approx(found.fun, rel=1e-5, abs=1e-9)
    assert answer.bound <= found.fun * (1 + 1e-5) + 1e-9  # its rows hold to 1e-6


@given(seeds)
@settings(max_examples=40)
def test_starts_that_cost_nothing_change_nothing(seed):
    case = market(seed, 1, 30)
    plain = cover(**{**case, "fixed": None})
    free = cover(**{**case, "fixed": np.zeros(len(case["price"]))})
    assert (plain.status, plain.cost) == (free.status, free.cost)
    dear = cover(**case)
    assert dear.status == plain.status
    if plain.cost is not None:
        assert dear.cost >= plain.cost * (1 - 1e-9)


def test_a_gap_that_is_wide_needs_no_search():
    rng = np.random.default_rng(3)
    supply = rng.lognormal(3, 1, (2, 20_000))
    price = supply.sum(axis=0) * rng.lognormal(0, 0.3, 20_000)
    answer = cover(
        price, supply, 10 * supply.sum(axis=1), 24, fixed=price * rng.random(20_000), gap=1e-4
    )
    assert answer.status == "optimal" and 0 <= answer.gap <= 1e-4
    assert "branch and bound" not in answer.checks[-1].detail
    assert answer.explanation[0].startswith(f"{np.count_nonzero(answer.time)} of 20000 nodes are")
