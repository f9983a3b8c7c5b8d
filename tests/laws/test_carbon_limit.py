"""A limit of emissions holds over all periods; machines that do not say theirs are left out."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.plan import PlanCase
from lepta.domain.promises import Promises
from lepta.optimize.mix import mix
from plancases import case_of


def two_machines(rates: list[float], grams: tuple[float | None, float | None], **offer) -> PlanCase:
    case = case_of(
        {"dirty": 1.0, "clean": 3.0},
        {"w": rates},
        {("w", "dirty"): 2.0, ("w", "clean"): 2.0},
        **offer,
    )
    offers = (replace(o, carbon_g_per_hour=g) for o, g in zip(case.offers, grams, strict=True))
    return replace(case, offers=tuple(offers))


def limited(case: PlanCase, kilograms: float):
    promising = replace(case, promises=Promises(carbon_limit=kilograms))
    return mix(promising, gap=1e-9, time_limit_s=20, runner_ups=0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=3),
    st.sampled_from([0.02, 5.0, 400.0]),
    st.floats(0, 1),
    st.booleans(),
)
def test_the_cheapest_fleet_within_the_limit(
    rates: list[int], grams: float, part: float, slow: bool
):
    """Machines are alike but for price and emissions: so many clean ones as the limit asks."""
    case = two_machines(
        [float(rate) for rate in rates], (grams, grams / 8), startup_s=600.0 if slow else None
    )
    needed = sum(-(-rate // 2) for rate in rates)
    limit = (grams / 8 + part * (grams - grams / 8)) * needed / 1000 * (1 + 1e-9)
    plan = limited(case, limit)
    assert plan.carbon_kg <= limit * (1 + 1e-6)
    if not slow:
        dirty = int((limit * 1000 - needed * grams / 8) / (grams - grams / 8) + 1e-6)
        assert plan.cost == pytest.approx(dirty * 1.0 + (needed - dirty) * 3.0)


def test_what_runs_now_is_no_plan_where_it_emits_too_much():
    case = two_machines([3.0, 4.0], (900.0, 100.0), startup_s=600.0, current={"dirty": 2})
    plan = limited(case, 1.0)
    assert plan.carbon_kg <= 1.0
    assert all(check.ok for check in plan.checks)


def test_a_machine_that_does_not_say_what_it_emits_is_left_out():
    plan = limited(two_machines([3.0], (None, 100.0)), 1.0)
    assert {row.offer for row in plan.units} == {"clean"}
    assert any("emissions of dirty are not known" in said for said in plan.unknown)


def test_a_limit_below_the_least_is_infeasible():
    plan = limited(two_machines([3.0], (900.0, 100.0)), 0.1)
    assert plan.status == "infeasible"
    assert {wish.kind for wish in plan.conflict} == {"carbon", "demand"}
