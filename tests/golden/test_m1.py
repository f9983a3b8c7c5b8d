"""The worked examples of M1, the errors of the published listing, and the published optima."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lepta
from lepta.errors import InputError
from lepta.optimize.cover import cover
from lepta.optimize.verify_cover import lower_bound, verify_cover

PRICE, MEMORY = [0.2] * 10, [8.0] * 10
TEN = {"price": PRICE, "supply": [[2.0] * 10, MEMORY], "need": [100.0, 8.0]}
LISTING = {**TEN, "supply": [[2.0 * i for i in range(1, 11)], MEMORY]}
NAMED = {"resources": ("compute", "memory")}


def test_ten_equal_nodes_run_five_each_and_cost_ten():
    answer = cover(**TEN, **NAMED, balance=True)
    assert answer.time.tolist() == pytest.approx([5.0] * 10, rel=1e-12)
    assert answer.cost == pytest.approx(10.0, rel=1e-12)
    assert answer.bound == pytest.approx(10.0, rel=1e-12) and answer.gap <= 1e-12
    compute, memory = answer.resources
    assert (compute.binding, memory.binding) == (True, False)
    assert compute.shadow_price == pytest.approx(0.1, rel=1e-12)
    assert (compute.holds_from, compute.holds_to) == (pytest.approx(2.0), math.inf)
    assert memory.shadow_price == 0 and memory.holds_to == pytest.approx(400.0)
    assert "compute is binding: one more unit costs 0.1; this holds from 2 upwards" in (
        answer.explanation
    )


def test_without_balance_the_cost_is_the_same():
    answer = cover(**TEN)
    assert answer.cost == pytest.approx(10.0, rel=1e-12)


def test_the_companion_listing_runs_its_last_node_alone():
    answer = cover(**LISTING, **NAMED)
    assert answer.time.tolist() == pytest.approx([0.0] * 9 + [5.0], abs=1e-12)
    assert answer.cost == pytest.approx(1.0, rel=1e-12)
    assert answer.resources[0].shadow_price == pytest.approx(0.01, rel=1e-12)


def test_arrays_alone_are_enough_for_cover():
    answer = lepta.cover([1.0, 3.0], [[1.0, 2.0], [1.0, 0.0]], [10.0, 2.0], 6.0)
    assert answer.cost == pytest.approx(6 + 6) and answer.gap <= 1e-12
    assert answer.time.tolist() == pytest.approx([6.0, 2.0])
    assert answer.shadow_price.tolist() == pytest.approx([1.5, 0.0])
    assert answer.reduced_cost.tolist() == pytest.approx([-0.5, 0.0])
    assert answer.node_cost.tolist() == pytest.approx([6.0, 6.0])
    assert answer.binding == ("resource 1",)
    assert list(answer.names) == ["node 1", "node 2"] and answer.names[-1:] == ("node 2",)
    assert any("node 1 would save 0.5" in said for said in answer.explanation)


def test_the_published_answer_is_feasible_and_five_times_too_dear():
    arrays = {name: np.array(value) for name, value in LISTING.items()}
    checks = verify_cover(**arrays, limit=np.full(10, math.inf), time=np.full(10, 2.5), cost=5.0)
    assert {check.name: check.ok for check in checks} == {
        "bill": True,
        "needs": True,
        "limits": True,
    }
    best = lower_bound(**arrays, limit=np.full(10, math.inf), y=np.array([0.01, 0.0]))
    assert 5.0 / best == pytest.approx(5.0)
    claimed = verify_cover(
        **arrays,
        limit=np.full(10, math.inf),
        time=np.full(10, 2.5),
        cost=5.0,
        shadow_price=np.array([0.01, 0.0]),
    )
    assert [check.name for check in claimed if not check.ok] == ["proof"]


def test_the_malformed_matrix_of_the_listing_is_refused_by_its_shapes():
    with pytest.raises(InputError, match=r"supply has shape \(3, 2\).*price has shape \(10,\)"):
        lepta.solve(price=PRICE, supply=[[2, 8], [2, 8], [2, 8]], need=[100, 8])


def test_the_files_of_the_manual_give_the_same(checkout: Path):
    need = {"compute": 100, "memory": 8}
    folder = checkout / "examples" / "m1"
    ten = lepta.solve(folder / "ten_nodes.csv", price="price", need=need)
    listing = lepta.solve(folder / "listing.csv", price="price", need=need)
    assert (ten.cost, listing.cost) == (pytest.approx(10.0), pytest.approx(1.0))
    assert ten.time.tolist() == pytest.approx([5.0] * 10)


SPREADS = (3, 4, 2, 1)


def published(variant: str, k: int, n: int) -> dict[str, Any]:
    rng = np.random.default_rng(20240501 + n + 1000 * k)
    mean = SPREADS[:k]
    supply = np.array([rng.lognormal(mu, 1, n) for mu in mean])
    price = sum(0.02 * np.exp(3 - mu) * row for mu, row in zip(mean, supply, strict=True))
    price = price * rng.lognormal(0, 0.3, n)
    share = np.array([0.40 + 0.02 * i for i in range(k)])
    case = {"price": price, "supply": supply, "need": share * 24 * supply.sum(axis=1)}
    case["limit"] = None if variant == "free" else 24.0
    if variant == "onoff":  # a start costs 5 to 50 % of a full run
        case["fixed"] = price * 24 * rng.uniform(0.05, 0.5, n)
    return case


@pytest.mark.data
def test_the_published_optima_come_out(shared_data: Path):
    table = shared_data.parent / "expected" / "lp_expected_optimum.csv"
    if not table.is_file():
        pytest.skip("needs the table of published optima beside the public data")
    with table.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["n"]) <= 1_000_000]
    for row in rows:
        answer = cover(**published(row["variant"], int(row["K"]), int(row["n"])), gap=5e-5)
        if row["variant"] == "onoff":  # searched by the publisher to 1e-4
            assert answer.gap <= 5e-5
            assert -1e-4 <= answer.cost / float(row["optimum"]) - 1 <= 5e-5
        else:
            assert answer.gap <= 1e-9
            assert answer.cost == pytest.approx(float(row["optimum"]), rel=1e-9)
    assert len(rows) >= 15
