"""The public FOCUS samples load, and their sums are those that plain decimal arithmetic gives."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

import lepta
from lepta.domain.assessment import DIMENSIONS
from lepta.errors import InputError

pytestmark = pytest.mark.data
FLEXIBLE = "commitment_discount_flexibility__one_hundred_percent_utilization_with"
EXAMPLES = (
    f"{FLEXIBLE}_commitment_discount_flexibility_with_1_resource",
    f"{FLEXIBLE}_commitment_discount_flexibility_with_2_resources",
    f"{FLEXIBLE}out_commitment_discount_flexibility",
    "commitment_discount_scenarios__commitment_discount_usage_scenario_1",
    "commitment_discount_scenarios__commitment_discount_usage_scenario_4",
    "saas_examples__simple_agreements__simple_saas_agreements_a1",
    "saas_examples__simple_agreements__simple_saas_agreements_a2",
    "saas_examples__simple_agreements__simple_saas_agreements_a3",
    "saas_examples__simple_agreements__simple_saas_agreements_c",
    "saas_examples__spend_agreements__saas_spend_agreements_a2",
    "saas_examples__spend_agreements__saas_spend_agreements_b1",
    "saas_examples__spend_agreements__saas_spend_agreements_b2",
    "saas_examples__virtual_currency_pricing_model_a1",
    "saas_examples__virtual_currency_pricing_model_a2",
    "saas_examples__virtual_currency_pricing_model_b1",
    "saas_examples__virtual_currency_pricing_model_b2",
    "saas_examples__virtual_currency_pricing_model_b3",
    "saas_examples__virtual_currency_pricing_model_c",
)


def plain_sum(path: Path, column: str) -> Decimal:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        cells = [row[column] for row in csv.DictReader(stream)]
    return sum((Decimal(re.sub(r"[$,\s]", "", cell)) for cell in cells), Decimal(0))


def test_the_public_sample(shared_data: Path) -> None:
    told = lepta.assess(focus=[shared_data / "focus" / "focus_1.0_sample.csv"])
    spend = told.spend
    assert spend.rows == 740
    assert spend.total_micros == spend.billed_micros == 16_614_785
    assert spend.effective_micros == 11_975_883
    assert spend.currency == "USD"
    assert any("read as FOCUS 1.0" in note for note in told.notes)
    assert any("taken as UTC" in note for note in told.notes)
    for dimension in DIMENSIONS:
        assert sum(told.by(dimension).values()) == spend.total_micros
        days = [day.cost_micros for day in told.daily if day.dimension == dimension]
        assert sum(days) == spend.total_micros
    # `business_unit` is the tag of this company that names an owner.
    assert "PeoriaData" in told.by("team")


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_of_the_specification(shared_data: Path, name: str) -> None:
    path = shared_data / "focus" / "spec_examples_1.2" / f"{name}.csv"
    spend = lepta.assess(focus=[path]).spend
    assert spend.billed_micros == plain_sum(path, "BilledCost") * 1_000_000
    assert spend.effective_micros == plain_sum(path, "EffectiveCost") * 1_000_000


def test_every_example_is_listed(shared_data: Path) -> None:
    folder = shared_data / "focus" / "spec_examples_1.2"
    assert {path.stem for path in folder.glob("*.csv")} == set(EXAMPLES)


def test_slashed_dates_are_read_by_the_length_of_the_billing_period(shared_data: Path) -> None:
    path = shared_data / "focus" / "spec_examples_1.2" / f"{EXAMPLES[5]}.csv"
    told = lepta.assess(focus=[path])
    assert told.spend.start is not None
    assert told.spend.start.isoformat() == "2025-04-01T00:00:00+00:00"
    assert any("month/day/year" in note for note in told.notes)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("aws_cur_legacy_sample.parquet", "AWS Cost and Usage Report"),
        ("azure_ea_export_sample.csv", "Azure cost export"),
    ],
)
def test_other_bills_are_named(shared_data: Path, name: str, kind: str) -> None:
    with pytest.raises(InputError, match=kind) as said:
        lepta.assess(focus=[shared_data / "focus" / name])
    assert "FOCUS" in said.value.remedy
