"""Readers of public tables: their known faults, on rows made for the purpose (no data needed)."""

from pathlib import Path

import pytest

from lepta.adapters.traces import azure_llm, gpuspecs, listprices, mlenergy, servegen
from lepta.adapters.traces.fetch import fetch
from lepta.domain.offer import Term
from lepta.errors import InputError
from lepta.wiring.publicdata import find_folder

DAY = 86_400


def test_a_sample_counts_gaps_and_means_tokens() -> None:
    rows = [
        ("conv", 10.0, 100, 20),
        ("code", 0.0, 7, 1),
        ("conv", 14.0, 300, 40),
        ("code", 2, 9, 3),
    ]
    code, conv = azure_llm.parse(rows)
    assert (code.service, code.requests, code.seconds, code.rate_per_s) == ("code", 2, 2.0, 0.5)
    assert (conv.mean_input_tokens, conv.mean_output_tokens) == (200.0, 30.0)


def test_requests_at_one_instant_have_no_rate() -> None:
    with pytest.raises(InputError, match="no rate can be told"):
        azure_llm.parse([("conv", 1.0, 1, 1), ("conv", 1.0, 1, 1)])


def windows(rate: float = 100.0) -> list[tuple[int, float]]:
    return [(start, rate) for start in range(0, DAY, 600)]


def test_a_hole_is_lost_not_idle() -> None:
    rows = windows()
    rows[0] = (0, 0.0)  # one window of hour 0
    rows[6:12] = [(start, 0.0) for start, _ in rows[6:12]]  # hour 1 whole
    rows[12] = (7200, 9.0)  # the edge of the hole: a trickle
    (day,) = servegen.days("w", rows)
    assert day.rates_per_s == (100.0,) * 24
    assert (day.windows_lost, day.hours_bridged) == (8, (1,))


def test_a_lost_hour_is_drawn_straight_between_its_neighbors() -> None:
    rows = [(start, 100.0 + start // 3600) for start in range(0, DAY, 600)]
    for hour in (0, 5, 6, 23):
        rows[6 * hour : 6 * hour + 6] = [(s, 0.0) for s, _ in rows[6 * hour : 6 * hour + 6]]
    (day,) = servegen.days("w", rows)
    assert day.rates_per_s[5] == pytest.approx(105.0)
    assert day.rates_per_s[6] == pytest.approx(106.0)
    assert (day.rates_per_s[0], day.rates_per_s[23]) == (101.0, 122.0)


def test_low_but_real_traffic_is_kept() -> None:
    rows = windows()
    rows[6:12] = [(start, 10.0) for start, _ in rows[6:12]]
    (day,) = servegen.days("w", rows)
    assert (day.rates_per_s[1], day.windows_lost) == (10.0, 0)


def test_days_are_kept_apart_and_a_lost_day_is_said() -> None:
    rows = [*windows(100.0), *((DAY + start, 200.0) for start in range(0, DAY, 600))]
    assert [day.mean_per_s for day in servegen.days("w", rows)] == [100.0, 200.0]
    lost = [*windows(100.0), *((DAY + start, 0.0) for start in range(0, DAY, 600))]
    with pytest.raises(InputError, match="day 1 of w is lost"):
        servegen.days("w", lost)


def test_a_workload_that_never_worked_is_refused() -> None:
    with pytest.raises(InputError, match="no workload"):
        servegen.days("nope", [])
    with pytest.raises(InputError, match="is lost"):
        servegen.days("w", windows(0.0))


def test_azure_zero_is_unknown_and_two_prices_are_none() -> None:
    size = "Standard_ND96isr_H100_v5"
    entries = listprices.parse_azure(
        [
            ("a", size, 0.0),
            ("b", size, 98.32),
            ("c", size, 90.0),
            ("c", size, 98.32),
            ("d", size, 98.32),
            ("d", size, 98.32),
            ("b", "Standard_D2", 0.1),
        ]
    )
    prices = {entry.offer.region: entry.offer.price_per_hour for entry in entries}
    assert prices == {"a": None, "b": 98.32, "c": None, "d": 98.32}
    assert {entry.offer.accelerator_count for entry in entries} == {8}


def test_google_prices_where_it_does_not_sell_are_left_out() -> None:
    cells = ("a3-highgpu-8g", 208.0, 1872.0, "h100-80gb", 8.0)
    machine, *rest = cells
    rows = [
        (machine, "us-central1", *rest, 88.49, 50.61, 44_810.0, True),
        (machine, "us-east1", *rest, 88.49, 0.37, 44_810.0, False),
        (machine, "us-east4", *rest, 88.49, 0.0, None, True),
    ]
    entries = {entry.offer.id: entry.offer for entry in listprices.parse_gcp(rows)}
    assert {offer.region for offer in entries.values()} == {"us-central1", "us-east4"}
    year = entries["a3-highgpu-8g@us-central1 reserved"]
    assert year.term is Term.RESERVED
    assert year.price_per_hour == pytest.approx(44_810.0 / 730)
    assert year.accelerator == "H100"
    assert entries["a3-highgpu-8g@us-east4 spot"].price_per_hour is None
    assert entries["a3-highgpu-8g@us-east4 reserved"].price_per_hour is None


def test_aws_without_a_price_is_unknown() -> None:
    (entry,) = listprices.parse_aws([("p5e.48xlarge", 192, 2_097_152, "h200", 8.0, None)])
    assert entry.offer.price_per_hour is None
    assert entry.memory == 2048


def test_cells_get_their_names() -> None:
    (llm,) = mlenergy.parse_llm([("lm-arena-chat", "m", "H100", 4, 96, 70.0, 3315.3, 39.7)])
    assert (llm.max_batch, llm.tokens_per_s, llm.itl_p95_ms) == (96, 3315.3, 39.7)
    (image,) = mlenergy.parse_image([("m", "B200", 1, 2, 9.1, 0.2)])
    assert (image.batch, image.latency_s, image.images_per_s) == (2, 9.1, 0.2)
    assert gpuspecs.parse([("h100_sxm", 9.89e14), ("h100_pcie", 7.5e14)]) == {"H100": 9.89e14}


def test_a_negative_measurement_is_refused() -> None:
    with pytest.raises(InputError, match="tokens_per_s"):
        mlenergy.parse_llm([("t", "m", "H100", 4, 96, 70.0, -1.0, 39.7)])


def test_a_missing_file_and_a_missing_column_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        fetch(tmp_path, "none.csv", "SELECT 1 FROM data")
    (tmp_path / "gpus.csv").write_text("gpu_system,power\nh100_sxm,700\n")
    with pytest.raises(InputError, match="bf16_dense_flops"):
        fetch(tmp_path, "gpus.csv", "SELECT bf16_dense_flops FROM data")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(InputError, match="cannot be read"):
        fetch(tmp_path, "torn.parquet", "SELECT * FROM data")


def test_no_folder_of_public_data_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEPTA_DATA", raising=False)
    with pytest.raises(InputError, match="LEPTA_DATA"):
        find_folder(None, tmp_path / "checkout")
    (tmp_path / "shared" / "data").mkdir(parents=True)
    (tmp_path / "shared" / "data" / "README.md").write_text("data")
    assert find_folder(None, tmp_path / "checkout") == tmp_path / "shared" / "data"
