"""The page in a real browser: opens from a file without a network, draws, and says the JSON."""

import json
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from faces.report_samples import AWKWARD, NOW, assessment, plan
from lepta.report.html import page
from lepta.report.schema.report import to_json
from lepta.units import from_micros


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    return reader


def test_the_page_asks_nothing_of_the_outside() -> None:
    text = page(assessment(), plan(), generated_at=NOW)
    tags = read(text).tags
    assert not [
        attrs for _, attrs in tags if (attrs.get("src") or "").startswith(("http", "//", "ftp"))
    ]
    hrefs = {attrs["href"] for tag, attrs in tags if tag in ("a", "link") and attrs.get("href")}
    assert all(href.startswith(("#", "data:,")) for href in hrefs)
    assert "http://" not in text.replace("http://example.test", "")
    assert "https://" not in text and "@import" not in text
    assert len(text) < 3_000_000


def test_data_cannot_become_markup() -> None:
    text = page(assessment(awkward=True), plan(awkward=True), generated_at=NOW, title=AWKWARD[0])
    scripts = [attrs for tag, attrs in read(text).tags if tag == "script"]
    assert len(scripts) == 3  # figures, library, our own
    assert "<script>alert" not in text
    assert "\x1b" not in text and "\u202e" not in text
    assert "=HYPERLINK" in "".join(read(text).words)


def test_every_amount_on_the_page_is_an_amount_of_the_json() -> None:
    told, fleet = assessment(), plan()
    document = to_json(told, fleet, NOW)
    found = {
        float(attrs["value"] or "nan")
        for tag, attrs in read(page(told, fleet, generated_at=NOW)).tags
        if tag == "data"
    }
    assert document["assessment"]["spend"]["total"] in found
    assert document["assessment"]["total_saving"] in found
    assert document["plan"]["cost"] == pytest.approx(min(found, key=lambda v: abs(v - fleet.cost)))
    for row in document["assessment"]["findings"]:
        assert row["saving"] in found
    for row in document["assessment"]["rollups"]["team"]:
        assert row["cost"] in found


def test_the_same_values_give_the_same_page() -> None:
    first = page(assessment(), plan(), generated_at=NOW)
    assert first == page(assessment(), plan(), generated_at=NOW)


@pytest.mark.parametrize("parts", [(True, False), (False, True)], ids=["assessment", "plan"])
def test_one_part_is_enough_and_the_other_is_said_to_be_missing(parts: tuple[bool, bool]) -> None:
    text = page(assessment() if parts[0] else None, plan() if parts[1] else None, generated_at=NOW)
    assert ("No assessment" in text) == (not parts[0])
    assert ("no plan: run" in text) == (not parts[1])
    assert "What could not be seen" in text


def test_ages_are_said() -> None:
    text = page(assessment(), plan(), generated_at=NOW, assessed_at=NOW - timedelta(hours=3))
    assert "3 hours old" in text and "plan made for this report" in text


def visit(browser, tmp_path: Path, text: str, width: int, scheme: str = "light"):
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    view = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    view.on("console", lambda message: said.append(message.text))
    view.on("pageerror", lambda error: said.append(str(error)))
    view.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    view.on("request", lambda request: asked.append(request.url))
    view.goto(path.as_uri())
    view.wait_for_selector("html[data-charts]")
    return view, said, asked


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_opens_offline_and_draws(browser, tmp_path, width: int, scheme: str) -> None:
    text = page(assessment(awkward=True), plan(awkward=True), generated_at=NOW, title=AWKWARD[0])
    view, said, asked = visit(browser, tmp_path, text, width, scheme)
    assert view.get_attribute("html", "data-charts") == "drawn"
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    slots = view.locator("[data-figure]")
    assert slots.count() == 9
    for index in range(slots.count()):
        assert slots.nth(index).locator("svg.main-svg").count() >= 1
        assert slots.nth(index).locator("path").count() >= 1
    wide = view.evaluate("document.documentElement.scrollWidth")
    assert wide <= width  # nothing sticks out, however long its name is
    view.context.close()


@pytest.mark.browser
def test_what_the_browser_shows_are_the_figures_of_the_json(browser, tmp_path) -> None:
    told = assessment()
    view, _, _ = visit(browser, tmp_path, page(told, plan(), generated_at=NOW), 1280)
    total = from_micros(told.spend.total_micros)
    shown = view.locator(".card .big data").first
    assert float(shown.get_attribute("value")) == total
    assert shown.inner_text() == f"{total:,.0f}"
    drawn = view.evaluate(
        "document.querySelector('[data-figure=daily]').data.flatMap(t => t.y)"
        ".reduce((a, b) => a + b, 0)"
    )
    assert drawn == pytest.approx(total, abs=1e-6)
    bars = view.evaluate("document.querySelector('[data-figure=service]').data[0].x")
    costs = [row["cost"] for row in to_json(told, None, NOW)["assessment"]["rollups"]["service"]]
    assert bars == costs
    view.context.close()


def test_the_json_of_the_page_is_json(tmp_path) -> None:
    text = page(assessment(awkward=True), plan(), generated_at=NOW)
    start = text.index('id="figures">') + len('id="figures">')
    figures = json.loads(text[start : text.index("</script>", start)])
    assert set(figures) >= {"daily", "team", "compare", "units"}
