# ruff: noqa: S608 - the texts in these queries stand in this file
"""The figures that the demo company is calibrated to, computed again from the public data."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from lepta.sim.company.calendar import DAYS
from lepta.sim.company.catalog import SHAPES
from lepta.sim.company.figures import FIGURES, figure
from lepta.sim.company.jobs import SIZES, draw_jobs
from lepta.sim.company.services import SERVICES
from lepta.sim.company.traffic import hourly_rates

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def ask(shared_data: Path) -> Any:
    connection = duckdb.connect()
    yield lambda query: connection.execute(query.replace("DATA", str(shared_data))).fetchall()
    connection.close()


def near(name: str, found: Any, tolerance: float) -> None:
    assert np.ravel(found).astype(float) == pytest.approx(figure(name).values, rel=tolerance), name


def test_every_figure_says_unit_meaning_and_source() -> None:
    assert len({each.name for each in FIGURES}) == len(FIGURES)
    for each in FIGURES:
        assert each.values and each.unit and each.about and each.source.title and each.source.cite


@pytest.mark.parametrize(("service", "name"), [("conv", "chat"), ("code", "code")])
def test_lengths_and_rates_of_azure(ask: Any, service: str, name: str) -> None:
    (found,) = ask(
        "select avg(input_tokens), avg(output_tokens), count(*)/epoch(max(ts) - min(ts)) "
        f"from 'DATA/llm_requests/azure_2023.parquet' where service = '{service}'"
    )
    for part, value in zip(("input_tokens", "output_tokens", "source_rate"), found, strict=True):
        near(f"{name}_{part}", value, 0.01)


@pytest.mark.parametrize(("name", "workload"), [("text", "m-large"), ("image", "mm-image")])
def test_shape_of_the_day_in_servegen(ask: Any, name: str, workload: str) -> None:
    found = ask(
        "with hours as (select floor(t_s / 3600)::int % 24 as hour, floor(t_s / 86400) as day, "
        "sum(requests_per_s) / 6 as rate from 'DATA/llm_requests/servegen_client_rates.parquet' "
        f"where workload = '{workload}' group by all) "
        "select avg(rate) from hours where rate > 0 group by hour order by hour"
    )
    rates = np.ravel(found)
    near(f"day_shape_{name}", rates / rates.mean(), 0.01)


def test_daily_means_differ_as_in_servegen(ask: Any) -> None:
    found = np.ravel(
        ask(
            "select avg(rate) from (select t_s, sum(requests_per_s) as rate from "
            "'DATA/llm_requests/servegen_client_rates.parquet' where workload = 'm-large' "
            "group by t_s) group by floor(t_s / 86400)"
        )
    )
    near("day_to_day", np.std(found) / np.mean(found), 0.08)


def test_sizes_and_durations_of_philly_jobs(ask: Any) -> None:
    groups = "case when num_gpus >= 8 then 8 else num_gpus end"
    source = "'DATA/gpu_jobs/philly_jobs.parquet'"
    shares = ask(
        f"select count(*) / (select count(*) from {source}) from {source} "
        f"where num_gpus in (1, 2, 4) or num_gpus >= 8 group by {groups} order by {groups}"
    )
    assert np.ravel(shares) == pytest.approx(figure("job_gpus_share").values, abs=0.001)
    for size in SIZES:
        ((found,),) = ask(
            "select quantile_cont(duration_s, [.01, .05, .1, .25, .5, .75, .9, .95, .99]) "
            f"from {source} where {groups} = {size}"
        )
        near(f"job_seconds_{size}", found, 0.02)


def test_allocation_of_helios(ask: Any) -> None:
    source = "'DATA/gpu_util/helios_earth_vc_minute.parquet' where total_gpu_num > 0"
    shares = ask(
        f"select avg(running_gpu_num / total_gpu_num) as share from {source} "
        "group by virtual_cluster order by share"
    )
    ((mean,),) = ask(f"select avg(running_gpu_num) / avg(total_gpu_num) from {source}")
    near("allocated_share", (shares[0][0], mean, shares[-1][0]), 0.01)


def test_power_of_acme(ask: Any) -> None:
    quantiles = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95)
    found = [
        ask(
            "select min(gpu_power_w) from 'DATA/gpu_util/acme_gpu_power_cdf.csv' "
            f"where cdf_percent >= {quantile}"
        )
        for quantile in quantiles
    ]
    near("gpu_power_w", found, 0.01)


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "concurrency"),
    [("chat_h100_rate", 1024, 256, 64), ("answers_h100_rate", 2048, 256, 32)],
)
def test_rates_of_a_measured_h100(
    ask: Any, name: str, inputs: int, outputs: int, concurrency: int
) -> None:
    found = ask(
        "select concurrency * 1000 / (ttft_ms + tpot_ms * output_tokens), ttft_ms, tpot_ms "
        "from 'DATA/llm_perf/serving_silicon.parquet' where model = 'Qwen/Qwen3-32B' "
        "and gpu_system = 'h100_sxm' and mode = 'agg' and precision = 'fp8' "
        f"and num_gpus_derived = 1 and input_tokens = {inputs} and output_tokens = {outputs} "
        f"and concurrency = {concurrency}"
    )
    near(name, found[0][0], 0.01)
    assert found[0][1] < 1000
    assert found[0][2] < 50


@pytest.mark.parametrize(
    ("name", "model", "batch"),
    [
        ("posters_h100_rate", "stabilityai/stable-diffusion-3.5-medium", 2),
        ("previews_h100_rate", "Efficient-Large-Model/SANA1.5_1.6B_1024px_diffusers", 4),
    ],
)
def test_rates_of_images(ask: Any, name: str, model: str, batch: int) -> None:
    found = ask(
        "select throughput_images_per_sec from 'DATA/llm_perf/mlenergy_diffusion.csv' "
        f"where model_id = '{model}' and gpu_model = 'H100' and num_gpus = 1 "
        f"and batch_size = {batch}"
    )
    near(name, found, 0.01)


def test_rates_of_completion_and_whisper(ask: Any) -> None:
    near(
        "code_h100_tokens",
        ask(
            "select output_throughput_tokens_per_sec from 'DATA/llm_perf/mlenergy_llm.csv' "
            "where model_id = 'meta-llama/Llama-3.1-8B-Instruct' and task = 'lm-arena-chat' "
            "and gpu_model = 'H100' and num_gpus = 1 and max_num_seqs = 128"
        ),
        0.01,
    )
    found = [
        ask(
            "select performance_result / accelerators_per_node "
            "from 'DATA/llm_perf/mlperf_inference_v5.1.csv' where usedmodel = 'whisper' "
            f"and suite = 'datacenter' and accelerator like 'NVIDIA {gpu}%'"
        )[0]
        for gpu in ("L4-", "L40S", "H100-NVL")
    ]
    near("whisper_l4_l40s_h100", found, 0.01)


def test_specifications(ask: Any) -> None:
    systems = ("h100_sxm", "a100_sxm", "l40s", "l4")
    for name, column, scale in (
        ("memory_bandwidth", "memory_bandwidth_bytes_per_s", 1e9),
        ("eight_bit_rate", "int8_dense_ops", 1e12),
        ("sixteen_bit_rate", "bf16_dense_flops", 1e12),
    ):
        found = [
            ask(
                f"select {column} / {scale} from 'DATA/llm_perf/gpu_specs.csv' "
                f"where gpu_system = '{system}'"
            )
            for system in systems
        ]
        near(name, found, 0.001)


def test_list_prices(ask: Any) -> None:
    aws = dict(
        ask(
            "select instance_type, on_demand_usd_per_hour_us_east_1 "
            "from 'DATA/prices/aws_instance_types.parquet'"
        )
    )
    gcp = {
        (name, region): prices
        for name, region, *prices in ask(
            "select machine_type, region, on_demand_usd_per_hour, spot_usd_per_hour, "
            "cud_1y_usd_per_month / 730 from 'DATA/prices/gcp_compute.parquet' "
            "where offered_in_region"
        )
    }
    saving = dict(
        ask(
            "select instance_type, savings_pct_vs_on_demand / 100 "
            "from 'DATA/spot_prices/aws_spot_advisor_2025_06_28.parquet' "
            "where region = 'us-east-1' and os = 'Linux'"
        )
    )
    for shape in SHAPES.values():
        if shape.region == "us-east-1":
            listed = aws[shape.instance_type]
            spot = listed * (1 - saving.get(shape.instance_type, 0))
            committed = None
        else:
            listed, spot, committed = gcp[shape.instance_type, shape.region]
        assert shape.on_demand == pytest.approx(listed, abs=1e-5), shape.instance_type
        if shape.spot is not None:
            assert shape.spot == pytest.approx(spot, abs=1e-5), shape.instance_type
        if shape.committed is not None:
            assert shape.committed == pytest.approx(committed, abs=1e-5), shape.instance_type


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_what_is_drawn_keeps_to_the_figures(seed: int) -> None:
    random = np.random.default_rng(seed)
    for service in SERVICES:
        rates = hourly_rates(random)[service.name]
        assert rates.mean() == pytest.approx(service.mean_rate, rel=1e-3)
        shape = rates.reshape(DAYS, 24).mean(axis=0) / rates.mean()
        assert shape == pytest.approx(figure(service.day_shape).values, rel=0.06)
        days = rates.reshape(DAYS, 24).mean(axis=1)
        assert 0.08 < days.std() / days.mean() < 0.32
    jobs = draw_jobs(random)
    alone = [job.hours * 3600 for job in jobs if job.gpus == 1]
    assert len(alone) / len(jobs) == pytest.approx(figure("job_gpus_share").values[0], abs=0.01)
    assert np.median(alone) == pytest.approx(figure("job_seconds_1").values[4], rel=0.03)
    assert np.quantile(alone, 0.9) == pytest.approx(figure("job_seconds_1").values[6], rel=0.05)
