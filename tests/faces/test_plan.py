"""`lepta plan` as people and programs meet it."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import lepta
from lepta.cli.main import main
from lepta.errors import InputError
from lepta.optimize.mix import mix
from lepta.report.schema.plan import SCHEMA, from_json, to_json
from plancases import case_of


@pytest.fixture
def fleet(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example; the working folder is a fresh one."""
    shutil.copytree(checkout / "examples" / "fleet", tmp_path / "fleet")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "fleet"


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_json_is_the_published_document(fleet: Path, capsys: pytest.CaptureFixture[str]):
    assert run("plan", "--case", "fleet", "--json") == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["status"] == "optimal"
    assert document["bound"] <= document["cost"] < document["cost_now"]
    assert all(check["ok"] for check in document["checks"])
    assert document["units"][0]["start"].endswith("Z")
    assert all(row["count"] > 0 for row in document["units"])
    assert document["explanation"]


def test_the_document_reads_back(fleet: Path):
    document = to_json(lepta.plan(fleet))
    assert to_json(from_json(document)) == document


def test_people_see_cost_machines_checks_and_reasons(
    fleet: Path, capsys: pytest.CaptureFixture[str]
):
    assert run("plan", "--case", "fleet", "--no-save") == 0
    said = capsys.readouterr().out
    for part in ("Now", "850.56", "Saving", "h100-reserved", "Without spot", "11 of 11 hold"):
        assert part in said
    assert not (fleet.parent / ".lepta").exists()


def test_the_plan_is_kept_for_the_report_unless_told_not_to(fleet: Path):
    assert run("plan", "--case", "fleet", "--json") == 0
    assert (fleet.parent / ".lepta").is_dir()


def test_infeasible_is_an_answer_with_exit_code_3(fleet: Path, capsys: pytest.CaptureFixture[str]):
    assert run("plan", "--case", "fleet", "--utilization", "0.01", "--json") == 3
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["status"] == "infeasible"
    assert document["cost"] is None
    assert document["units"] == []
    assert {row["class"] for row in document["shortfalls"]} == {"code"}
    assert run("plan", "--case", "fleet", "--utilization", "0.01", "--no-save") == 3
    assert "No fleet serves all demand" in capsys.readouterr().out


def test_a_time_limit_gives_a_checked_plan_with_its_true_gap(fleet: Path):
    plan = lepta.plan(fleet, gap=0.0, time_limit_s=1e-3)
    assert plan.status in {"optimal", "feasible"}
    assert all(check.ok for check in plan.checks)
    best = lepta.plan(fleet)
    assert plan.bound <= best.cost <= plan.cost * (1 + 1e-4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--utilization", "0"), "the utilization is 0.0"),
        (("--utilization", "1.2"), "the utilization is 1.2"),
        (("--utilization", "nan"), "the utilization is nan"),
        (("--gap", "-1"), "the gap is -1.0"),
        (("--gap", "nan"), "the gap is nan"),
        (("--time-limit", "0"), "the time limit is 0.0"),
        (("--time-limit", "nan"), "the time limit is nan"),
    ],
)
def test_options_out_of_range_are_refused(
    fleet: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
):
    assert run("plan", "--case", "fleet", *arguments) == 5
    error = capsys.readouterr().err
    assert said in error
    assert "remedy" in error
    assert "Traceback" not in error


def test_a_wrong_table_is_one_message(fleet: Path, capsys: pytest.CaptureFixture[str]):
    path = fleet / "profiles.csv"
    path.write_text(path.read_text().replace("chat,l4-east", "chat,l4-eats"))
    assert run("plan", "--case", "fleet", "--json") == 5
    out, error = capsys.readouterr()
    assert out == ""
    assert "profiles.csv, line 2, column 'offer'" in error
    assert "'l4-east' meant" in error


def test_markup_in_names_is_only_text(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    from rich.console import Console

    from lepta.report.terminal.plan import show

    name = "[bold]x[/bold]\x1b[31m"
    plan = mix(case_of({name: 1.0}, {"[red]w": [1.0]}, {("[red]w", name): 2.0}))
    show(plan, Console(width=200))
    said = capsys.readouterr().out
    assert "[bold]x[/bold]" in said
    assert "[red]w" in said
    assert "\x1b" not in said


def test_what_is_not_a_plan_is_refused():
    with pytest.raises(InputError, match="the schema is"):
        from_json({"schema": "lepta.solve/1"})
    with pytest.raises(InputError, match="not a whole"):
        from_json({"schema": "lepta.plan/2", "status": "optimal"})
    with pytest.raises(InputError, match="another version of lepta: run `lepta plan` again"):
        from_json({"schema": "lepta.plan/1", "status": "optimal"})


def test_the_library_has_no_side_effects(fleet: Path):
    lepta.plan(fleet)
    assert sorted(path.name for path in fleet.parent.iterdir()) == ["fleet"]
