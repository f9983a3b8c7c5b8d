"""`lepta frontier` as people and programs meet it."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import lepta
from lepta.cli.main import main
from lepta.errors import InputError
from lepta.report.html.frontier import frontier_page
from lepta.report.schema.frontier import SCHEMA, to_json
from lepta.report.schema.plan import from_json
from lepta.wiring.cases import read_case
from pipelinecases import voice_to_image

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def voice(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example; the working folder is a fresh one."""
    shutil.copytree(checkout / "examples" / "voice", tmp_path / "voice")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "voice"


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_json_is_the_published_document(voice: Path, capsys: pytest.CaptureFixture[str]):
    assert run("frontier", "--case", "voice", "--against", "latency", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    costs = [point["cost"] for point in document["points"]]
    assert costs == sorted(costs) and len(costs) >= 4
    assert sum(point["knee"] for point in document["points"]) == 1
    assert document == json.loads(json.dumps(to_json(lepta.frontier("voice", against="latency"))))


def test_people_see_points_knee_and_reasons(voice: Path, capsys: pytest.CaptureFixture[str]):
    assert run("frontier", "--case", "voice", "--against", "latency") == 0
    said = capsys.readouterr().out
    for part in ("2,700 ms", "249.60", "as asked", "knee", "Cheapest:", "levels planned"):
        assert part in said


def test_each_point_is_kept_as_a_plan_and_the_page_is_written(
    voice: Path, capsys: pytest.CaptureFixture[str]
):
    arguments = ("--case", "voice", "--against", "latency", "--out", "plans", "--html", "f.html")
    assert run("frontier", *arguments, "--json") == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    files = sorted(Path("plans").iterdir())
    assert len(files) == len(document["points"])
    for path, point in zip(files, document["points"], strict=True):
        kept = json.loads(path.read_text(encoding="utf-8"))
        assert kept == point["plan"] and kept["case_hash"] and kept["promises"]
        assert from_json(kept).cost == pytest.approx(point["cost"])
        assert all(check["ok"] for check in kept["checks"])
    assert "wrote f.html" in said.err and Path("f.html").stat().st_size < 3_000_000


def test_no_fleet_at_any_level_is_an_answer_with_exit_code_3(
    voice: Path, capsys: pytest.CaptureFixture[str]
):
    offers = voice / "offers.csv"
    offers.write_text(
        "offer,provider,region,accelerator,price_per_hour,limit\n"
        "l4-eu,ours,eu-central,L4,0.80,1\nh100-eu,ours,eu-central,H100,4.00,1\n"
    )
    assert run("frontier", "--case", "voice", "--against", "latency", "--json") == 3
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["points"] == [] and document["nothing"]["shortfalls"]
    assert run("frontier", "--case", "voice", "--against", "latency", "--html", "f.html") == 3
    assert "No fleet serves the demand" in capsys.readouterr().out
    assert "No fleet serves the demand" in Path("f.html").read_text(encoding="utf-8")


def test_wrong_questions_end_in_one_message(voice: Path, capsys: pytest.CaptureFixture[str]):
    assert run("frontier", "--case", "voice", "--against", "carbon") == 5
    assert "carbon_g_per_hour" in capsys.readouterr().err
    assert run("frontier", "--case", "voice", "--against", "latency", "--class", "nobody") == 5
    assert "there is no class 'nobody'" in capsys.readouterr().err
    assert run("frontier", "--case", "voice", "--against", "beauty") == 2
    with pytest.raises(InputError, match="there is no aim 'beauty'"):
        lepta.frontier(voice, against="beauty")


def test_names_on_the_page_are_text_and_nothing_more():
    case = voice_to_image()
    evil = "<script>alert(1)</script>"
    offers = tuple(replace(o, id=evil) if o.id == "L4" else o for o in case.offers)
    profiles = tuple(replace(p, offer=evil) if p.offer == "L4" else p for p in case.profiles)
    found = lepta.frontier(replace(case, offers=offers, profiles=profiles), against="latency")
    text = frontier_page(found, generated_at=NOW)
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    scripts: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            scripts.extend([tag] * (tag == "script"))

    Reader().feed(text)
    assert len(scripts) == 3  # figures, library, our own
    assert text == frontier_page(found, generated_at=NOW)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_opens_offline_and_draws(checkout: Path, tmp_path: Path, width: int, scheme: str):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs Chromium: make browser")
    from playwright.sync_api import sync_playwright

    found = lepta.frontier(read_case(checkout / "examples" / "voice"), against="latency")
    path = tmp_path / "frontier.html"
    path.write_text(frontier_page(found, generated_at=NOW), encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        view = context.new_page()
        said: list[str] = []
        view.on("console", lambda message: said.append(message.text))
        view.on("pageerror", lambda error: said.append(str(error)))
        view.goto(path.as_uri())
        view.wait_for_selector("html[data-charts]")
        assert view.get_attribute("html", "data-charts") == "drawn" and said == []
        assert view.locator("[data-figure] path").count() >= 1
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
