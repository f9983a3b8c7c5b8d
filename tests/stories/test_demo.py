"""The whole loop on the generated company: files, assessment against the truth, plan, report."""

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

import lepta
from lepta.domain.demo import Demo
from lepta.errors import InputError
from lepta.report.schema import demo as demo_schema
from lepta.report.schema import report as report_schema
from lepta.sim.company import make_company
from lepta.sim.company.truth import Truth

SEED = 7


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def done(out: Path) -> Demo:
    said: list[str] = []
    found = lepta.demo(out, seed=SEED, say=said.append)
    assert [text[:3] for text in said] == ["1/4", "2/4", "3/4", "4/4"]
    return found  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_company(SEED).truth


def test_the_spend_is_the_bill_to_the_last_micro_unit(done: Demo, truth: Truth) -> None:
    spend = done.assessment.spend
    assert spend.billed_micros == truth.billed_micros
    assert spend.effective_micros == truth.effective_micros
    assert sum(cell.billed_micros for cell in done.assessment.allocation) == truth.billed_micros
    assert sum(cell.cost_micros for cell in done.assessment.allocation) == spend.total_micros
    assert sum(spend.by_category.values()) == spend.total_micros
    assert spend.by_category["Credit"] < 0 < spend.by_category["Tax"]


def test_every_planted_waste_is_found_and_worth_what_it_costs(done: Demo, truth: Truth) -> None:
    found = done.assessment.findings
    for kind in {each.kind for each in truth.planted}:
        planted = [each for each in truth.planted if each.kind == kind]
        wasted = sum(each.cost_micros * each.wasted_share for each in planted)
        saved = sum(finding.saving_micros for finding in found if finding.kind == kind)
        assert saved == pytest.approx(wasted, rel=1e-6), kind
    resources = {each.resource for each in truth.planted if each.kind != "endpoint-without-traffic"}
    assert resources == {f.resource for f in found if f.workload != "chat-v1"}


def test_no_finding_touches_what_nobody_measured(done: Demo, truth: Truth) -> None:
    assert not {f.resource for f in done.assessment.findings} & set(truth.unmeasured)
    assert not [f for f in done.assessment.findings if f.workload == "evaluation"]
    assert any("utilization" in unknown.what for unknown in done.assessment.unknown)


def test_the_saving_is_below_the_spend_and_believable(done: Demo) -> None:
    spend = done.assessment.spend.total_micros
    assert 0.03 < done.assessment.total_saving_micros / spend < 0.10
    plan = done.plan
    assert plan.cost is not None
    assert plan.cost_now is not None
    assert 0.2 < 1 - plan.cost / plan.cost_now < 0.45
    assert 0.2 < (plan.cost_now - plan.cost) / (spend / 1e6) < 0.4


def test_the_plan_keeps_every_promise_and_is_compared_with_the_bill(done: Demo) -> None:
    plan = done.plan
    assert plan.status == "optimal"
    assert plan.checks
    assert all(check.ok for check in plan.checks)
    assert plan.hours == 720
    # The fleet of now costs in the plan's 720 h what the bill of 720 h says of the six services.
    paid = sum(
        cell.cost_micros
        for cell in done.assessment.allocation
        if cell.workload in done.services and cell.accelerator != "__unknown__"
    )
    assert plan.cost_now == pytest.approx(paid / 1e6, rel=1e-3)
    assert len({part.offer for part in plan.units}) >= 5


def test_unit_costs_of_all_three_modalities(done: Demo) -> None:
    units = {(unit.unit, unit.workload): unit.per_unit for unit in done.assessment.units}
    for key in (
        ("1M output tokens", "chat"),
        ("1M input tokens", "code"),
        ("image", "posters"),
        ("audio hour", "transcribe"),
    ):
        assert units[key] is not None
        assert 0 < units[key] < 20, key


def test_the_report_stands_alone(done: Demo, out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    assert done.html == str(out / "report.html")
    assert not re.findall(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page)
    assert not re.findall(r"@import|url\(\s*[\"']?(?:https?:)?//", page)
    document = json.loads((out / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, report_schema.SCHEMA)
    assert document["assessment"]["total_saving"] == pytest.approx(
        done.assessment.total_saving_micros / 1e6
    )


def test_the_short_answer_keeps_to_its_schema(done: Demo) -> None:
    answer = demo_schema.to_json(done)
    jsonschema.validate(answer, demo_schema.SCHEMA)
    json.dumps(answer, allow_nan=False)
    assert all(each["found"] for each in answer["planted"])
    assert Counter(each["kind"] for each in answer["planted"]).most_common(1)[0][1] == 1


def test_the_folder_can_be_used_without_options(done: Demo) -> None:
    found = lepta.assess(config=Path(done.folder) / "lepta.yaml", basis="effective")
    assert found.spend == done.assessment.spend
    assert found.findings == done.assessment.findings


def test_same_seed_same_bytes(done: Demo, tmp_path: Path) -> None:
    from lepta.verbs.demo import write_company

    write_company(make_company(SEED), tmp_path)
    folder = Path(done.folder)
    names = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(names) == 9
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="seed -1"):
        lepta.demo(tmp_path / "out", seed=-1)
    assert not (tmp_path / "out").exists()


def test_the_manual_shows_the_figures_of_the_code(checkout: Path) -> None:
    from lepta.sim.company.figures import FIGURES

    page = (checkout / "docs" / "howto" / "demo.md").read_text(encoding="utf-8")
    for each in FIGURES:
        assert f"| {each.about} | " in page, "run python tools/figures.py"
        assert f"| {each.unit} | {each.source.title}; {each.source.cite} |" in page
