"""Accelerators told by the machine types that bills of real clouds name, and how that is said."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bills import charge, text

import lepta
from lepta.domain.assessment import UNKNOWN, Assessment
from lepta.domain.machines import known_machines
from lepta.domain.offer import Offer

P5 = "$98.32 per On Demand Linux p5.48xlarge Instance Hour"
HOURS = {"ConsumedQuantity": "2", "ConsumedUnit": "Hrs", "BilledCost": "196.64"}


def told(folder: Path, *rows: Mapping[str, Any], basis: str = "billed") -> Assessment:
    cells = [charge(**row) for row in rows]
    header = list(dict.fromkeys(name for row in cells for name in row))
    path = folder / "bill.csv"
    path.write_text(text(header, cells), encoding="utf-8")
    return lepta.assess(focus=[path], basis=basis)


def one(folder: Path, **cells: Any) -> tuple[str, float | None]:
    """The accelerator of a single charge, and its GPU-hours."""
    found = told(folder, {**HOURS, **cells})
    (name,) = found.by("accelerator")
    hours = [unit.quantity for unit in found.units if unit.unit == "GPU-hour"]
    return name, hours[0] if hours else None


def details(**pairs: Any) -> str:
    return json.dumps(pairs)


@pytest.mark.parametrize(
    ("cells", "name", "hours"),
    [
        # AWS
        ({"ChargeDescription": P5}, "H100", 16.0),
        ({"SkuPriceDetails": details(InstanceType="p5.48xlarge", GpuCount=8)}, "H100", 16.0),
        ({"SkuPriceDetails": details(F_InstanceType="P5.48XLARGE")}, "H100", 16.0),
        ({"SkuPriceDetails": details(x_InstanceType="g6f.large")}, "L4", 0.25),
        ({"SkuMeter": "BoxUsage:g5.12xlarge"}, "A10G", 8.0),
        # Azure
        (
            {"x_SkuDetails": '"ServiceType": "Standard_NC48ads_A100_v4", "VCPUs": 48'},
            "A100-80GB",
            4.0,
        ),
        ({"SkuPriceDetails": details(InstanceType="NC48ads_A100_v4")}, "A100-80GB", 4.0),
        ({"SkuMeter": "NC24ads A100 v4 Spot"}, "A100-80GB", 2.0),
        ({"x_SkuInstanceType": "standard_nd96isr_h100_v5"}, "H100", 16.0),
        # Google Cloud
        ({"ChargeDescription": "Nvidia L4 GPU running in Iowa"}, "L4", 2.0),
        (
            {
                "ChargeDescription": "Nvidia Tesla A100 80GB GPU attached to Spot Preemptible VMs "
                "running in Americas"
            },
            "A100-80GB",
            2.0,
        ),
        (
            {
                "x_InstanceType": "a2-highgpu-8g",
                "ChargeDescription": "A2 Instance Core running in Americas",
            },
            "A100-40GB",
            0.0,
        ),
        ({"ResourceType": "a3-highgpu-8g"}, "H100", 16.0),
    ],
)
def test_known_names(tmp_path: Path, cells: dict[str, str], name: str, hours: float) -> None:
    assert one(tmp_path, **cells) == (name, hours)


@pytest.mark.parametrize(
    "cells",
    [
        {"ChargeDescription": "Virtual Machines NDv5 Series"},
        {"ChargeDescription": "per On Demand Linux p5.96xlarge Instance Hour"},
        {"ChargeDescription": "xp5.48xlarge or p5.48xlarge-metal"},
        {"ChargeDescription": "p5.48xlarge or g5.xlarge"},
        {"ChargeDescription": "Commitment v1: Nvidia L4 GPU running in Iowa for 1 Year"},
        {"ChargeDescription": "Nvidia L4 GPU support plan"},
        {"SkuPriceDetails": details(InstanceType="m5.large", GpuCount=0)},
        {"SkuPriceDetails": details(GpuCount=8)},
        {"SkuPriceDetails": details(InstanceType=None)},
        {"SkuPriceDetails": "p5.48xlarge, no JSON"},
        {"x_InstanceType": "c7i.4xlarge"},
        {"ResourceType": "NULL"},
    ],
)
def test_the_rest_stays_unknown(tmp_path: Path, cells: dict[str, str]) -> None:
    assert one(tmp_path, **cells) == (UNKNOWN, None)


def test_it_is_said_how_it_is_known(tmp_path: Path) -> None:
    found = told(
        tmp_path,
        {**HOURS, "ChargeDescription": P5},
        {**HOURS, "ChargeDescription": P5},
        {**HOURS, "SkuPriceDetails": details(InstanceType="g6.xlarge"), "BilledCost": "1.61"},
    )
    said = "The accelerator of {} charges worth {} USD was read from the machine type or SKU in {}."
    assert said.format(1, "1.61", "SkuPriceDetails") in found.notes
    assert said.format(2, "393.28", "ChargeDescription") in found.notes
    unit = next(unit for unit in found.units if unit.accelerator == "H100")
    assert (unit.quantity, unit.per_unit) == (32.0, 12.29)
    assert "derived from the machine type or SKU that 2 charges name" in unit.rule


def test_columns_of_the_row_win(tmp_path: Path) -> None:
    found = told(
        tmp_path,
        {**HOURS, "ChargeDescription": P5, "x_Accelerator": "L4", "x_AcceleratorCount": "1"},
    )
    assert list(found.by("accelerator")) == ["L4"]
    (unit,) = [unit for unit in found.units if unit.unit == "GPU-hour"]
    assert unit.quantity == 2.0
    assert "derived" not in unit.rule
    assert any("ChargeDescription than in x_Accelerator" in note for note in found.notes)


def test_no_contradiction_where_the_row_says_less(tmp_path: Path) -> None:
    row = {**HOURS, "x_Accelerator": "NVIDIA A100", "x_InstanceType": "a2-highgpu-8g"}
    found = told(tmp_path, row)
    assert list(found.by("accelerator")) == ["NVIDIA A100"]
    assert not any("another accelerator" in note for note in found.notes)


def test_the_price_details_win_over_the_description(tmp_path: Path) -> None:
    row = {**HOURS, "ChargeDescription": P5}
    found = told(tmp_path, {**row, "SkuPriceDetails": details(InstanceType="g5.xlarge")})
    assert list(found.by("accelerator")) == ["A10G"]
    said = "1 charges worth 196.64 USD name another accelerator in ChargeDescription than in "
    assert said + "SkuPriceDetails: SkuPriceDetails was followed." in found.notes


def test_a_machine_without_accelerators_wins_as_well(tmp_path: Path) -> None:
    row = {**HOURS, "ChargeDescription": P5}
    found = told(tmp_path, {**row, "SkuPriceDetails": details(InstanceType="c7i.4xlarge")})
    assert list(found.by("accelerator")) == [UNKNOWN]
    assert any("another accelerator in ChargeDescription" in note for note in found.notes)


def test_an_accelerator_may_be_attached_to_a_machine_without_one(tmp_path: Path) -> None:
    row = {**HOURS, "x_InstanceType": "n2-standard-8"}
    found = told(tmp_path, {**row, "ChargeDescription": "Nvidia Tesla T4 GPU running in Iowa"})
    assert list(found.by("accelerator")) == ["T4"]
    assert not any("another accelerator" in note for note in found.notes)


def test_the_count_of_the_bill_wins(tmp_path: Path) -> None:
    row = {**HOURS, "SkuPriceDetails": details(InstanceType="p5.48xlarge", GpuCount="4")}
    found = told(tmp_path, row)
    assert next(unit.quantity for unit in found.units) == 8.0
    assert any("another GpuCount" in note for note in found.notes)


def test_hours_of_something_else_are_unknown(tmp_path: Path) -> None:
    row = {"ConsumedQuantity": "500", "ConsumedUnit": "GB", "x_InstanceType": "p5.48xlarge"}
    found = told(tmp_path, row)
    (unit,) = [unit for unit in found.units if unit.unit == "GPU-hour"]
    assert unit.per_unit is None
    assert any("hours of H100: 1 charges" in unknown.what for unknown in found.unknown)


def test_reservations_are_not_hours_twice(tmp_path: Path) -> None:
    found = told(
        tmp_path,
        {**HOURS, "ChargeDescription": P5},
        {**HOURS, "ChargeDescription": "$0.00 per Reservation Linux p5.48xlarge Instance Hour"},
    )
    assert next(unit.quantity for unit in found.units) == 16.0


def test_names_that_two_offers_disagree_on_are_not_known() -> None:
    offers = [
        Offer(id="a", instance_type="X1", accelerator="L4", accelerator_count=1, price_per_hour=1),
        Offer(id="b", instance_type="x1", accelerator="L4", accelerator_count=2, price_per_hour=1),
        Offer(id="c", instance_type="y1", price_per_hour=1),
    ]
    assert {name: one.accelerator for name, one in known_machines(offers).items()} == {"y1": ""}


TEXTS = st.sampled_from(["", P5, "g5.xlarge", "c7i.4xlarge", "NULL", "Nvidia L4 GPU running in X"])


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "BilledCost": st.sampled_from(["1.000001", "-3", "0", "7.77"]),
                "ChargeDescription": TEXTS,
                "SkuMeter": TEXTS,
                "x_InstanceType": TEXTS,
                "x_Accelerator": st.sampled_from(["", "H100"]),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_parts_still_sum_to_the_bill(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    found = told(tmp_path_factory.mktemp("bill"), *rows)
    exact = sum(round(float(row["BilledCost"]) * 1e6) for row in rows)
    assert found.spend.rows == len(rows)
    assert sum(found.by("accelerator").values()) == found.spend.total_micros == exact


@pytest.mark.data
def test_the_public_sample_names_one_machine_type(shared_data: Path) -> None:
    found = lepta.assess(focus=[shared_data / "focus" / "focus_1.0_sample.csv"])
    assert found.by("accelerator")["A10G"] == 8_579_683
    (unit,) = [unit for unit in found.units if unit.unit == "GPU-hour"]
    # $1.624 per g5.4xlarge hour, of which each has one A10G: as the description says.
    assert unit.per_unit == pytest.approx(1.624, rel=1e-6)
