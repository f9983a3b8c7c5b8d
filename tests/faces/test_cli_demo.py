"""`lepta demo` as a command: what goes to which stream, without running the whole loop again."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from lepta.cli.main import main
from lepta.domain.assessment import Assessment, Basis, Confidence, Finding, Spend
from lepta.domain.demo import Demo
from lepta.domain.plan import FleetPlan
from lepta.report.schema.demo import SCHEMA


def finding() -> Finding:
    return Finding(
        id="F1",
        kind="idle-machine",
        title="i-1 had no work",
        resource="i-1",
        team="__idle__",
        workload="__idle__",
        saving_micros=2_000_000,
        saving_per_month_micros=2_000_000,
        evidence=("nobody held it",),
        confidence=Confidence.HIGH,
        remedy="stop it",
    )


def pretend(out: str, *, seed: int, say: Callable[[str], None]) -> Demo:
    say("1/4 generating")
    spend = Spend(
        currency="USD",
        basis=Basis.EFFECTIVE,
        total_micros=10_000_000,
        billed_micros=10_000_000,
        effective_micros=10_000_000,
        by_category={"Usage": 10_000_000},
        rows=1,
        start=None,
        end=None,
    )
    return Demo(
        seed=seed,
        folder=f"{out}/company",
        html=f"{out}/report.html",
        json=f"{out}/report.json",
        teams=("[red]team",),
        services=("chat",),
        jobs=300,
        planted=(("idle-machine", "i-1"), ("unattached-volume", "[bold]v-1")),
        unmeasured=("i-2",),
        assessment=Assessment(
            spend=spend, allocation=(), daily=(), units=(), findings=(finding(),), unknown=()
        ),
        plan=FleetPlan(
            status="optimal",
            currency="USD",
            cost=3.0,
            bound=3.0,
            gap=0.0,
            cost_now=4.0,
            hours=720.0,
        ),
    )


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepta.verbs.demo.demo", pretend)


def run(*arguments: str) -> int:
    try:
        main(["demo", *arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.usefixtures("stand_in")
def test_json_goes_to_stdout_and_progress_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "--out", "o", "--seed", "9") == 0
    said = capsys.readouterr()
    answer = json.loads(said.out)
    jsonschema.validate(answer, SCHEMA)
    assert answer["seed"] == 9
    assert answer["files"]["html"] == "o/report.html"
    assert [each["found"] for each in answer["planted"]] == [True, False]
    assert "1/4" in said.err


@pytest.mark.usefixtures("stand_in")
def test_people_see_the_report_the_files_and_the_way_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--out", "o") == 0
    said = capsys.readouterr().out
    assert "You paid" in said
    assert "unattached-volume: 1 resource(s), not found" in said
    for path in ("o/report.html", "o/report.json", "o/company"):
        assert path in said
    assert "lepta assess" in said


def test_a_folder_that_cannot_be_written_ends_in_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "file"
    place.write_text("")
    assert run("--out", str(place)) == 7
    error = capsys.readouterr().err
    assert "remedy:" in error
    assert "Traceback" not in error


def test_a_negative_seed_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--seed", "-1") == 2
    assert "seed" in capsys.readouterr().err
