"""Usage that does not fit the bill: other hours, other machines, blank owners, unknown sizes."""

from pathlib import Path
from typing import Any

import pytest

import bills
import lepta
from lepta.domain.assessment import Assessment
from lepta.errors import InputError

MACHINE = {"ResourceId": "m1", "BilledCost": "24"}
CHAT = {
    "hours": 24,
    "team": "a",
    "workload": "chat",
    "workload_kind": "service",
    "allocated": 1,
    "capacity": 1,
    "output_tokens": 1e6,
    "requests": 5,
}


def told(tmp_path: Path, charges: list[dict[str, Any]], uses: list[dict[str, Any]]) -> Assessment:
    bill = bills.bill(tmp_path / "bill.csv", *(bills.charge(**{**MACHINE, **c}) for c in charges))
    return lepta.assess(focus=[bill], usage=[bills.used(tmp_path / "usage.csv", *uses)])


def per_million(it: Assessment) -> dict[tuple[str, str], float | None]:
    return {(u.team, u.workload): u.per_unit for u in it.units if u.unit == "1M output tokens"}


@pytest.mark.parametrize(
    "other",
    [
        {"start": "2026-11-03T00:00:00Z", "hours": 240},  # after the bill
        {"resource_id": "M1"},  # of another bill, or spelled otherwise
    ],
)
def test_work_that_the_bill_did_not_pay_for_makes_nothing_cheap(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    it = told(tmp_path, [{}], [CHAT, {**CHAT, "output_tokens": 9e6, **other}])
    assert per_million(it) == {("a", "chat"): 24.0}
    assert any("chat" in u.what and "does not charge" in u.what for u in it.unknown)


def test_a_row_half_inside_the_bill_counts_half(tmp_path: Path) -> None:
    use = {**CHAT, "start": "2026-11-02T12:00:00Z", "output_tokens": 2e6}
    it = told(tmp_path, [{"x_Team": "a", "x_Workload": "chat"}], [use])
    assert per_million(it) == {("a", "chat"): 24.0}
    assert any("upper bound" in u.what and u.cost_micros == 12_000_000 for u in it.unknown)


def test_charges_of_the_same_hours_count_the_work_once(tmp_path: Path) -> None:
    later = {"ChargePeriodStart": "2026-11-02T06:00:00Z"}
    it = told(tmp_path, [{}, {}, later], [CHAT])
    assert per_million(it) == {("a", "chat"): 72.0}


def test_a_blank_team_is_that_of_the_bill_in_money_and_in_work(tmp_path: Path) -> None:
    it = told(tmp_path, [{"x_Team": "b"}], [{**CHAT, "team": ""}])
    assert it.by("team") == {"b": 24_000_000}
    assert per_million(it) == {("b", "chat"): 24.0}


def test_resources_that_no_bill_names_are_told(tmp_path: Path) -> None:
    it = told(tmp_path, [{}], [{**CHAT, "resource_id": "i-1"}])
    assert per_million(it) == {}
    assert any("such as i-1" in u.what and "ResourceId" in u.remedy for u in it.unknown)
    assert any("unit of chat" in u.what for u in it.unknown)


def test_a_holding_of_a_machine_of_unknown_size_is_unknown(tmp_path: Path) -> None:
    it = told(tmp_path, [{}], [{**CHAT, "capacity": ""}])
    assert it.by("team") == {"__unknown__": 24_000_000}
    assert not it.findings
    assert any("capacity is blank" in u.what for u in it.unknown)


def test_a_charge_of_a_billion_is_shared_to_the_last_micro(tmp_path: Path) -> None:
    uses = [
        {**CHAT, "start": f"2026-11-02T{h:02}:00:00Z", "hours": 1, "team": "abc"[h % 3]}
        for h in range(24)
    ]
    for use in uses:
        use["capacity"] = 3
    it = told(tmp_path, [{"BilledCost": "1000000000", "EffectiveCost": "7e9"}], uses)
    assert it.spend.total_micros == 10**15
    assert sum(it.by("team").values()) == 10**15
    assert it.by("team")["a"] == pytest.approx(10**15 / 9, abs=2)


def test_a_refund_leaves_a_round_saving(tmp_path: Path) -> None:
    idle = {"hours": 24, "allocated": 0, "capacity": 2}
    it = told(tmp_path, [{"BilledCost": "48"}, {"BilledCost": "-40"}], [idle])
    assert it.total_saving_micros == it.spend.total_micros == 8_000_000


def test_a_column_of_usage_that_stands_twice_but_for_letter_case(tmp_path: Path) -> None:
    bill = bills.bill(tmp_path / "bill.csv", bills.charge())
    use = bills.used(tmp_path / "usage.csv", CHAT)
    lines = use.read_text().splitlines()
    use.write_text(f"{lines[0]},Team\n{lines[1]},z\n")
    with pytest.raises(InputError, match="Team"):
        lepta.assess(focus=[bill], usage=[use])


@pytest.mark.parametrize(
    ("unit", "quantity"), [("Seconds", "7200"), ("Minutes", "120"), ("Hours", "2")]
)
def test_hours_of_accelerators_in_any_unit_of_time_and_refunds_add_none(
    tmp_path: Path, unit: str, quantity: str
) -> None:
    machine = {"x_Accelerator": "H100", "x_AcceleratorCount": "4"}
    rows = [
        bills.charge(BilledCost=10, ConsumedUnit=unit, ConsumedQuantity=quantity, **machine),
        bills.charge(BilledCost=-2, **machine),
    ]
    path = tmp_path / "bill.csv"
    path.write_text(bills.text((*bills.FOCUS, "ConsumedUnit", "ConsumedQuantity"), rows))
    (hours,) = [unit for unit in lepta.assess(focus=[path]).units if unit.unit == "GPU-hour"]
    assert (hours.quantity, hours.per_unit) == (8.0, 1.0)


def test_a_header_alone_is_not_taken_for_nothing_ran(tmp_path: Path) -> None:
    bill = bills.bill(tmp_path / "bill.csv", bills.charge(**MACHINE))
    usage = bills.used(tmp_path / "usage.csv", CHAT)
    usage.write_text(usage.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match="header but no rows"):
        lepta.assess(focus=[bill], usage=[usage])


def test_a_misspelled_column_is_not_passed_over(tmp_path: Path) -> None:
    bill = bills.bill(tmp_path / "bill.csv", bills.charge(**MACHINE))
    usage = bills.used(tmp_path / "usage.csv", {**CHAT, "utilization": 0.01})
    usage.write_text(usage.read_text().replace("utilization", "utilisation"))
    with pytest.raises(InputError, match="'utilization' is meant"):
        lepta.assess(focus=[bill], usage=[usage])


def test_an_offset_that_no_clock_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="start"):
        told(tmp_path, [{}], [{**CHAT, "start": "2026-11-02T00:00:00+99:00"}])
