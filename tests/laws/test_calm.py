"""A plan is calm: what changes pays, near ties stay put, replacements serve before others go."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.promises import Promises
from lepta.optimize.mix import mix
from plancases import T0, case_of, cases

START_S = 600.0


def at_first(plan: FleetPlan) -> dict[str, int]:
    first = min(row.start for row in plan.units) if plan.units else None
    return {row.offer: row.count for row in plan.units if row.start == first}


def moved(one: dict[str, int], two: dict[str, int]) -> int:
    return sum(abs(one.get(name, 0) - two.get(name, 0)) for name in {*one, *two})


def running(case: PlanCase, units: dict[str, int]) -> PlanCase:
    return replace(case, current=tuple(sorted(units.items())))


TWINS = case_of(
    {"a": 1.0, "b": 1.0},
    {"w": [4.0]},
    {("w", "a"): 2.0, ("w", "b"): 2.0},
)
"""Two offers that cost and serve the same: a planner without memory may flip between them."""


@pytest.mark.parametrize("units", [{"a": 2}, {"b": 2}, {"a": 1, "b": 1}])
def test_of_equal_fleets_the_one_that_runs_stays(units: dict[str, int]):
    plan = mix(running(TWINS, units), runner_ups=0)
    assert at_first(plan) == units
    assert plan.changes == ()


@given(cases(offers=3, classes=2, periods=2), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_inputs_that_move_by_a_percent_change_only_what_pays(case: PlanCase, seed: int):
    """Plan, run that plan, plan again with prices and rates a percent off."""
    case = replace(
        case,
        current=None,
        offers=tuple(replace(o, startup_s=START_S) for o in case.offers),
    )
    before = mix(case, runner_ups=0)
    if before.cost is None or not before.units:
        return
    rng = np.random.default_rng(seed)
    shaken = replace(
        case,
        offers=tuple(
            replace(o, price_per_hour=o.price_per_hour * (1 + rng.uniform(-0.01, 0.01)))
            for o in case.offers
        ),
        demand=tuple(
            replace(d, rate_per_s=d.rate_per_s * (1 - rng.uniform(0, 0.01))) for d in case.demand
        ),
    )
    shaken = running(shaken, at_first(before))
    after = mix(shaken, runner_ups=0)
    assert after.cost is not None
    if not moved(at_first(before), at_first(after)):
        return
    # What runs now, held throughout, would cost more: each change has earned what it was priced at.
    now = dict(shaken.current or ())
    held = [row for row in shaken.offers if now.get(row.id)]
    fixed = replace(
        shaken,
        offers=tuple(
            replace(
                o, owned=dict(shaken.current or ())[o.id], limit=dict(shaken.current or ())[o.id]
            )
            for o in held
        ),
        profiles=tuple(p for p in shaken.profiles if p.offer in {o.id for o in held}),
        routes=tuple(r for r in shaken.routes if r.offer in {o.id for o in held}),
    )
    kept = mix(fixed, runner_ups=0)
    assert kept.cost is None or after.cost <= kept.cost * (1 + 1e-9)


def test_a_change_must_earn_its_switching_cost_within_the_payback_time():
    """b saves 0.1 per hour and costs 0.25 to start: worth it within 3 hours, not within 2."""
    case = case_of(
        {"a": 1.0, "b": 0.9},
        {"w": [1.0] * 24},
        {("w", "a"): 1.0, ("w", "b"): 1.0},
        current={"a": 1},
    )
    case = replace(
        case, offers=(case.offers[0], replace(case.offers[1], start_cost=0.25, startup_s=0.0))
    )
    slow = replace(case, promises=Promises(payback_hours=3.0))
    fast = replace(case, promises=Promises(payback_hours=2.0))
    assert at_first(mix(slow, runner_ups=0)) == {"b": 1}
    assert at_first(mix(case, runner_ups=0)) == {"b": 1}
    calm = mix(fast, runner_ups=0)
    assert at_first(calm) == {"a": 1}
    assert any("within 2 h were left out" in said for said in calm.explanation)


def test_replacements_are_asked_for_first_and_serve_before_anything_goes_down():
    case = case_of(
        {"old": 3.0, "new": 1.0},
        {"w": [2.0, 2.0]},
        {("w", "old"): 2.0, ("w", "new"): 1.0},
        current={"old": 1},
    )
    case = replace(case, offers=tuple(replace(o, startup_s=START_S) for o in case.offers))
    plan = mix(case, runner_ups=0)
    assert [(c.offer, c.units_before, c.units) for c in plan.changes] == [
        ("new", 0, 2),
        ("old", 1, 0),
    ]
    up, down = plan.changes
    assert up.at == T0 - timedelta(seconds=START_S)
    assert down.at == T0
    assert "after new serves" in down.why


@given(cases(offers=3, classes=2, periods=4))
@settings(max_examples=30, deadline=None)
def test_at_every_moment_of_a_change_the_demand_before_and_after_is_carried(case: PlanCase):
    """Walk through the changes: no level is ever below what the period at hand asks for."""
    case = replace(case, offers=tuple(replace(o, startup_s=START_S) for o in case.offers))
    plan = mix(case, runner_ups=0)
    if plan.cost is None:
        return
    level = dict(case.current or at_first(plan))
    wanted = {}
    for row in plan.units:
        wanted.setdefault(row.start, {})[row.offer] = row.count
    for start in sorted({row.start for row in case.demand}):
        for change in [c for c in plan.changes if c.at <= start]:
            level[change.offer] = change.units
        for name, count in wanted.get(start, {}).items():
            assert level.get(name, 0) >= count


def test_a_stable_load_of_two_patterns_gives_one_stable_plan():
    """The acceptance story of vllm-project/aibrix#637: same load again and again, same fleet."""
    case = case_of(
        {"l40s": 1.9, "a100": 5.1, "h100": 6.9},
        {"short": [20.0, 5.0] * 3, "long": [2.0, 6.0] * 3},
        {
            ("short", "l40s"): 4.0,
            ("short", "a100"): 12.0,
            ("short", "h100"): 16.0,
            ("long", "a100"): 1.5,
            ("long", "h100"): 2.5,
        },
        limits={"l40s": 4, "a100": 3, "h100": 4},
        utilization=0.85,
    )
    case = replace(case, offers=tuple(replace(o, startup_s=START_S) for o in case.offers))
    fleets, now = [], None
    for _ in range(3):
        plan = mix(replace(case, current=now), runner_ups=0)
        assert all(check.ok for check in plan.checks)
        assert all(row.count <= {"l40s": 4, "a100": 3, "h100": 4}[row.offer] for row in plan.units)
        fleets.append(at_first(plan))
        now = tuple(sorted(at_first(plan).items()))
    assert fleets[1] == fleets[2]
    assert fleets[0] == fleets[1]
