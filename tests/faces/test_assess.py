"""`lepta assess` as people and programs call it."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

import lepta
from lepta.cli.main import main
from lepta.report.schema.assess import SCHEMA, from_json, to_json


@pytest.fixture
def work(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(checkout / "examples" / "bill", tmp_path / "bill")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str) -> int:
    try:
        main(["assess", *args])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_json_follows_the_published_schema(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--focus", "bill/focus.csv", "--usage", "bill/usage.csv", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, SCHEMA)
    assert said["spend"]["total"] == 208.2
    assert said["total_saving"] == 122.4
    account = from_json(said)
    assert to_json(account) == said
    assert account == lepta.assess(focus=["bill/focus.csv"], usage=["bill/usage.csv"])


def test_several_files_after_one_option(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (work / "bill" / "focus.csv").read_text()
    (work / "two.csv").write_text(text.replace("48.00", "24.00"))
    files = ("--focus", "bill/focus.csv", "two.csv")
    assert run(*files, "--usage", "bill/usage.csv", "--json", "--no-save") == 0
    assert json.loads(capsys.readouterr().out)["spend"]["total"] == 208.2 + 112.2
    assert not (work / ".lepta").exists()


def test_words_for_people(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bill/focus.csv", "--no-save", "--cost", "effective") == 0
    assert "208.20" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("none.csv",), 5, "no such file"),
        (("bill/usage.csv",), 5, "not a FOCUS bill"),
        (("bill/focus.csv", "--cost", "list"), 2, "neither billed nor effective"),
        (("bill/focus.csv", "--rate", "EUR"), 2, "EUR=1.08"),
        (("bill/focus.csv", "--currency", "EUR"), 6, "USD"),
    ],
)
def test_errors_are_one_message_and_a_code(
    work: Path,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    assert run(*args) == code
    said = capsys.readouterr()
    assert words in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    "args", [("--focus",), ("--usage", "--focus", "a.csv"), ("--focus", "--json")]
)
def test_an_option_without_its_files_is_a_wrong_command_line(args: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["assess", *args])
    assert end.value.code == 2
