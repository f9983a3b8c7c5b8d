"""What a what-if does to a case: nothing for +0%, undone by its inverse, worse is never cheaper."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fullcase import whole
from lepta.domain.demand import DemandClass
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.promises import Promises
from lepta.domain.whatif import apply, parse
from lepta.optimize.mix import mix
from plancases import cases


def changed(case: PlanCase, *texts: str) -> PlanCase:
    return apply(case, [parse(text) for text in texts])[0]


def solved(case: PlanCase) -> FleetPlan:
    return mix(case, runner_ups=0)


@given(cases())
def test_a_change_by_nothing_is_no_change(case: PlanCase) -> None:
    texts = ["price:*=+0%", "demand:*=x1", "rate:*=-0%"]
    assert changed(case, *texts) == case


@given(cases(), st.sampled_from(["x2", "x4", "x0.5", "+100%"]))
def test_a_factor_and_its_inverse_are_no_change(case: PlanCase, factor: str) -> None:
    back = {"x2": "x0.5", "x4": "x0.25", "x0.5": "x2", "+100%": "-50%"}[factor]
    assert changed(case, f"demand:*={factor}", f"demand:*={back}") == case
    assert changed(case, f"price:*={factor}", f"price:*={back}") == case


@settings(max_examples=25, deadline=None)
@given(cases(), st.sampled_from(["price:*=+50%", "demand:*=x2", "limit:*=0", "rate:*=x0.5"]))
def test_worse_conditions_never_make_the_fleet_cheaper(case: PlanCase, text: str) -> None:
    base, other = solved(case), solved(changed(case, text))
    if base.cost is None:
        assert other.cost is None
    elif other.cost is not None:
        assert other.cost >= base.cost * (1 - 1e-5) - 1e-9


@settings(max_examples=15, deadline=None)
@given(cases())
def test_all_prices_scale_the_machines(case: PlanCase) -> None:
    case = replace(case, routes=())
    base, other = solved(case), solved(changed(case, "price:*=x2"))
    assert (base.cost is None) == (other.cost is None)
    if base.cost is not None:
        assert other.cost == pytest.approx(2 * base.cost, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("price:h100=-25%", [("price per hour", "H100-a", "accelerator H100", 4.0, 3.0)]),
        ("price:L4-b=1.5", [("price per hour", "L4-b", "", None, 1.5)]),
        (
            "price:api=x2",
            [
                ("price per request", "api", "", 0.25, 0.5),
                ("price per million input tokens", "api", "", 2.0, 4.0),
            ],
        ),
        ("price:US-*,nothing=x2", [("price per hour", "H100-a", "region us-east-1", 4.0, 8.0)]),
        ("demand:ch*=x2", [("peak demand", "chat", "", 5.0, 10.0)]),
        ("demand:chat=1.5", [("peak demand", "chat", "", 5.0, 1.5)]),
        ("limit:H100-a=0", [("limit", "H100-a", "", 3, 0)]),
        ("limit:H100-a=+50%", [("limit", "H100-a", "", 3, 4)]),
        ("limit:H100-a=none", [("limit", "H100-a", "", 3, None)]),
        ("limit:serverless=0", [("limit", "api", "term serverless", None, 0)]),
        ("slo:chat=0.3s", [("latency", "chat", "", 200.0, 300.0)]),
        ("slo:chat=-50%", [("latency", "chat", "", 200.0, 100.0)]),
        ("slo:first=1min", [("latency", "first", "", None, 60_000.0)]),
        ("slo:whole=x2", [("latency", "whole", "", 500.0, 1000.0)]),
        ("quota:east=5", [("quota", "east", "", 8, 5.0)]),
        ("quota:east=none", [("quota", "east", "", 8, None)]),
        ("rate:chat@L4=+50%", [("rate of a unit", "chat on L4-b", "", 1.0, 1.5)]),
        ("rate:chat@L4=3", [("rate of a unit", "chat on L4-b", "", 1.0, 3.0)]),
        ("carbon:H100-a=400", [("carbon", "H100-a", "", None, 400.0)]),
        ("survive:zone=90%", [("survive", "zone", "", 0.5, 0.9)]),
        ("survive:region=1", [("survive", "region", "", None, 1.0)]),
        ("survive:zone=none", [("survive", "zone", "", 0.5, None)]),
    ],
)
def test_each_kind_says_what_became_of_what(text: str, moves: list[tuple[object, ...]]) -> None:
    case = whole()
    other, (said,) = apply(case, [parse(text)])
    assert [(one.what, one.name, one.by, one.before, one.after) for one in said.moved] == moves
    assert other != case
    assert said.text == text


def test_the_case_holds_what_was_said() -> None:
    case = whole()
    both = changed(case, "demand:chat=x2", "demand:chat=x3")
    assert [row.rate_per_s for row in both.demand if row.demand_class == "chat"] == [18.0, 30.0]
    assert both.scenarios[0].demand == both.demand
    assert changed(case, "slo:first=90ms").classes[-1] == DemandClass(name="first", latency_ms=90.0)
    assert changed(case, "slo:whole=x2").pipelines[0].latency_ms == 1000.0
    assert {row.offer for row in changed(case, "limit:api=0").profiles} == {"H100-a", "L4-b"}
    assert changed(case, "quota:*=none").quotas == ()
    assert changed(case, "survive:zone=none").promises == Promises()
    faster = changed(case, "rate:H100=x2").profiles
    assert [row.rate_per_s for row in faster if row.offer == "H100-a"] == [4.0, 6.0, 2.0, 2.0]
    assert [row.rate_per_s for row in faster if row.offer != "H100-a"] == [1.0, 50.0]


def test_what_cannot_change_is_left_and_said() -> None:
    _, (said,) = apply(whole(), [parse("price:*=x2")])
    assert said.left == ("the price of L4-b is not known",)
    _, (said,) = apply(whole(), [parse("limit:aws=x2")])
    assert said.left == ("L4-b has no limit",)
