"""A replay of replicas that are fitted to measured latencies: figures, marks and refusals."""

import csv
from pathlib import Path

import numpy as np
import pytest

import lepta
from lepta.errors import InputError

SLO = "ttft:p95=1s,tpot:p95=60ms"


@pytest.fixture(scope="module")
def example(checkout: Path) -> Path:
    return checkout / "examples" / "profile"


def trace(count=600, rate=3.0, seed=4, inputs=1024, outputs=200):
    rng = np.random.default_rng(seed)
    return {
        "at_s": np.cumsum(rng.exponential(1 / rate, count)),
        "input_tokens": rng.integers(inputs // 2, inputs * 2, count),
        "output_tokens": rng.integers(outputs // 2, outputs * 2, count),
    }


def write_offers(path: Path, rows: list[dict[str, object]]) -> Path:
    columns = "offer provider region accelerator accelerator_count term price_per_hour startup_s"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns.split(), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_every_request_gets_its_tokens_and_its_times(example):
    work = trace()
    found = lepta.replay(work, "fixed:2", slo=SLO, profiles=example / "serving.csv", startup="60s")
    run = found.policies[0]
    assert found.engine == "batched replicas iteration by iteration, one queue"
    assert (run.arrived, run.served) == (600, 600)
    assert run.units == pytest.approx(work["output_tokens"].sum() / 1e6)
    assert run.ttft is not None and run.tpot is not None
    assert 0 < run.tpot.p50 < 0.1 and 0 < run.ttft.p50 <= run.ttft.p99 < run.latency.p99
    mean = run.ttft.mean + run.tpot.mean * (work["output_tokens"].mean() - 1)
    assert run.latency.mean == pytest.approx(mean, rel=0.2)
    assert any("KV cache is not known" in said for said in found.unknown)


def test_more_replicas_answer_sooner(example):
    work = trace(rate=12.0)
    found = lepta.replay(
        work, "fixed:1,fixed:2,fixed:6", slo=SLO, profiles=example / "serving.csv", startup=60
    )
    assert [run.tpot.mean for run in found.policies] == sorted(
        (run.tpot.mean for run in found.policies), reverse=True
    )


def test_memory_follows_from_published_figures(example, tmp_path):
    header = (example / "models.csv").read_text().splitlines()[0]
    models = tmp_path / "models.csv"
    models.write_text(f"{header}\nexample-8b,8e9,,32,4096,65536,,,fp8\n")
    options = {"slo": SLO, "profiles": example / "serving.csv", "startup": 60}
    figures = {"models": models, "gpu_figures": example / "gpus.csv"}
    known = lepta.replay(trace(count=50), "fixed:1", **options, **figures)
    assert not any("KV cache" in said for said in known.unknown)
    models.write_text(f"{header}\nexample-8b,900e9,,32,4096,65536,,,fp8\n")
    with pytest.raises(InputError, match="do not fit"):
        lepta.replay(trace(count=50), "fixed:1", **options, **figures)


def test_a_machine_of_several_replicas_is_parted(example, tmp_path):
    row = {"provider": "aws", "region": "r", "term": "on-demand", "startup_s": 90}
    offers = write_offers(
        tmp_path / "offers.csv",
        [
            row
            | {
                "offer": "l40s-2",
                "accelerator": "L40S",
                "accelerator_count": 2,
                "price_per_hour": 4.0,
            },
            row
            | {
                "offer": "h100-1",
                "accelerator": "H100",
                "accelerator_count": 1,
                "price_per_hour": 6.0,
            },
        ],
    )
    found = lepta.replay(
        trace(), "fixed:2/0,hpa", slo=SLO, profiles=example / "serving.csv", offers=offers
    )
    assert set(found.variants) == {"l40s-2", "h100-1"} and found.currency == "USD"
    assert any("l40s-2 holds 2 replicas" in note for note in found.notes)
    first = found.policies[0]
    hours = dict(first.replica_hours_by_variant)
    name = found.variants[0]
    assert first.cost == pytest.approx(hours[name] * (2.0 if name == "l40s-2" else 6.0))


def test_lengths_that_were_not_measured_are_marked_or_refused(example):
    long = trace(count=200, inputs=40_000)
    options = {"slo": "ttft:p95=60s", "profiles": example / "serving.csv", "startup": 60}
    with pytest.raises(InputError, match="--extrapolate"):
        lepta.replay(long, "fixed:1", **options)
    marked = lepta.replay(long, "fixed:1", **options, extrapolate=True)
    assert any("longer than the measured" in said for said in marked.unknown)
    assert any("extrapolated" in said for said in marked.unknown)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"slo": "wait:p99=2s"}, "says nothing of latency, TTFT or TPOT"),
        ({"slo": "ttft:p95=1us"}, "nothing serves the trace"),
        ({"model": "other"}, "no row is of the model 'other'"),
        ({"priority": "all"}, "neither priority nor capacity"),
        ({"capacity": 5.0}, "neither priority nor capacity"),
        ({"profiles": "nowhere.parquet"}, "nowhere.parquet"),
    ],
)
def test_what_cannot_be_is_said(example, options, said):
    given = {"slo": SLO, "profiles": example / "serving.csv", "startup": 60} | options
    with pytest.raises(InputError) as caught:
        lepta.replay(trace(count=20), "fixed:1", **given)
    assert said in str(caught.value)


def test_a_trace_without_tokens(example):
    work = {"at_s": [0.0, 1.0], "service_s": [1.0, 1.0]}
    with pytest.raises(InputError, match="the trace has none"):
        lepta.replay(work, "fixed:1", slo=SLO, profiles=example / "serving.csv")


@pytest.mark.parametrize("routing", ["round-robin", "least-loaded", "weighted", "prefix-aware"])
def test_routings(example, routing):
    found = lepta.replay(
        trace(count=300), "fixed:3", slo=SLO, profiles=example / "serving.csv", routing=routing
    )
    assert routing in found.engine and found.policies[0].served == 300
