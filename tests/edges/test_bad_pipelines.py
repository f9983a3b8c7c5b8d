"""Pipelines that contradict themselves or the case: one clear error, with a remedy."""

from dataclasses import replace
from pathlib import Path

import pytest

from lepta.domain.demand import DemandClass, Pipeline, Stage
from lepta.errors import InputError
from lepta.optimize.mix import mix
from lepta.wiring.cases import read_case
from pipelinecases import points, voice_to_image
from plancases import case_of


def broken(**changes):
    case = voice_to_image()
    return replace(case, pipelines=(replace(case.pipelines[0], **changes),))


def test_each_contradiction_is_named():
    twice = (Stage(demand_class="asr"), Stage(demand_class="asr"))
    for case, said in (
        (broken(stages=()), "has no stages"),
        (broken(stages=twice), "a class is two of its stages"),
        (broken(stages=(Stage(demand_class="voice-to-image"),)), "is a pipeline itself"),
    ):
        with pytest.raises(InputError, match=said):
            mix(case)
    case = voice_to_image()
    with pytest.raises(InputError, match="stands twice"):
        mix(replace(case, pipelines=case.pipelines * 2))


@pytest.mark.parametrize("field", ["memory_gib", "input_tokens", "penalty_per_request"])
def test_what_only_a_stage_can_have_is_refused_for_a_pipeline(field: str):
    about = DemandClass(name="voice-to-image", **{field: 1.0})
    with pytest.raises(InputError, match=f"has {field} 1"):
        mix(replace(voice_to_image(), classes=(about,)))


def test_regions_of_pipeline_and_stage_must_meet():
    classes = (
        DemandClass(name="voice-to-image", regions=("eu",)),
        DemandClass(name="llm", regions=("us",)),
    )
    with pytest.raises(InputError, match="no region is allowed to both"):
        mix(replace(voice_to_image(), classes=classes))


def test_an_objective_of_the_class_of_a_pipeline_is_kept_too():
    case = replace(
        voice_to_image(), classes=(DemandClass(name="voice-to-image", latency_ms=1900.0),)
    )
    plan = mix(case, runner_ups=0)
    assert sum(row.budget_ms for row in plan.splits) <= 1900


def test_a_stage_that_nothing_can_serve_falls_short():
    case = voice_to_image()
    without = tuple(p for p in case.profiles if p.demand_class != "llm")
    plan = mix(replace(case, profiles=without), runner_ups=0)
    assert plan.status == "infeasible"
    assert {row.demand_class for row in plan.shortfalls} == {"llm"}
    assert "no offer can serve llm" in plan.shortfalls[0].why


def test_a_limit_can_make_every_split_impossible():
    case = voice_to_image()
    few = tuple(replace(offer, limit=1) for offer in case.offers)
    plan = mix(replace(case, offers=few), runner_ups=0)
    assert plan.status == "infeasible" and plan.shortfalls
    assert any("No split of the latency budgets" in said for said in plan.explanation)


def test_the_same_operating_point_twice_is_refused():
    case = case_of({"g": 1.0}, {"w": [1.0]}, {})
    once = points({("w", "g"): {100.0: 2.0, 200.0: 3.0}})
    assert mix(replace(case, profiles=once)).cost == 1.0
    with pytest.raises(InputError, match="profile w, at 100 ms, g stands twice"):
        mix(replace(case, profiles=(*once, once[0])))


def test_a_pipeline_is_read_from_tables(tmp_path: Path):
    tables = {
        "offers": "offer,accelerator,price_per_hour\ng,H100,2\n",
        "demand": "class,start,hours,rate_per_s\nvoice,2026-11-23T00:00:00Z,1,3\n",
        "profiles": "class,offer,rate_per_s,latency_ms\n"
        "asr,g,5,100\nasr,g,9,300\nllm,g,2,400\nllm,g,4,600\n",
        "pipelines": "pipeline,stage,class,latency_ms,requests\n"
        "voice,1,asr,700,1\nvoice,2,llm,700,1\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    plan = mix(read_case(tmp_path), runner_ups=0)
    assert [(row.demand_class, row.budget_ms) for row in plan.splits] == [
        ("asr", 100.0),
        ("llm", 600.0),
    ]
    assert plan.cost == 4.0
    assert isinstance(read_case(tmp_path).pipelines[0], Pipeline)
