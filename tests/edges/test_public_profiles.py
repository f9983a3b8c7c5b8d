"""Profiles from the public serving table and request log: the errors that the manual states."""

from dataclasses import replace
from pathlib import Path

import pytest

import lepta
from lepta.domain.serving import BacktestLine
from lepta.domain.serving_tables import GPUS, MODELS, SERVING
from lepta.errors import InputError
from lepta.profile.backtest import fold_backtest
from lepta.profile.roofline import PUBLISHED
from lepta.profile.rows import gpu_figures, model_figures, serving_rows
from lepta.profile.table import by_setting
from lepta.profile.transfer import known_rows, published, transfer_backtest
from lepta.profile.truths import capacity_backtest, capacity_transfer
from lepta.wiring.serving import read_table

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def rows(shared_data: Path):
    return serving_rows(read_table(shared_data / "llm_perf/serving_silicon.parquet", SERVING))[0]


@pytest.fixture(scope="module")
def figures(shared_data: Path, checkout: Path):
    models = model_figures(read_table(checkout / "examples/profile/models.csv", MODELS), None)
    gpus = gpu_figures(read_table(shared_data / "llm_perf/gpu_specs.csv", GPUS))
    return models, gpus


@pytest.fixture(scope="module")
def known(rows, figures):
    return known_rows(rows, *figures)


def by_name(lines: tuple[BacktestLine, ...]) -> dict[tuple[str, str], BacktestLine]:
    return {(line.test, line.target): line for line in lines}


def test_the_fit_is_better_than_the_plain_sum_was_on_the_same_groups(rows) -> None:
    # docs/models/profiles.md: mean 11.3 % and median 7.0 % on 123 groups of eight rows or more.
    mixed = [replace(row, setting=replace(row.setting, backend_version="")) for row in rows]
    tpot = by_name(fold_backtest(by_setting(mixed)))["4-fold", "TPOT"]
    assert tpot.groups == 123
    assert tpot.mean < 0.08
    assert tpot.median < 0.035


def test_unseen_gpus_and_models_err_by_what_the_manual_says(known) -> None:
    lines = by_name(transfer_backtest(known))
    assert lines["GPU", "TPOT"].median < 0.25
    assert lines["model", "TPOT"].median < 0.26
    assert lines["GPU of a known model", "TPOT"].median < 0.20
    assert lines["GPU of a known model", "TTFT"].median < 0.32


@pytest.mark.slow
def test_the_bands_hold_the_capacities_that_they_state(rows, figures) -> None:
    for line in (*capacity_backtest(by_setting(rows)), *capacity_transfer(rows, *figures)):
        assert line.covered is not None
        assert line.covered >= 0.9, line.test


def test_the_published_multiples_are_those_of_the_table(known) -> None:
    made = published(known)
    for name in ("tpot", "ttft", "slow", "fast"):
        assert getattr(made, name) == pytest.approx(getattr(PUBLISHED, name), rel=2e-3, abs=1e-3)


def test_buckets_of_a_real_log_keep_their_bound(shared_data: Path) -> None:
    log = shared_data / "llm_requests/azure_2023.parquet"
    found = lepta.profile(requests=log, assume_utc=True, every="10m").bucketing
    assert found is not None
    assert found.requests == 21_667
    assert found.error <= 0.05
    assert len(found.buckets) <= 25
    with pytest.raises(InputError, match=r"azure_2023\.parquet, line 1, column 'ts'"):
        lepta.profile(requests=log)


def test_the_public_table_is_read_as_it_stands(shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(
        "class,input_tokens,output_tokens\nchat,2048,256\nrag,3000,300\n"
    )
    found = lepta.profile(
        shared_data / "llm_perf/serving_silicon.parquet",
        classes=tmp_path / "c.csv",
        slo="tpot=50ms",
        model="Qwen/Qwen3-32B",
        gpus="h100_sxm:4",
    )
    sources = {profile.demand_class: profile.source.value for profile in found.profiles}
    assert sources == {"chat": "measured", "rag": "fitted"}
    assert found.notes[1].endswith("left out for being disaggregated: 1521 of 4333 rows")
