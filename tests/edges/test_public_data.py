"""The main job on real files: the case of docs/howto/real-data.md, checked against the tables."""

import math
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import duckdb
import pytest

from lepta.adapters.traces import listprices, servegen
from public_case import B200, P5, P5_ONE, build, one, table

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def case(
    checkout: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("real")
    return folder, build(checkout, shared_data, folder)


def test_the_case_has_these_rows(case: tuple[Path, str]) -> None:
    folder, said = case
    rows = {name: len(table(folder, f"{name}.csv")) for name in ("offers", "demand", "profiles")}
    assert rows == {"offers": 13, "demand": 72, "profiles": 32}
    assert "13 offers, 72 class-hours, 32 profiles" in said


def test_building_twice_gives_the_same_bytes(
    case: tuple[Path, str], checkout: Path, shared_data: Path, tmp_path: Path
) -> None:
    folder, _ = case
    build(checkout, shared_data, tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()


def test_prices_are_those_of_the_tables(case: tuple[Path, str]) -> None:
    offers = {row["offer"]: row for row in table(case[0], "offers.csv")}
    price = {name: float(row["price_per_hour"]) for name, row in offers.items()}
    assert price[P5] == 55.04
    assert price[P5_ONE] == 6.88
    assert price[B200] == 113.9328
    assert price["Standard_ND96isr_H100_v5@eastus"] == 98.32
    assert price["a3-highgpu-8g@us-central1"] == 88.49
    assert price["a3-highgpu-8g@us-central1 reserved"] == pytest.approx(44_810.08 / 730, 1e-6)
    assert offers[P5]["accelerator_count"] == "8"
    assert not [row for row in offers.values() if row["term"] == "spot"]


def test_no_price_of_a_region_that_does_not_sell_the_machine(
    case: tuple[Path, str], shared_data: Path
) -> None:
    gcp = str(shared_data / "prices" / "gcp_compute.parquet")
    listed = one(
        "SELECT on_demand_usd_per_hour, offered_in_region FROM read_parquet($gcp) "
        "WHERE machine_type = 'a3-highgpu-8g' AND region = 'us-east1'",
        gcp=gcp,
    )
    assert listed == (pytest.approx(88.49), False)
    regions = {row["region"] for row in table(case[0], "offers.csv") if row["provider"] == "gcp"}
    assert regions == {"us-central1", "us-east4"}


def test_azure_zeros_are_in_the_region_and_none_is_an_offer(
    case: tuple[Path, str], shared_data: Path
) -> None:
    azure = str(shared_data / "prices" / "azure_ondemand.parquet")
    zeros = one(
        "SELECT count(*) FROM read_parquet($azure) "
        "WHERE region = 'eastus' AND on_demand_usd_per_hour = 0",
        azure=azure,
    )
    assert zeros == (30,)
    assert all(float(row["price_per_hour"]) > 0 for row in table(case[0], "offers.csv"))
    entries = listprices.read_azure(shared_data, ["eastus", "eastus2", "westus3"])
    assert len(entries) == 12
    assert all(entry.offer.price_per_hour for entry in entries)


def test_demand_follows_the_traces(case: tuple[Path, str], shared_data: Path) -> None:
    rates: dict[str, list[float]] = {}
    for row in table(case[0], "demand.csv"):
        rates.setdefault(row["class"], []).append(float(row["rate_per_s"]))
    assert {name: len(hours) for name, hours in rates.items()} == dict.fromkeys(rates, 24)
    azure = one(
        "WITH s AS (SELECT service, (count(*) - 1) / (epoch(max(ts)) - epoch(min(ts))) AS rate "
        "FROM read_parquet($azure) GROUP BY 1) SELECT max(rate) FILTER (service = 'conv'), "
        "max(rate) FILTER (service = 'code') FROM s",
        azure=str(shared_data / "llm_requests" / "azure_2023.parquet"),
    )
    level = one(
        "SELECT sum(requests_per_s::DOUBLE) / 144 FROM read_parquet($rates) "
        "WHERE workload = 'm-large' AND t_s BETWEEN 6 * 86400 AND 7 * 86400 - 1",
        rates=str(shared_data / "llm_requests" / "servegen_client_rates.parquet"),
    )
    assert azure == (pytest.approx(5.906337), pytest.approx(3.130544))
    assert sum(rates["chat"] + rates["code"]) / 24 == pytest.approx(level[0], abs=1e-4)
    for chat, code in zip(rates["chat"], rates["code"], strict=True):
        assert chat / code == pytest.approx(azure[0] / azure[1], rel=1e-5)
    assert rates["image"][0] == pytest.approx(4.395006)
    assert max(rates["image"]) == pytest.approx(9.068062)


def test_holes_in_the_record_are_lost_not_idle(shared_data: Path) -> None:
    days = servegen.read(shared_data, "m-mid")
    zeros, trickles = 62, 16
    assert sum(day.windows_lost for day in days) == zeros + trickles
    assert days[9].hours_bridged == (15, 16, 19, 20, 21, 22)
    assert min(rate for day in days for rate in day.rates_per_s) > 700
    assert sum(day.windows_lost for day in servegen.read(shared_data, "m-large")) == 0


def test_rates_come_from_measurements(case: tuple[Path, str], shared_data: Path) -> None:
    replicas = {
        (row["class"], row["gpu"], row["num_gpus"]): row for row in table(case[0], "replicas.csv")
    }
    assert len(replicas) == 13
    speed = one(
        "SELECT max(output_throughput_tokens_per_sec) FROM read_csv($llm) WHERE "
        "task = 'lm-arena-chat' AND model_id = 'meta-llama/Llama-3.3-70B-Instruct' "
        "AND gpu_model = 'H100' AND num_gpus = 4 AND p95_itl_ms <= 50",
        llm=str(shared_data / "llm_perf" / "mlenergy_llm.csv"),
    )[0]
    assert speed == pytest.approx(3315.324)
    seconds = 201.4965434537246 / speed + 2 * 70e9 * 1195.1429176072236 / (4 * 989e12 * 0.5)
    assert float(replicas["chat", "H100", "4"]["rate_per_s"]) == pytest.approx(1 / seconds)
    assert float(replicas["image", "H100", "1"]["rate_per_s"]) == pytest.approx(0.152483)
    profiles = {
        (r["class"], r["offer"]): float(r["rate_per_s"]) for r in table(*case[:1], "profiles.csv")
    }
    assert profiles["chat", P5] == pytest.approx(2 / seconds, abs=1e-6)
    assert ("chat", P5_ONE) not in profiles, "four H100 do not fit into a machine with one"
    assert not [offer for _, offer in profiles if "NC" in offer], "H100 NVL was not measured"


def test_the_rule_for_reading_inputs_agrees_with_an_independent_measurement(
    shared_data: Path,
) -> None:
    """Qwen3-32B on two H100: ML.ENERGY's writing speed plus the rule, against whole servers."""
    with duckdb.connect() as session:
        rows = session.execute(
            """
            WITH whole AS (
              SELECT concurrency, input_tokens, output_tokens, concurrency
                / ((ttft_ms + tpot_ms * output_tokens) / 1000) AS requests_per_s
              FROM read_parquet($silicon)
              WHERE mode = 'agg' AND model = 'Qwen/Qwen3-32B' AND gpu_system = 'h100_sxm'
                AND precision IS NULL AND num_gpus_derived = 2 AND ttft_ms < 3000),
            part AS (
              SELECT max_num_seqs AS concurrency, output_throughput_tokens_per_sec AS tokens_per_s,
                activated_params_billions AS params
              FROM read_csv($llm) WHERE task = 'lm-arena-chat' AND model_id = 'Qwen/Qwen3-32B'
                AND gpu_model = 'H100' AND num_gpus = 2)
            SELECT 1 / (output_tokens / tokens_per_s
                + 2 * params * 1e9 * input_tokens / (2 * 989e12 * 0.5)) / requests_per_s
            FROM whole JOIN part USING (concurrency)
            """,
            {
                "silicon": str(shared_data / "llm_perf" / "serving_silicon.parquet"),
                "llm": str(shared_data / "llm_perf" / "mlenergy_llm.csv"),
            },
        ).fetchall()
    ratios = [ratio for (ratio,) in rows]
    assert len(ratios) == 38
    assert 0.85 <= min(ratios) <= max(ratios) <= 1.15
    assert 0.95 <= median(ratios) <= 1.0


def test_the_baseline_is_the_busiest_hour_on_the_cheapest_type(case: tuple[Path, str]) -> None:
    rates = {
        (r["offer"], r["class"]): float(r["rate_per_s"]) for r in table(case[0], "profiles.csv")
    }
    load: dict[str, float] = {}
    for row in table(case[0], "demand.csv"):
        share = float(row["rate_per_s"]) / rates[P5, row["class"]]
        load[row["start"]] = load.get(row["start"], 0.0) + share
    assert table(case[0], "current.csv") == [
        {"offer": P5, "units": str(math.ceil(max(load.values()) / 0.85))}
    ]
    assert table(case[0], "current.csv")[0]["units"] == "25"


def test_spot_only_with_a_limit(checkout: Path, shared_data: Path, tmp_path: Path) -> None:
    build(checkout, shared_data, tmp_path, "--spot-limit", "2")
    spot = [row for row in table(tmp_path, "offers.csv") if row["term"] == "spot"]
    assert len(spot) == 3
    assert {row["limit"] for row in spot} == {"2"}
    assert min(float(row["price_per_hour"]) for row in spot) == 23.275237


def test_a_folder_without_data_is_one_clear_message(checkout: Path, tmp_path: Path) -> None:
    script = checkout / "examples" / "real_data" / "build.py"
    done = subprocess.run(
        [sys.executable, str(script), "--out", str(tmp_path / "case")],
        env={**os.environ, "LEPTA_DATA": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
