"""The peers of the benchmarks are right: a benchmark against a wrong program proves nothing."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fleets import fleet
from lepta.domain.plan import PlanCase, UnitsHeld
from lepta.optimize.mix import mix
from peers.melange import by_cbc, by_highs
from peers.whole import bill, held_together, whole
from plancases import T0, case_of, cases

ABLE = {"A10G": [2, 1, 5, 2], "A100-80GB": [20, 20, 40, 20]}
TOY = case_of(
    {"A10G": 1.01, "A100-80GB": 3.67},
    {f"bucket{b}": [30 * share] for b, share in enumerate([0.2, 0.1, 0.5, 0.2])},
    {(f"bucket{b}", g): able[b] for g, able in ABLE.items() for b in range(4)},
)
LIMIT_S = 20.0


@pytest.mark.parametrize("solve", [by_cbc, by_highs])
def test_the_published_toy_example(solve):
    """3 A10G + 1 A100-80GB for 6.70; thirds of a bucket come down to the 4.68 of our plan."""
    answer = solve(TOY, 1, time_limit_s=LIMIT_S)
    assert answer.status == "optimal"
    assert answer.cost == pytest.approx(6.70) == answer.bound
    assert [round(count) for count in answer.x[-2:]] == [3, 1]
    assert solve(TOY, 3, time_limit_s=LIMIT_S).cost == pytest.approx(4.68)


@settings(max_examples=15)
@given(cases(periods=1), st.integers(1, 3))
def test_both_solvers_of_the_slices_agree_and_are_never_below_the_plan(case: PlanCase, slices: int):
    case = replace(case, routes=(), offers=tuple(replace(o, limit=None) for o in case.offers))
    able = {p.demand_class for p in case.profiles if p.rate_per_s > 0}
    case = replace(case, demand=tuple(d for d in case.demand if d.demand_class in able))
    assume(any(d.rate_per_s > 0 for d in case.demand))
    one, two = (peer(case, slices, time_limit_s=LIMIT_S) for peer in (by_cbc, by_highs))
    assert one.status == two.status == "optimal"
    assert one.cost == pytest.approx(two.cost)
    plan = mix(case, gap=0, runner_ups=0)
    assert plan.cost <= plan.hours * two.cost * (1 + 1e-6)


def test_the_peers_refuse_what_the_paper_does_not_know():
    with pytest.raises(ValueError, match="one period"):
        by_cbc(case_of({"g": 1.0}, {"w": [1, 2]}, {("w", "g"): 1}), 1, time_limit_s=1)
    with pytest.raises(ValueError, match="price"):
        by_highs(case_of({"g": None}, {"w": [1]}, {("w", "g"): 1}), 1, time_limit_s=1)


@settings(max_examples=25)
@given(cases())
def test_the_whole_model_without_starts_costs_what_the_plan_costs(case: PlanCase):
    plan = mix(case, gap=0, runner_ups=0)
    answer = whole(case, gap=0, time_limit_s=LIMIT_S)
    assert (answer.status == "infeasible") == (plan.status == "infeasible")
    if plan.cost is not None:
        assert answer.cost == pytest.approx(plan.cost, abs=1e-6)


DEMANDS = st.lists(st.integers(0, 6), min_size=3, max_size=3)


@settings(max_examples=25)
@given(DEMANDS, st.integers(0, 3), st.sampled_from([0.0, 900.0, 3600.0, 9000.0]))
def test_starts_are_priced_as_every_way_to_hold_two_kinds_says(need, before, startup_s):
    """All fleets of three periods, tried one by one: 2/s or 3/s per unit, for 2 or 2.7 an hour."""
    price, able, most = {"a": 2.0, "b": 2.7}, {"a": 2.0, "b": 3.0}, 4
    case = case_of(
        price,
        {"w": [float(rate) for rate in need]},
        {("w", g): rate for g, rate in able.items()},
        limits=dict.fromkeys(price, most),
        current={"a": before},
        startup_s=startup_s,
    )
    start = np.array([2.0, 2.7]) * startup_s / 3600
    best: dict[tuple[int, int], float] = {(before, 0): 0.0}
    for rate in need:
        best = {
            now: 2.0 * now[0]
            + 2.7 * now[1]
            + min(
                spent + start @ np.maximum(np.array(now) - np.array(held), 0)
                for held, spent in best.items()
            )
            for now in product(range(most + 1), repeat=2)
            if 2 * now[0] + 3 * now[1] >= rate
        }
    answer = whole(case, gap=0, time_limit_s=LIMIT_S)
    assert answer.cost == pytest.approx(min(best.values()), abs=1e-6)


def test_starts_of_a_plan_are_counted_from_what_ran_before():
    case = case_of(
        {"a": 2.0, "b": 3.0},
        {"w": [1.0, 1.0, 1.0]},
        {("w", "a"): 1.0, ("w", "b"): 1.0},
        current={"a": 1},
        startup_s=900.0,
    )
    hours = [row.start for row in case.demand]
    held = [("a", 0, 3), ("b", 1, 2), ("a", 2, 1), ("b", 2, 2)]  # a: +2, stops, +1; b: +2
    units = [
        UnitsHeld(offer=offer, start=hours[p], hours=1.0, count=count, cost=0.0)
        for offer, p, count in held
    ]
    assert hours[0] == T0
    held, starts = bill(case, units)
    assert held == pytest.approx(3 * 2.0 + 2 * 3.0 + 2.0 + 2 * 3.0)
    assert starts == pytest.approx((2 * 2.0 + 2 * 3.0 + 1 * 2.0) / 4)
    two_hours = UnitsHeld(offer="b", start=hours[1], hours=2.0, count=2, cost=0.0)
    assert bill(case, [units[0], two_hours, units[2]]) == (held, starts)


def test_a_fleet_held_all_day_is_dearer_than_one_that_follows_the_day():
    case = fleet(classes=3, types=4, periods=6)
    held = held_together(case, gap=0, time_limit_s=LIMIT_S)
    plan = mix(case, gap=0, runner_ups=0)
    assert held.status == "optimal"
    assert plan.cost <= held.cost * (1 + 1e-9)
    alone = replace(
        case,
        offers=case.offers[:1],
        profiles=tuple(p for p in case.profiles if p.offer == case.offers[0].id),
    )
    able = {p.demand_class: p.rate_per_s * case.utilization for p in alone.profiles}
    loads: dict = {}
    for row in alone.demand:
        loads[row.start] = loads.get(row.start, 0.0) + row.rate_per_s / able[row.demand_class]
    most = np.ceil(max(loads.values())) * 6 * alone.offers[0].price_per_hour
    assert held_together(alone, gap=0, time_limit_s=LIMIT_S).cost == pytest.approx(most)
