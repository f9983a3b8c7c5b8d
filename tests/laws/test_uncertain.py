"""Laws of uncertain demand: quantiles by counting, and days that are drawn whole."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.demand import Demand, Scenario
from lepta.domain.plan import PlanCase
from lepta.errors import InputError
from lepta.optimize.bootstrap import bootstrap_days
from lepta.optimize.mix import mix
from lepta.optimize.uncertain import levels, mean, quantile
from plancases import T0, case_of


@st.composite
def uncertain(draw: st.DrawFn) -> PlanCase:
    rate = st.integers(0, 40).map(lambda n: n / 10)
    case = case_of(
        {"g": 2.0, "h": 1.5},
        {"w": [draw(rate), draw(rate)], "v": [draw(rate), draw(rate)]},
        {("w", "g"): 1.0, ("v", "g"): 2.0, ("w", "h"): 0.6},
    )
    scenarios = tuple(
        Scenario(
            name=f"s{k}",
            probability=draw(st.sampled_from([0.1, 0.2, 0.25])),
            demand=tuple(
                replace(row, rate_per_s=draw(rate))
                for row in draw(st.permutations(case.demand))[:3]
            ),
        )
        for k in range(draw(st.integers(1, 4)))
    )
    return replace(case, scenarios=scenarios)


def outcomes(case: PlanCase, row: Demand) -> list[tuple[float, float]]:
    found = [(row.rate_per_s, 1 - sum(one.probability for one in case.scenarios))]
    for one in case.scenarios:
        said = {(r.demand_class, r.start): r.rate_per_s for r in one.demand}
        found.append((said.get((row.demand_class, row.start), row.rate_per_s), one.probability))
    return [(rate, weight) for rate, weight in found if weight > 1e-12]


@given(uncertain(), st.floats(0.01, 1))
def test_the_quantile_is_the_least_rate_that_enough_stays_within(case: PlanCase, q: float):
    certain = quantile(case, q)
    assert certain.scenarios == ()
    for row, given_ in zip(certain.demand, case.demand, strict=True):
        found = outcomes(case, given_)
        within = sum(weight for rate, weight in found if rate <= row.rate_per_s)
        below = sum(weight for rate, weight in found if rate < row.rate_per_s)
        assert within >= q - 1e-6 and below < q + 1e-6
        assert row.rate_per_s in {rate for rate, _ in found}


@given(uncertain())
def test_between_levels_nothing_changes(case: PlanCase):
    marks = (0.0, *levels(case))
    assert marks[-1] == 1.0
    for low, high in pairwise(marks):
        if high - low > 1e-6:
            assert quantile(case, (low + high) / 2) == quantile(case, high)


@given(uncertain())
def test_the_mean_lies_between_the_ends(case: PlanCase):
    for row, low, high in zip(
        mean(case).demand, quantile(case, 1e-9).demand, quantile(case, 1.0).demand, strict=True
    ):
        assert low.rate_per_s - 1e-12 <= row.rate_per_s <= high.rate_per_s + 1e-12


@settings(max_examples=15, deadline=None)
@given(uncertain(), st.floats(0.05, 1), st.floats(0.05, 1))
def test_more_safety_never_costs_less(case: PlanCase, one: float, two: float):
    low, high = sorted((one, two))
    costs = [
        mix(quantile(case, q), gap=1e-9, time_limit_s=10, runner_ups=0).cost for q in (low, high)
    ]
    assert costs[0] <= costs[1] * (1 + 1e-8) + 1e-9


def test_a_scenario_must_have_the_intervals_of_the_demand():
    case = case_of({"g": 2.0}, {"w": [1.0]}, {("w", "g"): 1.0})
    odd = Demand(demand_class="w", start=T0, hours=0.5, rate_per_s=2.0)
    with pytest.raises(InputError, match="is none of the demand table"):
        quantile(replace(case, scenarios=(Scenario(name="s", probability=1, demand=(odd,)),)), 0.5)
    with pytest.raises(InputError, match="has no scenarios"):
        mean(case)
    with pytest.raises(InputError, match="the quantile is 0"):
        quantile(case, 0)


def hourly(days: int, rate, classes: tuple[str, ...] = ("w", "v")) -> list[Demand]:
    """History of full days, by hour; rate(day, hour, class)."""
    return [
        Demand(
            demand_class=name,
            start=T0 - timedelta(days=days - day) + timedelta(hours=hour),
            hours=1.0,
            rate_per_s=rate(day, hour, name),
        )
        for day in range(days)
        for hour in range(24)
        for name in classes
    ]


def rows(hours: float, count: int, start=T0) -> list[Demand]:
    return [
        Demand(
            demand_class=name,
            start=start + timedelta(hours=hours * k),
            hours=hours,
            rate_per_s=1.0,
        )
        for name in ("w", "v")
        for k in range(count)
    ]


@given(st.integers(0, 2**32), st.sampled_from([0.5, 1.0, 2.0, 3.0]))
def test_classes_and_hours_of_a_day_stay_together(seed: int, hours: float):
    history = hourly(21, lambda day, hour, name: 100.0 * day + hour + (0.5 if name == "v" else 0))
    wanted = rows(hours, int(48 / hours))
    found = bootstrap_days(history, wanted, 3, np.random.default_rng(seed))
    assert sum(one.probability for one in found) == pytest.approx(1)
    for one in found:
        assert [(r.demand_class, r.start, r.hours) for r in one.demand] == [
            (r.demand_class, r.start, r.hours) for r in wanted
        ]
        for day in (0, 1):
            mine = [r for r in one.demand if (r.start - T0).days == day]
            assert len({int(r.rate_per_s // 100) for r in mine}) == 1
            drawn = int(mine[0].rate_per_s // 100)
            # T0 is a Monday, and so is day 0 of the history, three weeks before.
            assert drawn % 7 == day
            for r in mine:
                begin = (r.start - T0).total_seconds() / 3600 % 24
                hour = np.mean([int(begin + hours * (k + 0.5) / 60) for k in range(60)])
                expected = 100 * drawn + hour + (0.5 if r.demand_class == "v" else 0)
                assert r.rate_per_s == pytest.approx(expected, abs=1e-9)


def test_the_same_seed_draws_the_same_days():
    history = hourly(14, lambda day, hour, name: float(day))
    draws = [
        bootstrap_days(history, rows(1.0, 24), 5, np.random.default_rng(seed)) for seed in (7, 7, 8)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_an_interval_over_midnight_takes_a_part_of_each_day():
    history = hourly(7, lambda day, hour, name: float(day))
    wanted = rows(12.0, 1, T0 + timedelta(hours=18))
    (one,) = bootstrap_days(history, wanted, 1, np.random.default_rng(0))
    assert one.demand[0].rate_per_s == pytest.approx((0 + 1) / 2)  # a Monday, then a Tuesday


def test_only_whole_days_are_drawn_and_other_weekdays_where_there_is_no_same_one():
    history = [
        r
        for r in hourly(3, lambda day, hour, name: float(day))
        if r.start.hour != 5 or (T0 - r.start).days != 1
    ]
    found = bootstrap_days(history, rows(24.0, 1), 20, np.random.default_rng(0))
    assert {row.rate_per_s for one in found for row in one.demand} == {0.0, 2.0}
    holes = [r for r in history if r.start.hour != 7]
    with pytest.raises(InputError, match="has no whole day"):
        bootstrap_days(holes, rows(24.0, 1), 1, np.random.default_rng(0))
    with pytest.raises(InputError, match="no history of v"):
        bootstrap_days(
            hourly(2, lambda *_: 1.0, ("w",)), rows(24.0, 1), 1, np.random.default_rng(0)
        )
    with pytest.raises(InputError, match="0 scenarios"):
        bootstrap_days(history, rows(24.0, 1), 0, np.random.default_rng(0))
