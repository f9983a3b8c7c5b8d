"""Waste findings: the bill that can be checked by hand, and the edges of each kind of waste."""

from pathlib import Path
from typing import Any

import bills
import lepta
from lepta.domain.assessment import Assessment, Confidence, Thresholds

HOURS = 48


def told(tmp_path: Path, *uses: dict[str, Any], cost: str = "48", **options: Any) -> Assessment:
    path = bills.bill(
        tmp_path / "bill.csv",
        bills.charge(
            BilledCost=cost,
            ResourceId="m1",
            ChargePeriodEnd="2026-11-04T00:00:00Z",
            x_Accelerator="H100",
            **options,
        ),
    )
    rows = [{"hours": HOURS, "kind": "machine", "capacity": 2, **use} for use in uses]
    return lepta.assess(focus=[path], usage=[bills.used(tmp_path / "usage.csv", *rows)])


def test_the_bill_that_can_be_checked_by_hand(checkout: Path) -> None:
    folder = checkout / "examples" / "bill"
    account = lepta.assess(focus=[folder / "focus.csv"], usage=[folder / "usage.csv"])
    assert [(it.kind, it.saving_micros) for it in account.findings] == [
        ("idle-machine", 96_000_000),
        ("allocated-not-computing", 24_000_000),
        ("unattached-volume", 2_400_000),
    ]
    assert [it.saving_per_month_micros for it in account.findings] == [
        1_460_000_000,
        365_000_000,
        36_500_000,
    ]
    assert account.total_saving_micros == 122_400_000
    assert account.findings[0].confidence is Confidence.HIGH


def test_blank_allocation_is_unknown_and_never_idle(tmp_path: Path) -> None:
    account = told(tmp_path, {"allocated": ""})
    assert account.by("team") == {"__unknown__": 48_000_000}
    assert account.findings == ()
    assert any("allocated or capacity is blank" in it.what for it in account.unknown)


def test_unknown_utilization_is_no_finding(tmp_path: Path) -> None:
    account = told(tmp_path, {"workload": "w", "team": "t", "allocated": 2})
    assert account.findings == ()
    assert any("utilization" in it.what and it.cost_micros == 48_000_000 for it in account.unknown)


def test_too_much_allocated_is_shared_in_proportion(tmp_path: Path) -> None:
    account = told(
        tmp_path,
        {"workload": "a", "team": "a", "allocated": 3, "utilization": 1},
        {"workload": "b", "team": "b", "allocated": 1, "utilization": 1},
    )
    assert account.by("team") == {"a": 36_000_000, "b": 12_000_000}
    assert any("more was allocated" in note for note in account.notes)


def test_money_is_claimed_once_and_the_later_finding_says_so(tmp_path: Path) -> None:
    quiet = {"workload": "w", "team": "t", "workload_kind": "service", "allocated": 2}
    account = told(
        tmp_path,
        {**quiet, "hours": 12, "requests": 9, "utilization": 0.01},
        {**quiet, "hours": 36, "start": "2026-11-02T12:00:00Z", "requests": 0, "utilization": 0},
    )
    assert [(it.kind, it.saving_micros) for it in account.findings] == [
        ("endpoint-without-traffic", 36_000_000),
        ("allocated-not-computing", 12_000_000),
    ]
    assert account.findings[1].overlaps == (account.findings[0].id,)


def test_unknown_requests_are_not_no_requests(tmp_path: Path) -> None:
    account = told(
        tmp_path,
        {"workload": "w", "workload_kind": "service", "allocated": 2, "utilization": 0.9},
    )
    assert account.findings == ()


def test_committed_use_is_not_saved_by_stopping(tmp_path: Path) -> None:
    account = told(tmp_path, {"allocated": 0}, CommitmentDiscountStatus="Used")
    assert account.by("team") == {"__idle__": 48_000_000}
    assert account.findings == ()


def test_savings_never_exceed_what_is_owed(tmp_path: Path) -> None:
    path = bills.bill(
        tmp_path / "bill.csv",
        bills.charge(BilledCost="48", ResourceId="m1", ChargePeriodEnd="2026-11-04T00:00:00Z"),
        bills.charge(BilledCost="-40", ChargeCategory="Credit"),
    )
    use = bills.used(tmp_path / "u.csv", {"hours": HOURS, "kind": "machine", "allocated": 0})
    account = lepta.assess(focus=[path], usage=[use])
    assert account.spend.total_micros == account.total_saving_micros == 8_000_000
    assert any("credits" in line for line in account.findings[0].evidence)


def test_thresholds_are_the_users(tmp_path: Path) -> None:
    bill = bills.bill(tmp_path / "b.csv", bills.charge(ResourceId="m1"))
    use = bills.used(tmp_path / "u.csv", {"hours": 24, "kind": "machine", "allocated": 0})
    limits = Thresholds(idle_hours=25)
    assert lepta.assess(focus=[bill], usage=[use], thresholds=limits).findings == ()
    assert len(lepta.assess(focus=[bill], usage=[use]).findings) == 1
