"""The page of a plan, alone and beside the one under what-ifs: whole, inert, drawn, and narrow."""

from dataclasses import replace
from pathlib import Path

import pytest

from faces.report_samples import AWKWARD, NOW, full_plan, plan
from faces.test_report_page import read, visit
from fullcase import whole
from lepta.domain.plandiff import Comparison
from lepta.domain.planfile import origin_of
from lepta.domain.whatif import apply, parse
from lepta.report.html.page import plan_page
from lepta.report.plandiff import compare
from smallfleet import small_fleet

ORIGIN = origin_of(whole(), "lepta 9")


def compared(*, awkward: bool = False) -> Comparison:
    base, changed = plan(awkward=awkward), full_plan(awkward=awkward)
    _, said = apply(whole(), [parse("price:H100-a=-20%"), parse("limit:aws=x2")])
    return Comparison(base=base, changed=changed, what_ifs=said, diff=compare(base, changed))


def test_the_page_tells_all_that_the_plan_does() -> None:
    words = " ".join("".join(read(plan_page(full_plan(), ORIGIN, generated_at=NOW)).words).split())
    for part in (
        "Fleet plan",
        "What has to be started, and when",
        "2026-10-01 07:56 UTC",
        "When a place is lost",
        "gcp/us-central1/a",
        "91.5%",
        "If demand comes differently",
        "launch day",
        "1.23%",
        "How pipelines share their latency budget",
        "embed",
        "Expected penalty",
        "Carbon",
        "156.25 kg CO2e",
        "of it due to",
        ORIGIN.case_hash,
    ):
        assert part in words, part
    assert "lepta assess" not in words


def test_a_plan_without_promises_says_nothing_of_them() -> None:
    words = "".join(read(plan_page(plan(), ORIGIN, generated_at=NOW)).words)
    for part in ("has to be started", "place is lost", "comes differently", "latency budget"):
        assert part not in words


def test_the_comparison_tells_what_changed() -> None:
    words = "".join(read(plan_page(compared(), ORIGIN, generated_at=NOW)).words)
    for part in (
        "What if",
        "price per hour of H100-a: 4 -> 3.2 USD",
        "left as it is: L4-b has no limit",
        "The plan would cost",
        "Units: now, base, what if",
        "served without zone gcp/us-central1/a",
        "The plan under the what-ifs",
    ):
        assert part in words, part


@pytest.mark.parametrize("answer", [full_plan(awkward=True), compared(awkward=True)])
def test_data_cannot_become_markup_nor_ask_for_anything(answer) -> None:
    text = plan_page(answer, ORIGIN, generated_at=NOW)
    assert "<script>alert" not in text
    assert "\x1b" not in text and "\u202e" not in text
    tags = read(text).tags
    assert len([tag for tag, _ in tags if tag == "script"]) == 3
    hrefs = {attrs["href"] for tag, attrs in tags if tag in ("a", "link") and attrs.get("href")}
    assert all(href.startswith(("#", "data:,")) for href in hrefs)
    assert text == plan_page(answer, ORIGIN, generated_at=NOW)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", ["plan", "compared"])
def test_the_page_opens_offline_and_draws(
    browser,
    tmp_path,
    name: str,
    width: int,
    scheme: str,
) -> None:
    answer = full_plan(awkward=True) if name == "plan" else compared(awkward=True)
    text = plan_page(answer, ORIGIN, generated_at=NOW)
    view, said, asked = visit(browser, tmp_path, text, width, scheme)
    assert view.get_attribute("html", "data-charts") == "drawn"
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    slots = view.locator("[data-figure]")
    names = [slots.nth(index).get_attribute("data-figure") for index in range(slots.count())]
    assert names == ["compare", "split", "units", "changes"]
    for index in range(slots.count()):
        assert slots.nth(index).locator("svg.main-svg").count() >= 1
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    ink = view.evaluate("document.querySelector('[data-figure=units]').data.at(-1).line.color")
    assert ink == view.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    )
    units = view.evaluate("document.querySelector('[data-figure=units]').data[0].y")
    assert max(units) == 40
    view.context.close()


def test_what_runs_now_and_is_not_in_the_plan_is_shown_as_released() -> None:
    from lepta.report.html.plancharts import changes

    moved = {trace["name"]: trace["y"] for trace in changes(plan())["data"]}
    assert moved["aws/us-east-1/p5/…0x8/reserved"][0] == -1
    gone = replace(plan(), current=(("old machines", 4),))
    moved = {trace["name"]: trace["y"] for trace in changes(gone)["data"]}
    assert moved["old machines"] == [-4]
    unknown = replace(plan(), current=None)
    assert "aws/us-east-1/p5/…0x8/reserved" not in {
        trace["name"] for trace in changes(unknown)["data"]
    }


def test_the_command_writes_the_page(checkout: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    from lepta.cli.main import main

    small_fleet(checkout, tmp_path)
    monkeypatch.chdir(tmp_path)
    for options in ([], ["--what-if", "price:H100=-20%"]):
        with pytest.raises(SystemExit) as end:
            main(["plan", "--case", "fleet", "--no-save", "--html", "plan.html", *options])
        assert end.value.code == 0
        assert "wrote plan.html" in capsys.readouterr().err
        assert AWKWARD[0] not in Path("plan.html").read_text()
