"""Every table of an assessment sums to the bill, to the last micro-unit, whatever the bill is."""

import json
import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bills
import lepta
from lepta.domain.assessment import DIMENSIONS, IDLE, UNALLOCATED, Assessment

START = datetime(2026, 11, 2, tzinfo=UTC)
MACHINES = ("m1", "m2", "m3")
quick = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])

money = st.decimals(
    min_value=Decimal("-500"), max_value=Decimal("900"), places=11, allow_nan=False
).map(lambda amount: format(amount, "f"))


@st.composite
def charges(draw: st.DrawFn) -> dict[str, Any]:
    hour = draw(st.integers(0, 40))
    length = draw(st.sampled_from((1, 2, 24)))
    tags = draw(
        st.none()
        | st.fixed_dictionaries(
            {"Team": st.sampled_from(("a", "b", "é;,")), "env": st.just("x")},
            optional={"app": st.sampled_from(("chat", "=1+1"))},
        )
    )
    return bills.charge(
        ChargePeriodStart=instant(hour),
        ChargePeriodEnd=instant(hour + length),
        BilledCost=draw(money),
        EffectiveCost=draw(money),
        ChargeCategory=draw(
            st.sampled_from(("Usage",) * 4 + ("Purchase", "Tax", "Credit", "Adjustment"))
        ),
        ServiceName=draw(st.sampled_from(("Compute", "Storage", "NULL", ""))),
        RegionId=draw(st.sampled_from(("us", "eu", ""))),
        ResourceId=draw(st.sampled_from((*MACHINES, "other", ""))),
        CommitmentDiscountStatus=draw(st.sampled_from(("", "", "Used", "Unused"))),
        Tags="" if tags is None else json.dumps(tags),
        x_Accelerator=draw(st.sampled_from(("", "H100"))),
        x_AcceleratorCount="2",
    )


@st.composite
def usages(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for machine in MACHINES[:2]:
        for workload in ("", "chat", "train"):
            for hour in draw(st.sets(st.integers(0, 30), max_size=4)):
                rows.append(
                    {
                        "resource_id": machine,
                        "start": instant(hour),
                        "hours": 1,
                        "kind": "machine",
                        "team": "a" if workload else "",
                        "workload": workload,
                        "workload_kind": "service" if workload == "chat" else "",
                        "allocated": draw(st.sampled_from((1, 2, 3))) if workload else 0,
                        "capacity": 4,
                        "utilization": draw(st.sampled_from(("", 0.0, 0.5))) if workload else "",
                        "requests": draw(st.sampled_from(("", 0, 9))) if workload else "",
                    }
                )
    return rows


def instant(hour: int) -> str:
    return (START + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ")


def half_even(amount: Decimal) -> int:
    return round(Fraction(amount) * 1_000_000)


def reconciles(told: Assessment, rows: list[dict[str, Any]]) -> None:
    spend = told.spend
    assert spend.billed_micros == half_even(sum(Decimal(row["BilledCost"]) for row in rows))
    assert spend.effective_micros == half_even(sum(Decimal(row["EffectiveCost"]) for row in rows))
    assert sum(cell.billed_micros for cell in told.allocation) == spend.billed_micros
    assert sum(cell.effective_micros for cell in told.allocation) == spend.effective_micros
    assert sum(cell.cost_micros for cell in told.allocation) == spend.total_micros
    assert sum(spend.by_category.values()) == spend.total_micros
    for dimension in DIMENSIONS:
        days: dict[str, int] = defaultdict(int)
        for day in told.daily:
            if day.dimension == dimension:
                days[day.key] += day.cost_micros
        assert {k: v for k, v in days.items() if v} == {
            k: v for k, v in told.by(dimension).items() if v
        }
    assert 0 <= told.total_saving_micros <= max(spend.total_micros, 0)


@given(st.lists(charges(), min_size=1, max_size=25), st.sampled_from(("billed", "effective")))
@quick
def test_a_bill_reconciles_and_teams_are_what_a_pivot_by_tag_says(
    rows: list[dict[str, Any]], basis: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = lepta.assess(focus=[bills.bill(Path(folder) / "bill.csv", *rows)], basis=basis)
    reconciles(told, rows)
    column = "BilledCost" if basis == "billed" else "EffectiveCost"
    pivot: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        team = json.loads(row["Tags"])["Team"] if row["Tags"] else UNALLOCATED
        pivot[team] += Decimal(row[column])
    teams = told.by("team")
    for team, amount in pivot.items():
        assert abs(teams.get(team, 0) - amount * 1_000_000) <= len(told.allocation)


@given(st.lists(charges(), min_size=1, max_size=15), usages())
@quick
def test_sharing_reconciles_and_agrees_with_a_sum_hour_by_hour(
    rows: list[dict[str, Any]], uses: list[dict[str, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bill = bills.bill(Path(folder) / "bill.csv", *rows)
        usage = [bills.used(Path(folder) / "usage.csv", *uses)] if uses else []
        told = lepta.assess(focus=[bill], usage=usage)
    reconciles(told, rows)
    expected = by_hand(rows, uses)
    teams = told.by("team")
    for team in expected.keys() | teams.keys():
        assert abs(teams.get(team, 0) - expected.get(team, 0) * 1_000_000) <= len(told.allocation)


def by_hand(rows: list[dict[str, Any]], uses: list[dict[str, Any]]) -> dict[str, Fraction]:
    """Share each charge hour by hour, in fractions: the same rule, written another way."""
    slots: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for use in uses:
        slots[use["resource_id"], use["start"]].append(use)
    watched = {use["resource_id"] for use in uses}
    out: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows:
        own = json.loads(row["Tags"])["Team"] if row["Tags"] else UNALLOCATED
        cost = Fraction(Decimal(row["BilledCost"]))
        used = row["ChargeCategory"] == "Usage" and row["CommitmentDiscountStatus"] != "Unused"
        if not used or row["ResourceId"] not in watched:
            out[own] += cost
            continue
        begin = datetime.fromisoformat(row["ChargePeriodStart"])
        hours = int((datetime.fromisoformat(row["ChargePeriodEnd"]) - begin) / timedelta(hours=1))
        first = int((begin - START) / timedelta(hours=1))
        for hour in range(first, first + hours):
            part = cost / hours
            slot = slots.get((row["ResourceId"], instant(hour)))
            if slot is None:
                out[own] += part
                continue
            taken = sum(use["allocated"] for use in slot)
            whole = max(4, taken)
            for use in slot:
                out[use["team"] or own] += part * Fraction(use["allocated"], whole)
            out[IDLE] += part * Fraction(whole - taken, whole)
    return out
