"""`lepta profile` as people and programs meet it."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import lepta
from lepta.cli.main import main
from lepta.domain.serving import Source
from lepta.report.schema.profile import SCHEMA, to_json
from lepta.verbs.profile import write

TABLE = ("--table", "serving.csv", "--classes", "classes.csv", "--slo", "ttft=2s,tpot=50ms")
FIGURES = ("--models", "models.csv", "--gpu-figures", "gpus.csv", "--model", "Qwen/Qwen3-32B")


@pytest.fixture(autouse=True)
def here(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example, as the working folder."""
    shutil.copytree(checkout / "examples" / "profile", tmp_path, dirs_exist_ok=True)
    shutil.copy(checkout / "examples" / "fleet" / "offers.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize(
    "arguments",
    [
        TABLE,
        ("--requests", "requests.csv", *TABLE[:2], *TABLE[4:], "--bucket-error", "20%"),
        ("--requests", "requests.csv", "--every", "10m"),
        ("--metrics", "after.prom", "--interval", "10m", "--offer", "a", "--slo", "ttft=1s"),
        ("--benchmark", "load_test.csv", "--offer", "a", "--slo", "ttft=1s"),
        (
            "--roofline",
            *FIGURES,
            "--classes",
            "classes.csv",
            "--slo",
            "tpot=50ms",
            "--gpus",
            "l40s",
        ),
        ("--table", "serving.csv", "--backtest"),
    ],
    ids=["table", "requests and table", "requests", "metrics", "benchmark", "roofline", "backtest"],
)
def test_every_source_gives_the_published_document_and_words(arguments, capsys) -> None:
    assert run("profile", *arguments, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["profiles"] or document["bucketing"] or document["backtest"]
    assert run("profile", *arguments) == 0
    assert capsys.readouterr().out.strip()


def test_a_plan_reads_what_a_profile_writes(here: Path, capsys) -> None:
    """From measurements and a request log to a fleet: no file is touched by hand."""
    for safe in ((), ("--safe",)):
        arguments = ("--requests", "requests.csv", "--bucket-error", "20%", "--extrapolate")
        arguments = (*arguments, *TABLE[:2], *TABLE[4:])
        assert run("profile", *arguments, "--offers", "offers.csv", "--out", "case", *safe) == 0
        shutil.copy("offers.csv", "case")
        plan = lepta.plan("case")
        assert plan.status == "optimal"
        assert all(check.ok for check in plan.checks)
    said = capsys.readouterr()
    assert "wrote case/profiles.csv" in said.err
    assert "wrote case/demand.csv" in said.err


def test_safe_writes_the_lower_end_of_the_band(here: Path) -> None:
    found = lepta.profile("serving.csv", classes="classes.csv", slo="tpot=50ms")
    for safe in (False, True):
        write(found, csv="p.csv", safe=safe)
        with Path("p.csv").open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == len(found.profiles)
        for row, profile in zip(rows, found.profiles, strict=True):
            wanted = profile.rate_low if safe else profile.rate
            assert float(row["rate_per_s"]) == pytest.approx(wanted, rel=1e-5)
            assert row["source"] == profile.source.value


def test_a_profile_without_a_safe_rate_has_no_row(here: Path) -> None:
    found = lepta.profile(
        roofline=True,
        classes="classes.csv",
        models="models.csv",
        gpu_figures="gpus.csv",
        model="Qwen/Qwen3-32B",
        gpus="l40s:4",
        slo="ttft=5s,tpot=50ms",
    )
    assert {profile.rate_low for profile in found.profiles} == {0.0}
    assert {profile.source for profile in found.profiles} == {Source.ESTIMATE}
    write(found, csv="p.csv", safe=True)
    assert len(Path("p.csv").read_text().splitlines()) == 1


def test_a_machine_holds_as_many_replicas_as_its_gpus_allow(here: Path) -> None:
    Path("offers.csv").write_text(
        "offer,accelerator,accelerator_count,price_per_hour\none,H100,1,5\neight,H100,8,40\n"
        "cpu,,0,1\nother,A10G,1,1\n"
    )
    found = lepta.profile(
        "serving.csv", classes="classes.csv", slo="tpot=50ms", offers="offers.csv"
    )
    rates = {(p.demand_class, p.offer): p for p in found.profiles}
    assert rates["chat", "eight"].replicas == 8
    assert rates["chat", "eight"].rate == pytest.approx(8 * rates["chat", "one"].rate)
    assert not [name for name in rates if name[1] in ("cpu", "other")]
    assert (
        "chat on other: no replica of the table has such GPUs, in so small a number"
        in found.unknown
    )


def test_memory_is_known_where_the_figures_are(here: Path) -> None:
    text = Path("models.csv").read_text() + "example-8b,8e9,,32,4096,65536,,,fp8\n"
    Path("models.csv").write_text(text)
    found = lepta.profile(
        "serving.csv", classes="classes.csv", slo="tpot=50ms", models="models.csv", gpus="h100_sxm"
    )
    chat = found.profiles[0]
    assert chat.memory == pytest.approx((8e9 + chat.concurrency * 1280 * 65536 * 2) / 2**30)
    assert (
        lepta.profile("serving.csv", classes="classes.csv", slo="tpot=50ms").profiles[0].memory
        is None
    )


def test_demand_adds_up_to_the_log(here: Path) -> None:
    found = lepta.profile(requests="requests.csv", every="10m").bucketing
    assert found is not None
    assert found.error <= 0.05
    served = sum(hours * 3600 * rate for _, _, hours, rate in found.demand)
    assert served == pytest.approx(found.requests, rel=1e-9)
    assert {row[0] for row in found.demand} == {bucket.name for bucket in found.buckets}


def test_wrong_input_is_exit_5_and_a_wrong_share_is_a_wrong_command(capsys) -> None:
    assert run("profile", "--table", "none.csv") == 5
    assert run("profile", "--requests", "requests.csv", "--bucket-error", "much") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_numbers_of_the_document_are_those_of_the_answer() -> None:
    found = lepta.profile("serving.csv", classes="classes.csv", slo="tpot=50ms")
    assert [row["rate_per_s"] for row in to_json(found)["profiles"]] == [
        profile.rate for profile in found.profiles
    ]
