"""A replay of images and of audio, served in batches whose latency was measured."""

from pathlib import Path

import numpy as np
import pytest

import lepta
from lepta.errors import InputError

TABLE = "batch_size,batch_latency_s\n1,0.6\n2,1.0\n4,1.8\n8,3.4\n"


@pytest.fixture
def batches(tmp_path: Path) -> Path:
    path = tmp_path / "batches.csv"
    path.write_text(TABLE)
    return path


def images(count=400, rate=0.5, seed=3):
    rng = np.random.default_rng(seed)
    return {
        "at_s": np.cumsum(rng.exponential(1 / rate, count)),
        "images": rng.integers(1, 4, count),
    }


def test_an_idle_replica_serves_a_request_in_the_time_of_its_batch(batches):
    work = {"at_s": [0.0, 100.0, 200.0], "images": [1, 2, 4]}
    run = lepta.replay(work, "fixed:1", slo="p95=10s", profiles=batches).policies[0]
    assert run.latency.mean == pytest.approx((0.6 + 1.0 + 1.8) / 3)
    assert run.latency.max == pytest.approx(1.8) and run.wait.max == pytest.approx(0.0)
    assert run.units == pytest.approx(7 / 1000)


def test_what_comes_meanwhile_waits_for_the_next_batch(batches):
    work = {"at_s": [0.0, 0.1, 0.2], "images": [1, 1, 1]}
    run = lepta.replay(work, "fixed:1", slo="p95=10s", profiles=batches).policies[0]
    assert run.latency.max == pytest.approx(0.6 + 1.0 - 0.1)
    assert run.served == 3


def test_the_capacity_is_told_and_kept(batches):
    found = lepta.replay(images(), "hpa,fixed:4", slo="p95=10s", profiles=batches, startup="30s")
    assert any("Images of all per second inside latency p95 <= 10 s" in n for n in found.notes)
    assert found.unit == "1,000 images" and found.policies[1].kept
    assert all(run.arrived == run.served == 400 for run in found.policies)


def test_audio_comes_in_chunks(tmp_path):
    table = tmp_path / "chunks.csv"
    table.write_text("batch_size,batch_latency_s,chunk_s\n1,0.5,10\n4,0.8,10\n")
    work = {"at_s": [0.0, 100.0], "audio_s": [10.0, 35.0]}
    run = lepta.replay(work, "fixed:1", slo="p95=10s", profiles=table).policies[0]
    assert run.latency.max == pytest.approx(4 * 0.5) and run.latency.mean == pytest.approx(1.25)


def test_offers_by_name(tmp_path):
    table, offers = tmp_path / "b.csv", tmp_path / "offers.csv"
    table.write_text(
        "offer,batch_size,batch_latency_s\nl4,1,1.2\nl4,4,3.6\nh100,1,0.3\nh100,8,1.8\n"
    )
    offers.write_text("offer,price_per_hour,startup_s\nl4,0.8,60\nh100,4,90\nother,1,60\n")
    found = lepta.replay(images(), "wva,predictive", slo="p95=8s", profiles=table, offers=offers)
    assert set(found.variants) == {"l4", "h100"} and found.currency == "USD"


@pytest.mark.parametrize(
    ("work", "options", "said"),
    [
        ({"at_s": [0.0], "service_s": [1.0]}, {}, "the trace has neither"),
        ({"at_s": [0.0], "images": [1]}, {"slo": "ttft:p95=1s"}, "says nothing of latency"),
        ({"at_s": [0.0], "images": [1]}, {"slo": "p95=10ms"}, "no replica serves the class"),
        ({"at_s": [0.0], "images": [1]}, {"capacity": 3.0}, "neither priority nor capacity"),
    ],
)
def test_what_cannot_be_is_said(batches, work, options, said):
    with pytest.raises(InputError) as caught:
        lepta.replay(work, "fixed:1", **{"slo": "p95=10s", "profiles": batches} | options)
    assert said in str(caught.value)


def test_a_broken_table_is_named(tmp_path):
    table = tmp_path / "b.csv"
    table.write_text("batch_size,batch_latency_s\n1,fast\n")
    with pytest.raises(InputError, match=r"b\.csv, line 2, column 'batch_latency_s'"):
        lepta.replay(images(20), "fixed:1", slo="p95=9s", profiles=table)
