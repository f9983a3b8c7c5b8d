"""`lepta report`: what is kept, what is found again, and what is said when it is not there."""

import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from faces.report_samples import AWKWARD, NOW, assessment, plan
from lepta.cli.main import main
from lepta.errors import InputError
from lepta.report.schema import published
from lepta.report.schema.assess import to_json as assess_json
from lepta.report.schema.plan import to_json as plan_json
from lepta.report.schema.report import SCHEMA, to_json
from lepta.report.terminal.report import show
from lepta.verbs.report import report
from lepta.wiring import state


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    state.save("assess", assess_json(assessment()))
    state.save("plan", plan_json(plan()))
    return tmp_path


def run(*words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    if ended.value.code:
        raise AssertionError(ended.value.code)


def test_what_was_kept_is_found_again_whole(kept: Path) -> None:
    made = report()
    assert made.assessment == assessment()
    assert made.plan is not None and made.plan.cost == pytest.approx(plan().cost)
    assert made.assessed_at is not None and made.planned_at is not None


def test_the_terminal_by_default(kept: Path, capsys) -> None:
    run("report")
    said = capsys.readouterr()
    assert "281,139 USD" in said.out and "What could not be seen" in said.out
    assert "all 3 checks passed" in said.out
    assert "less than a minute old" in said.err
    assert not (kept / "out").exists()


def test_out_writes_a_page_and_json_that_keeps_its_schema(kept: Path, capsys) -> None:
    run("report", "--out", "there", "--format", "html", "--format", "json")
    assert capsys.readouterr().out == ""
    document = json.loads((kept / "there/report.json").read_text())
    Draft202012Validator(SCHEMA).validate(document)
    assert (kept / "there/report.html").read_text().startswith("<!doctype html>")
    assert not list((kept / "there").glob(".*"))


def test_json_on_standard_output_is_only_json(kept: Path, capsys) -> None:
    run("report", "--json", "--html", "page.html", "--title", "September <b>")
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "lepta.report/2"
    assert "September &lt;b&gt;" in (kept / "page.html").read_text()


def test_nothing_to_report_says_what_to_run(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["report"])
    assert ended.value.code == InputError.exit_code
    assert "lepta assess" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"schema": "lepta.state/1"}', "[" * 100_000, "\udcff"],
    ids=["empty", "cut", "list", "object", "half", "deep", "bytes"],
)
def test_a_damaged_state_says_which_file_and_what_to_run(kept: Path, text: str) -> None:
    path = kept / ".lepta/assess.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=r"assess\.json.*\n.*run `lepta assess` again"):
        report()


def test_a_state_of_another_schema_is_refused(kept: Path) -> None:
    path = kept / ".lepta/plan.json"
    said = json.loads(path.read_text())
    said["payload"]["schema"] = "lepta.plan/9"
    path.write_text(json.dumps(said))
    with pytest.raises(InputError, match=r"plan\.json.*\n.*lepta plan"):
        report()


def test_keeping_never_fails_the_verb(tmp_path: Path) -> None:
    (tmp_path / ".lepta").write_text("a file where the folder should be")
    assert "not kept" in state.save("assess", assess_json(assessment()), folder=tmp_path)
    assert "not kept" in state.save("assess", {"x": float("nan")}, folder=tmp_path / "b")


def test_keeping_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "LARGEST_BYTES", 100)
    assert "too much" in state.save("plan", plan_json(plan()), folder=tmp_path)
    assert state.load("plan", folder=tmp_path) is None


@pytest.mark.parametrize("kind", ["../assess", "/etc/passwd", "assess/../plan", ""])
def test_a_kind_is_never_a_path(kind: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no saved result"):
        state.save(kind, {}, folder=tmp_path)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no saved result"):
        state.load(kind, folder=tmp_path)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_keeps_its_width_and_obeys_no_data(width: int) -> None:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    show(console, assessment(awkward=True), plan(awkward=True))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b[31m" not in text and "\u202e" not in text
    assert "[bold red]markup[/]" in text and AWKWARD[0] in text


def test_parts_may_be_missing_in_the_terminal() -> None:
    for parts in ((assessment(), None), (None, plan())):
        out = io.StringIO()
        show(Console(file=out, width=80), *parts)
        assert "None" not in out.getvalue()


def test_every_published_schema_is_a_schema() -> None:
    found = published()
    assert {"assess", "plan", "report"} <= set(found)
    for schema in found.values():
        Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(found["report"])
    for parts in ((assessment(), plan()), (assessment(), None), (None, plan())):
        validator.validate(json.loads(json.dumps(to_json(*parts, NOW))))
