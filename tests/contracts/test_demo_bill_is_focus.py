"""The generated bill is a FOCUS 1.2 bill: columns, nulls, allowed values, prices and costs."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from lepta.sim.company import make_company

MONEY = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:00:00Z")
CATEGORIES = {"Compute", "Networking", "Storage", "Other"}

Row = dict[str, str | None]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    table = make_company(3).tables["bill.csv"]
    found = []
    for cells in table.rows:
        texts = [None if cell is None else str(cell) for cell in cells]
        found.append(dict(zip(table.header, texts, strict=True)))
    return found


def number(text: str | None) -> Decimal:
    assert text is not None
    return Decimal(text)


@pytest.mark.data
def test_columns_and_values_are_those_of_the_specification(
    rows: list[Row], shared_data: Path
) -> None:
    with (shared_data / "focus" / "columns_1.0_1.1_1.2.csv").open() as stream:
        columns = [row for row in csv.DictReader(stream) if row["focus_version"] == "1.2"]
    names = [column["column_id"] for column in columns]
    assert [name for name in rows[0] if not name.startswith("x_")] == names
    for column in columns:
        name = column["column_id"]
        values = {row[name] for row in rows}
        if column["allows_nulls"] == "False":
            assert None not in values, name
        allowed = {each.strip() for each in column["allowed_values"].split(";")} - {""}
        if allowed:
            assert values - {None} <= allowed, name
        if column["data_type"] == "Decimal":
            for value in values - {None}:
                assert number(value).is_finite(), name
        if column["number_range"] == "Any valid non-negative decimal value":
            assert all(number(value) >= 0 for value in values - {None}), name
        if column["data_type"] == "Date/Time":
            assert all(INSTANT.fullmatch(value) for value in values if value), name


def test_own_columns_stand_last_and_nothing_is_an_empty_text(rows: list[Row]) -> None:
    names = list(rows[0])
    assert names[-4:] == ["x_Team", "x_Workload", "x_Accelerator", "x_AcceleratorCount"]
    assert not any(name.startswith("x_") for name in names[:-4])
    assert not any(value == "" for row in rows for value in row.values())


def test_cost_is_price_times_quantity_to_the_last_digit(rows: list[Row]) -> None:
    priced = [row for row in rows if row["ListUnitPrice"] is not None]
    assert len(priced) > 0.99 * len(rows)
    for row in priced:
        quantity = number(row["PricingQuantity"])
        assert number(row["ListCost"]) == number(row["ListUnitPrice"]) * quantity
        assert number(row["ContractedCost"]) == number(row["ContractedUnitPrice"]) * quantity
        assert number(row["ListCost"]) >= number(row["ContractedCost"])
        if row["ChargeCategory"] == "Usage":
            assert number(row["ContractedCost"]) >= number(row["EffectiveCost"]) >= 0


def test_every_cost_is_whole_in_micro_units(rows: list[Row]) -> None:
    for row in rows:
        for name in MONEY:
            micros = number(row[name]) * 1_000_000
            assert micros == micros.to_integral_value(), (name, row[name])


def test_the_commitment_is_billed_once_and_amortized_where_it_is_used(rows: list[Row]) -> None:
    mine = [row for row in rows if row["CommitmentDiscountId"]]
    fee = [row for row in mine if row["ChargeCategory"] == "Purchase"]
    used = [row for row in mine if row["CommitmentDiscountStatus"] == "Used"]
    unused = [row for row in mine if row["CommitmentDiscountStatus"] == "Unused"]
    assert len(fee) == 1
    assert used
    assert unused
    assert len(fee) + len(used) + len(unused) == len(mine)
    assert number(fee[0]["EffectiveCost"]) == 0
    assert fee[0]["ChargeFrequency"] == "Recurring"
    assert all(number(row["BilledCost"]) == 0 for row in used + unused)
    assert all(row["PricingCategory"] == "Committed" for row in used + unused)
    assert all(row["ConsumedQuantity"] is None for row in fee + unused)
    spread = sum(number(row["EffectiveCost"]) for row in used + unused)
    assert spread == number(fee[0]["BilledCost"])
    hours = sum(number(row["CommitmentDiscountQuantity"]) for row in used + unused)
    assert hours == number(fee[0]["CommitmentDiscountQuantity"])


def test_categories_tags_currency_and_periods(rows: list[Row]) -> None:
    found = {row["ChargeCategory"] for row in rows}
    assert found == {"Usage", "Purchase", "Tax", "Credit"}
    assert {row["ServiceCategory"] for row in rows} == CATEGORIES
    assert {row["BillingCurrency"] for row in rows} == {"USD"}
    assert any(row["PricingCategory"] == "Dynamic" for row in rows)
    (refund,) = [row for row in rows if row["ChargeClass"] == "Correction"]
    assert number(refund["BilledCost"]) < 0
    for row in rows:
        start, end = row["ChargePeriodStart"] or "", row["ChargePeriodEnd"] or ""
        assert "2026-09-01" <= start < end <= "2026-10-01T00:00:00Z"
        if row["ChargeCategory"] in {"Tax", "Credit"}:
            assert row["PricingCategory"] is None
        if row["Tags"] is not None:
            tags = json.loads(row["Tags"])
            assert tags.get("team") == row["x_Team"]
            assert tags.get("workload") == row["x_Workload"]
    assert any(row["ResourceId"] and row["x_Team"] is None for row in rows)
