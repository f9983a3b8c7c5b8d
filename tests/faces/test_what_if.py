"""`lepta plan --what-if` as people and programs meet it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import lepta
from lepta.cli.main import main
from lepta.domain.plandiff import Comparison
from lepta.report.schema.plan import from_json, with_origin
from lepta.report.schema.whatif import SCHEMA
from smallfleet import small_fleet


@pytest.fixture
def fleet(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return small_fleet(checkout, tmp_path)


def run(*arguments: str) -> int:
    try:
        main(["plan", "--case", "fleet", *arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_people_see_what_changed_and_what_it_costs(fleet: Path, capsys) -> None:
    assert run("--what-if", "price:H100=-20%", "--what-if", "limit:l40s-spot=0") == 0
    said = capsys.readouterr().out
    for part in (
        "What if price:H100=-20%",
        "price per hour of h100-central (accelerator H100): 5.4 -> 4.32 USD",
        "limit of l40s-spot: 3 -> 0 units",
        "The plan would cost",
        "Base",
        "What if",
        "Units (most / mean)",
        "image on l40s-spot",
    ):
        assert part in said
    assert not Path(".lepta").exists()  # what is not so is not kept


def test_json_is_the_published_document(fleet: Path, capsys) -> None:
    assert run("--what-if", "demand:*=x2", "--json", "--out", "if.json") == 0
    document = json.loads(capsys.readouterr().out)
    assert json.loads(Path("if.json").read_text()) == document
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    base, changed = document["base"], document["changed"]
    assert document["diff"]["cost"]["change"] == pytest.approx(changed["cost"] - base["cost"])
    assert document["diff"]["cost"]["change"] > 0
    assert base["case_hash"] != changed["case_hash"]
    for part in (base, changed):
        assert from_json(part).cost == part["cost"]
        assert with_origin(part)[1] is not None
    (one,) = document["what_ifs"]
    assert one["what_if"] == "demand:*=x2"
    assert [row["name"] for row in one["moved"]] == ["chat", "code", "image"]


def test_the_library_returns_both_plans(fleet: Path) -> None:
    made = lepta.plan(fleet, what_if=["price:H100=-20%"])
    assert isinstance(made, Comparison)
    assert made.base == lepta.plan(fleet)
    assert made.changed.cost < made.base.cost
    assert made.diff.cost.change == pytest.approx(made.changed.cost - made.base.cost)
    same = lepta.plan(fleet, what_if=["price:*=+0%"])
    assert same.changed == same.base
    assert lepta.plan(fleet, what_if=[]).what_ifs == ()


def test_a_plan_that_is_no_longer_possible_ends_with_3(fleet: Path, capsys) -> None:
    assert run("--what-if", "limit:H100,L40S=0") == 3
    said = capsys.readouterr().out
    assert "No fleet would serve all demand then." in said
    assert "Status: optimal -> infeasible" in said
    assert "What if: code cannot be served:" in said
    assert "code not served, requests/s" in said
    assert run("--what-if", "limit:H100,L40S=0", "--json", "--html", "if.html") == 3
    Draft202012Validator(SCHEMA).validate(json.loads(capsys.readouterr().out))
    assert "No fleet would serve all demand then" in Path("if.html").read_text()


def test_a_case_without_a_plan_may_get_one(fleet: Path, capsys) -> None:
    options = ("--utilization", "0.01", "--what-if", "limit:*=none")
    assert run(*options) == 0
    said = capsys.readouterr().out
    assert "Then there would be a fleet that serves all demand" in said
    assert run("--utilization", "0.01", "--what-if", "price:H100=-20%") == 3
    assert "neither as things are nor then" in capsys.readouterr().out


def test_the_same_cost_is_said(fleet: Path, capsys) -> None:
    assert run("--what-if", "limit:h100-central=7") == 0
    assert "The plan would cost the same." in capsys.readouterr().out


def test_markup_in_names_is_only_text(capsys) -> None:
    from rich.console import Console

    from lepta.report.terminal.plandiff import show_comparison
    from plancases import case_of

    name = "[bold]x[/bold]\x1b[31m"
    case = case_of({name: 1.0}, {"[red]w": [1.0]}, {("[red]w", name): 2.0})
    show_comparison(lepta.plan(case, what_if=["demand:*=x3"]), Console(width=200))
    said = capsys.readouterr().out
    assert "[bold]x[/bold]" in said and "[red]w" in said
    assert "\x1b" not in said


def test_a_narrow_terminal_cuts_nothing(capsys) -> None:
    from rich.console import Console

    from lepta.report.terminal.plandiff import show_comparison
    from plancases import case_of

    case = case_of({"h100": 1.0}, {"chat": [1.0]}, {("chat", "h100"): 2.0})
    show_comparison(lepta.plan(case, what_if=["demand:*=x3"]), Console(width=50))
    said = capsys.readouterr().out
    assert max(len(line) for line in said.splitlines() if "─" in line) <= 50
    assert "…" not in said
