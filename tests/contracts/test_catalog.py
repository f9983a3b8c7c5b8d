"""The built-in catalog: enough offers, each with source and day, and true to the sources."""

from datetime import date
from pathlib import Path

import pytest

from lepta.adapters.catalog import BUILT_IN
from lepta.domain.offer import Term
from lepta.domain.prices import per_accelerator
from lepta.wiring.prices import built_in


@pytest.fixture(scope="module")
def entries():
    return built_in()


def test_there_are_enough_offers_of_enough_providers(entries):
    assert len(entries) >= 150
    assert len({entry.offer.provider for entry in entries}) >= 8
    assert {entry.offer.term for entry in entries} == set(Term) - {Term.SERVERLESS}
    assert BUILT_IN.stat().st_size < 60_000


def test_every_row_has_a_price_a_source_and_a_day(entries):
    for entry in entries:
        assert entry.offer.price_per_hour is not None
        assert 0 < entry.offer.price_per_hour < 1_000
        assert entry.source
        assert date(2023, 1, 1) <= date.fromisoformat(entry.as_of) <= date(2026, 12, 31)
        assert entry.currency == "USD"


def test_names_are_unique_and_say_what_they_name(entries):
    names = [entry.offer.id for entry in entries]
    assert len(set(names)) == len(names)
    for entry in entries:
        offer = entry.offer
        assert offer.id.startswith(f"{offer.provider}/")
        assert offer.instance_type in offer.id
        assert offer.term.value in offer.id


def test_the_accelerators_that_people_ask_for_are_there(entries):
    have = {entry.offer.accelerator for entry in entries}
    wanted = {"H100", "H200", "B200", "A100-40GB", "A100-80GB", "L4", "L40S", "A10G", "T4", "V100"}
    assert wanted | {"MI300X", ""} <= have


def test_accelerators_have_counts_and_fractions_are_kept(entries):
    for entry in entries:
        assert bool(entry.offer.accelerator) == (entry.offer.accelerator_count > 0), entry.offer.id
    by_name = {entry.offer.id: entry for entry in entries}
    part = by_name["aws/us-east-1/g6f.large/on-demand"]
    assert part.offer.accelerator_count == 0.125
    assert per_accelerator(part) == pytest.approx(0.202 / 0.125)
    assert by_name["azure/eastus/Standard_ND96isr_H100_v5/on-demand"].offer.accelerator_count == 8


def test_spot_and_reserved_are_cheaper_than_on_demand_of_the_same_day(entries):
    on_demand = {
        (e.offer.provider, e.offer.region, e.offer.instance_type, e.as_of): e.offer.price_per_hour
        for e in entries
        if e.offer.term is Term.ON_DEMAND
    }
    compared = 0
    for entry in entries:
        offer = entry.offer
        key = (offer.provider, offer.region, offer.instance_type, entry.as_of)
        if offer.term is not Term.ON_DEMAND and key in on_demand:
            assert 0.1 * on_demand[key] < offer.price_per_hour <= on_demand[key], offer.id
            compared += 1
    assert compared > 50


@pytest.mark.data
def test_prices_agree_with_the_sources(entries, shared_data: Path):
    import duckdb

    prices, con = shared_data / "prices", duckdb.connect()

    def ask(query, file):
        return con.execute(query.replace("TABLE", f"'{prices / file}'")).fetchall()

    aws = dict(
        ask(
            "select instance_type, on_demand_usd_per_hour_us_east_1 from TABLE",
            "aws_instance_types.parquet",
        )
    )
    azure = {
        (region, sku): price
        for region, sku, price in ask("select * from TABLE", "azure_ondemand.parquet")
    }
    gcp = {
        (machine, region): row
        for machine, region, *row in ask(
            "select machine_type, region, on_demand_usd_per_hour, spot_usd_per_hour, "
            "cud_1y_usd_per_month / 730, cud_3y_usd_per_month / 730 from TABLE "
            "where offered_in_region",
            "gcp_compute.parquet",
        )
    }
    column = {"on-demand": 0, "spot": 1, "reserved-1y": 2, "reserved-3y": 3}
    seen = {"aws": 0, "azure": 0, "gcp": 0}
    for entry in entries:
        offer, expected = entry.offer, None
        if offer.provider == "aws" and entry.as_of == "2026-07-20":
            expected = aws[offer.instance_type]
        elif offer.provider == "azure" and entry.as_of == "2026-06-18":
            expected = azure[offer.region, offer.instance_type]
        elif offer.provider == "gcp":
            expected = gcp[offer.instance_type, offer.region][column[offer.id.rpartition("/")[2]]]
        if expected is not None:
            assert offer.price_per_hour == pytest.approx(expected, abs=1e-6), offer.id
            seen[offer.provider] += 1
    assert min(seen.values()) > 30


@pytest.mark.data
def test_the_committed_file_is_what_the_tool_makes(checkout: Path, shared_data: Path, tmp_path):
    import os
    import subprocess
    import sys

    tool = tmp_path / "tools" / "make_catalog.py"
    tool.parent.mkdir()
    tool.write_text((checkout / "tools" / "make_catalog.py").read_text())
    env = {**os.environ, "LEPTA_DATA": str(shared_data)}
    subprocess.run([sys.executable, str(tool)], check=True, env=env, capture_output=True)
    made = tmp_path / "src" / "lepta" / "adapters" / "catalog_data" / "offers.csv"
    assert made.read_text() == BUILT_IN.read_text()
