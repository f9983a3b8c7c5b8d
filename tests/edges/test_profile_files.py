"""Wrong files given to `lepta profile`: one clear error with file, line, column and value."""

from pathlib import Path

import pytest

import lepta
from lepta.errors import InputError

SERVING = (
    "model,gpu,gpus,backend,precision,input_tokens,output_tokens,concurrency,ttft_ms,tpot_ms\n"
)
ROW = "m,h100_sxm,1,vllm,fp8,1024,256,8,100,10\n"
MORE = "m,h100_sxm,1,vllm,fp8,1024,256,16,150,12\n"
CLASSES = "class,input_tokens,output_tokens\nchat,1024,256\n"
TEST = "rate_per_s,input_tokens,output_tokens,ttft_ms,tpot_ms\n"
LOG = "ts,input_tokens,output_tokens\n"
MODELS = "model,parameters,active_parameters,layers,hidden,kv_elements,experts,experts_per_token\n"
SLO = "ttft=1s,tpot=50ms"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "classes.csv").write_text(CLASSES)
    (tmp_path / "serving.csv").write_text(SERVING + ROW + MORE)
    return tmp_path


def serving_with(column: str, text: str) -> str:
    names = SERVING.strip().split(",")
    cells = dict(zip(names, MORE.strip().split(","), strict=True))
    cells[column] = text
    return SERVING + ROW + ",".join(cells.values()) + "\n"


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("tpot_ms", "inf", "is not a finite number"),
        ("ttft_ms", "nan", "is not a finite number"),
        ("ttft_ms", "-5", "must be at least"),
        ("tpot_ms", "0", "must be at least"),
        ("tpot_ms", "1e300", "must be at most"),
        ("input_tokens", "0", "must be at least 1"),
        ("output_tokens", "0", "must be at least 1"),
        ("output_tokens", "", "is blank, but this column must be given"),
        ("concurrency", "-1", "must be at least 1"),
        ("gpus", "0", "must be at least 1"),
        ("gpus", "1.5", "is not a whole number"),
        ("ttft_ms", "1,5", "has 11 cells where the header has 10"),
        ("ttft_ms", "fast", "is not a number"),
    ],
)
def test_a_wrong_cell_of_a_serving_table(here: Path, column: str, text: str, said: str) -> None:
    (here / "bad.csv").write_text(serving_with(column, text))
    with pytest.raises(InputError) as caught:
        lepta.profile("bad.csv", classes="classes.csv", slo=SLO)
    assert said in caught.value.what
    assert "bad.csv, line 3" in caught.value.where
    if "cells" not in said:
        assert f"column '{column}'" in caught.value.where
        assert text == "" or repr(text) in caught.value.what
    assert caught.value.remedy


def test_a_missing_column_is_named_and_so_are_those_that_are_there(here: Path) -> None:
    (here / "bad.csv").write_text("model,gpu,gpus,input_tokens\nm,g,1,5\n")
    with pytest.raises(
        InputError, match=r"column 'output_tokens' is missing.*there are model, gpu"
    ):
        lepta.profile("bad.csv", classes="classes.csv", slo=SLO)


def test_names_of_public_tables_are_understood_and_said(here: Path) -> None:
    other = SERVING.replace("gpu,", "gpu_system,", 1).replace(",gpus,", ",num_gpus_derived,")
    (here / "other.csv").write_text(other + ROW + MORE)
    found = lepta.profile("other.csv", classes="classes.csv", slo=SLO)
    assert found.profiles[0].offer == "1x h100_sxm"
    (here / "other.csv").write_text(other + ROW.replace(",1,vllm", ",0,vllm"))
    with pytest.raises(InputError, match="column 'num_gpus_derived'"):
        lepta.profile("other.csv", classes="classes.csv", slo=SLO)


def test_rows_without_gpus_or_concurrency_are_left_out_and_counted(here: Path) -> None:
    (here / "s.csv").write_text(SERVING + ROW + MORE + ROW.replace(",1,vllm", ",,vllm"))
    found = lepta.profile("s.csv", classes="classes.csv", slo=SLO)
    assert found.notes[1:] == ("s.csv: left out for being without gpus: 1 of 3 rows",)
    (here / "s.csv").write_text(SERVING + ROW.replace(",1,vllm", ",,vllm"))
    with pytest.raises(InputError, match="has no row with gpus and concurrency"):
        lepta.profile("s.csv", classes="classes.csv", slo=SLO)


def test_too_few_rows_and_lengths_outside_are_unknown_not_zero(here: Path) -> None:
    (here / "classes.csv").write_text(CLASSES + "long,9000,256\n")
    found = lepta.profile("serving.csv", classes="classes.csv", slo=SLO)
    assert [p.demand_class for p in found.profiles] == ["chat"]
    assert found.unknown == ("long on 1x h100_sxm: 2 rows are measured, and a fit needs 8",)


def test_an_objective_that_the_smallest_load_breaks(here: Path) -> None:
    found = lepta.profile("serving.csv", classes="classes.csv", slo="tpot=1ms")
    assert found.profiles == ()
    assert "the objective is broken at the smallest measured load, 8" in found.unknown[0]


@pytest.mark.parametrize(
    ("slo", "said"),
    [
        ("ttft=2", "the objective of ttft is '2'"),
        ("ttft=-1s", "the objective of ttft is '-1s'"),
        ("ttft=0s", "the objective of ttft is '0s'"),
        ("tpot=1.2.3ms", "the objective of tpot is '1.2.3ms'"),
        ("latency=2s", "has the part 'latency=2s'"),
        ("ttft=1s,ttft=2s", "has the part 'ttft=2s' twice"),
        ("", "has the part ''"),
        (None, "has no latency objective"),
    ],
)
def test_an_objective_that_says_nothing(slo, said) -> None:
    with pytest.raises(InputError) as caught:
        lepta.profile("serving.csv", classes="classes.csv", slo=slo)
    assert said in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 95.0, float("nan")])
def test_a_share_that_is_none(share) -> None:
    with pytest.raises(InputError):
        lepta.profile("serving.csv", classes="classes.csv", slo=SLO, share=share)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"table": "serving.csv", "benchmark": "serving.csv"},
        {"roofline": True, "metrics": "a.prom"},
        {"metrics": "a.prom", "requests": "log.csv"},
    ],
)
def test_there_is_one_source_of_rates(given) -> None:
    with pytest.raises(InputError, match="there must be one source of rates"):
        lepta.profile(**given, slo=SLO)


def test_offers_without_accelerators_are_no_places(here: Path) -> None:
    (here / "offers.csv").write_text("offer,accelerator,accelerator_count,price_per_hour\na,,,1\n")
    with pytest.raises(InputError, match=r"offers\.csv: no offer has accelerators"):
        lepta.profile("serving.csv", classes="classes.csv", slo=SLO, offers="offers.csv")


def test_a_class_whose_model_the_table_lacks(here: Path) -> None:
    (here / "classes.csv").write_text("class,input_tokens,output_tokens,model\nchat,1,1,other\n")
    with pytest.raises(InputError, match="'chat' wants the model 'other', and the table has m"):
        lepta.profile("serving.csv", classes="classes.csv", slo=SLO)


@pytest.mark.parametrize("gpus", ["h100_sxm:0", "a b", "h100:x", ""])
def test_gpus_that_cannot_be_read(gpus) -> None:
    with pytest.raises(InputError, match="--gpus has the part"):
        lepta.profile("serving.csv", classes="classes.csv", slo=SLO, gpus=gpus)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("inf,1024,256,100,10\n", "column 'rate_per_s': is not a finite number: 'inf'"),
        ("0,1024,256,100,10\n", "must be at least 1e-09: '0'"),
        ("2,1024,256,,10\n", "column 'ttft_ms': is blank, but the objective promises it"),
        (",1024,256,100,10\n", "column 'rate_per_s': is blank, but there is no concurrency"),
    ],
)
def test_a_wrong_load_test(here: Path, text: str, said: str) -> None:
    (here / "test.csv").write_text(TEST + "1,1024,256,50,9\n" + text)
    with pytest.raises(InputError) as caught:
        lepta.profile(benchmark="test.csv", offer="l4", slo=SLO)
    assert said in str(caught.value)
    assert "test.csv, line 3" in str(caught.value)


def test_a_load_test_of_no_offer(here: Path) -> None:
    (here / "test.csv").write_text(TEST + "1,1024,256,50,9\n")
    with pytest.raises(InputError, match="column 'offer'"):
        lepta.profile(benchmark="test.csv", slo=SLO)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-23T08:00:00Z,0,5\n", "column 'input_tokens': must be at least 1: '0'"),
        ("2026-11-23T08:00:00Z,5,0\n", "column 'output_tokens': must be at least 1: '0'"),
        ("2026-11-23T08:00:00Z,-3,5\n", "must be at least 1: '-3'"),
        ("2026-11-23T08:00:00Z,inf,5\n", "is not a finite number: 'inf'"),
        ("2026-11-23T08:00:00,5,5\n", "column 'ts': has no zone"),
        ("yesterday,5,5\n", "is not an ISO 8601 time"),
    ],
)
def test_a_wrong_request(here: Path, text: str, said: str) -> None:
    (here / "log.csv").write_text(LOG + "2026-11-23T07:00:00Z,5,5\n" + text)
    with pytest.raises(InputError) as caught:
        lepta.profile(requests="log.csv")
    assert said in str(caught.value)
    assert "log.csv, line 3" in str(caught.value)


def test_a_log_at_one_instant_and_an_error_that_is_none(here: Path) -> None:
    (here / "log.csv").write_text(LOG + "2026-11-23T07:00:00Z,5,5\n" * 2)
    with pytest.raises(InputError, match="all requests have one time"):
        lepta.profile(requests="log.csv")
    for error in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="the error from bucketing"):
            lepta.profile(requests="log.csv", bucket_error=error)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("m,1e9,2e9,10,10,10,,", "2e+09 active parameters of 1e+09"),
        ("m,1e9,,10,10,10,8,", "8 experts, None of them per token"),
        ("m,1e9,,10,10,10,8,9", "8 experts, 9 of them per token"),
        ("m,inf,,10,10,10,,", "is not a finite number"),
        ("m,1e9,,0,10,10,,", "must be at least 1: '0'"),
    ],
)
def test_wrong_figures_of_a_model(here: Path, row: str, said: str) -> None:
    (here / "models.csv").write_text(MODELS + row + "\n")
    with pytest.raises(InputError) as caught:
        lepta.profile("serving.csv", models="models.csv", classes="classes.csv", slo=SLO)
    assert said in str(caught.value)
    assert "models.csv, line 2" in str(caught.value)


def test_an_estimate_without_figures(here: Path) -> None:
    with pytest.raises(InputError, match="an estimate needs figures of models and GPUs"):
        lepta.profile(roofline=True, classes="classes.csv", slo=SLO)


def test_a_parquet_file_that_is_none(here: Path) -> None:
    (here / "bad.parquet").write_text("no")
    with pytest.raises(InputError, match="is not a Parquet file"):
        lepta.profile("bad.parquet", classes="classes.csv", slo=SLO)
    with pytest.raises(InputError, match="there is no such file"):
        lepta.profile("none.parquet", classes="classes.csv", slo=SLO)
