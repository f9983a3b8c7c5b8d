"""`lepta plan --quantile` and `--bootstrap-days` as people and programs meet them."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import lepta
from lepta.cli.main import main
from lepta.report.schema.plan import SCHEMA

HISTORY = "frontier/history.csv"


@pytest.fixture
def folder(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example; the working folder is a fresh one."""
    shutil.copytree(checkout / "examples" / "frontier", tmp_path / "frontier")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "frontier"


def run(*arguments: str) -> int:
    try:
        main(["plan", "--case", "frontier", "--no-save", *arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_price_of_safety_is_said(folder: Path, capsys: pytest.CaptureFixture[str]):
    drawn = ("--bootstrap-days", HISTORY, "--seed", "7")
    assert run("--quantile", "0.9", *drawn, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(document)
    assert any(
        said.startswith("The price of safety: 45.60 USD") for said in document["explanation"]
    )
    assert any("200 scenarios of whole days" in said for said in document["explanation"])
    plan = lepta.plan("frontier", quantile=0.9, bootstrap_days=HISTORY, seed=7)
    assert document["cost"] == pytest.approx(plan.cost)


def test_scenarios_from_history_are_planned_together(folder: Path):
    plan = lepta.plan("frontier", bootstrap_days=HISTORY, seed=7)
    assert len(plan.outlooks) == 9  # the demand table, and 8 draws
    assert all(check.ok for check in plan.checks)
    assert plan == lepta.plan("frontier", bootstrap_days=HISTORY, seed=7)


def test_the_mean_may_cost_more_than_a_low_quantile(folder: Path):
    plan = lepta.plan("frontier", quantile=0.05, bootstrap_days=HISTORY, seed=7)
    assert any(said.startswith("No price of safety") for said in plan.explanation)


def test_what_the_limits_do_not_allow_is_said(folder: Path):
    offers = folder / "offers.csv"
    lines = offers.read_text().splitlines()
    limits = ["limit", "0", "0", "0", "4"]
    offers.write_text("\n".join(f"{a},{b}" for a, b in zip(lines, limits, strict=True)) + "\n")
    plan = lepta.plan("frontier", quantile=1.0, bootstrap_days=HISTORY, seed=7)
    assert plan.status == "infeasible"
    assert any("the limits do not allow more" in said for said in plan.explanation)


def test_wrong_questions_end_in_one_message(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("--quantile", "0.9") == 5
    assert "the case has no scenarios" in capsys.readouterr().err
    assert run("--quantile", "2", "--bootstrap-days", HISTORY) == 5
    assert "the quantile is 2" in capsys.readouterr().err
    assert run("--bootstrap-days", "nowhere.csv") == 5
    assert "nowhere.csv" in capsys.readouterr().err
    (folder / "other.csv").write_text(
        "class,start,hours,rate_per_s\ncode,2026-11-09T00:00:00Z,24,1\n"
    )
    assert run("--bootstrap-days", "frontier/other.csv") == 5
    assert "frontier/other.csv: there is no history of chat" in capsys.readouterr().err
    (folder / "scenarios.csv").write_text(
        "scenario,probability,class,start,hours,rate_per_s\n"
        "launch,0.2,chat,2026-11-23T08:00:00Z,12,45\n"
    )
    assert run("--bootstrap-days", HISTORY) == 5
    assert "has scenarios already" in capsys.readouterr().err
    assert run("--quantile", "0.9") == 0
