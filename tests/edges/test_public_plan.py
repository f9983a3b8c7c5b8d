"""The plan and the bill of docs/howto/real-data.md: right, provably so, and quoted as they are."""

import json
import math
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from public_case import B200, P5, P5_ONE, Day, build, lepta, one, plan_day, table

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def case(checkout: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    build(checkout, shared_data, folder)
    return folder


@pytest.fixture(scope="module")
def plan(case: Path) -> dict[str, Any]:
    return json.loads(lepta("plan", "--case", str(case), "--json", cwd=case))


@pytest.fixture(scope="module")
def peer(case: Path) -> Day:
    return plan_day(case)


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    return (checkout / "docs" / "howto" / "real-data.md").read_text()


def test_another_formulation_finds_the_numbers_of_the_page(
    peer: Day, case: Path, page: str
) -> None:
    assert peer.cost == pytest.approx(25_703.68)
    assert peer.bound == pytest.approx(25_579.467239)
    assert set(peer.machine_hours) == {P5, P5_ONE}
    alone = plan_day(case, only=P5)
    assert alone.cost == pytest.approx(26_364.16)
    for amount in (peer.cost, peer.bound, alone.cost, 25 * 55.04 * 24):
        assert f"{amount:,.2f}" in page


def test_the_plan_is_optimal_and_checked(plan: dict[str, Any], peer: Day) -> None:
    assert plan["status"] == "optimal"
    assert plan["checks"]
    assert all(check["ok"] for check in plan["checks"])
    assert plan["gap"] <= 5e-3
    assert peer.cost * (1 - 1e-9) <= plan["cost"] <= peer.cost * (1 + plan["gap"] + 1e-9)
    assert peer.bound - 1e-4 <= plan["bound"] <= peer.cost + 1e-4
    assert plan["cost_now"] == pytest.approx(25 * 55.04 * 24)
    assert plan["cost"] < plan["cost_now"]
    assert plan["unknown"] == []


def test_the_plan_keeps_its_promises_when_counted_by_hand(plan: dict[str, Any], case: Path) -> None:
    price = {r["offer"]: float(r["price_per_hour"]) for r in table(case, "offers.csv")}
    rates = {(r["offer"], r["class"]): float(r["rate_per_s"]) for r in table(case, "profiles.csv")}
    demand = {
        (r["class"], datetime.fromisoformat(r["start"])): float(r["rate_per_s"])
        for r in table(case, "demand.csv")
    }
    routed = dict.fromkeys(demand, 0.0)
    load: dict[tuple[str, datetime], float] = {}
    for route in plan["routing"]:
        start = datetime.fromisoformat(route["start"])
        routed[route["class"], start] += route["rate_per_s"]
        share = route["rate_per_s"] / rates[route["offer"], route["class"]]
        load[route["offer"], start] = load.get((route["offer"], start), 0.0) + share
    assert routed == pytest.approx(demand, rel=1e-5)
    held = {(u["offer"], datetime.fromisoformat(u["start"])): u["count"] for u in plan["units"]}
    for key, busy in load.items():
        assert busy <= 0.85 * held[key] * (1 + 1e-5)
    bill = math.fsum(price[offer] * count for (offer, _), count in held.items())
    assert bill == pytest.approx(plan["cost"])


def test_what_comes_out_is_one_kind_of_accelerator_in_two_sizes(
    plan: dict[str, Any], page: str
) -> None:
    assert {unit["offer"] for unit in plan["units"] if unit["count"]} == {P5, P5_ONE}
    h100: dict[str, int] = {}
    for unit in plan["units"]:
        each = 8 if unit["offer"] == P5 else 1
        h100[unit["start"]] = h100.get(unit["start"], 0) + each * unit["count"]
    assert (min(h100.values()), max(h100.values())) == (112, 199)
    assert "From 112 to 199 H100" in page


def test_the_page_prices_a_request_as_the_tables_do(case: Path, page: str) -> None:
    price = {r["offer"]: float(r["price_per_hour"]) for r in table(case, "offers.csv")}
    rates = {(r["offer"], r["class"]): float(r["rate_per_s"]) for r in table(case, "profiles.csv")}
    for offer in (P5, B200):
        chat, code, image = (price[offer] / rates[offer, c] for c in ("chat", "code", "image"))
        assert f"| {chat:.4f} | {code:.4f} | {image:.2f} |" in page
    busiest = max(float(r["rate_per_s"]) for r in table(case, "demand.csv") if r["class"] == "code")
    assert f"fills {100 * busiest / 0.85 / rates[B200, 'code']:.0f} % of one such" in page


def test_b200_enters_at_the_price_that_the_page_names(case: Path) -> None:
    assert B200 not in plan_day(case, prices={B200: 111.0}).machine_hours
    assert B200 in plan_day(case, prices={B200: 110.0}).machine_hours


def test_two_machines_of_each_spot_pool(
    checkout: Path, shared_data: Path, tmp_path: Path, page: str
) -> None:
    build(checkout, shared_data, tmp_path, "--spot-limit", "2")
    answer = json.loads(lepta("plan", "--case", str(tmp_path), "--json", cwd=tmp_path))
    cost = plan_day(tmp_path).cost
    assert f"{cost:,.2f} USD: {100 * (1 - cost / 33_024):.1f} % below" in page
    assert answer["cost"] == pytest.approx(cost, rel=5e-3)


@pytest.fixture(scope="module")
def assessment(shared_data: Path, case: Path) -> dict[str, Any]:
    bill = shared_data / "focus" / "focus_1.0_sample.csv"
    return json.loads(lepta("assess", "--focus", str(bill), "--json", cwd=case))


def test_the_public_bill_is_accounted_to_the_last_micro(
    assessment: dict[str, Any], shared_data: Path, page: str
) -> None:
    rows, billed, effective, usage, credit = one(
        "SELECT count(*), sum(BilledCost), sum(EffectiveCost), "
        "sum(BilledCost) FILTER (ChargeCategory = 'Usage'), "
        "sum(BilledCost) FILTER (ChargeCategory = 'Credit') "
        "FROM read_csv($bill, nullstr = 'NULL')",
        bill=str(shared_data / "focus" / "focus_1.0_sample.csv"),
    )
    spend = assessment["spend"]
    assert (spend["rows"], spend["currency"]) == (rows, "USD") == (740, "USD")
    assert spend["total"] == spend["billed"] == round(billed, 6) == 16.614785
    assert spend["effective"] == round(effective, 6) == 11.975883
    assert spend["by_category"] == {"Usage": round(usage, 6), "Credit": round(credit, 6)}
    for amount in (spend["billed"], spend["effective"], *spend["by_category"].values()):
        assert f"| {amount:.6f} |" in page


def test_every_view_of_the_public_bill_sums_to_it(assessment: dict[str, Any]) -> None:
    def micros(cells: list[dict[str, Any]]) -> int:
        return sum(round(1e6 * cell["cost"]) for cell in cells)

    assert micros(assessment["allocation"]) == 16_614_785
    for name, cells in assessment["rollups"].items():
        assert micros(cells) == 16_614_785, name
        days = [cell for cell in assessment["daily"] if cell["dimension"] == name]
        assert micros(days) == 16_614_785, name


def test_nothing_is_called_idle_where_nothing_was_measured(assessment: dict[str, Any]) -> None:
    assert assessment["findings"] == []
    # What a machine-hour costs stands in the bill itself: seven charges name a g5.4xlarge.
    (unit,) = assessment["units"]
    assert (unit["unit"], unit["accelerator"]) == ("GPU-hour", "A10G")
    assert unit["per_unit"] == pytest.approx(1.624, rel=1e-6)
    assert "derived from the machine type" in unit["rule"]
    assert assessment["total_saving"] == 0
    assert not [cell for cell in assessment["allocation"] if cell["workload"] == "__idle__"]
    assert any("no usage table was given" in row["what"] for row in assessment["unknown"])


def test_the_page_quotes_what_comes_out_now(checkout: Path, shared_data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "tools/real_page.py", "--check", "--data", str(shared_data)],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
