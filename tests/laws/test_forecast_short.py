"""The next minutes: bounded, marked where little is known; and what the drift alarm promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from lepta.errors import InputError
from lepta.forecast.base import Series
from lepta.forecast.calendar import DAY_S
from lepta.forecast.conformal import Conformal
from lepta.forecast.drift import Cusum, alarms, lag_one, normal_scores, threshold, whitened
from lepta.forecast.seasonal import Naive, SeasonalMean
from lepta.forecast.short import Rule, Short

STEP_S = 15.0


def series(values: np.ndarray, start: int = 0) -> Series:
    return Series(values=values, step_s=STEP_S, start_s=start * STEP_S)


def load(count: int = 400, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 100 + 40 * np.sin(np.arange(count) / 40) + rng.normal(0, 5, count)


rules = st.sampled_from([Rule(15.0), Rule(60.0), Rule(120.0, True)])


@given(rules, st.integers(1, 60), st.integers(1, 390), st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=60)
def test_quantiles_rise_whatever_was_lost(
    rule: Rule, horizon: int, lost: int, power: float
) -> None:
    values = load()
    values[np.random.default_rng(lost).choice(380, min(lost, 300), replace=False)] = np.nan
    fitted = Short(rule=rule, power=power).fit(series(values))
    forecast = fitted.forecast(series(values), horizon, (0.02, 0.5, 0.97))
    assert (np.diff(forecast.values, axis=0) >= 0).all()
    assert (forecast.values >= 0).all()
    assert forecast.values[1].min() > 20, "a lost step is no step without load"


@given(rules, st.integers(1, 100))
@settings(max_examples=30)
def test_the_fitted_past_and_what_came_since_are_one_past(rule: Rule, since: int) -> None:
    values = load()
    fitted = Short(rule=rule).fit(series(values[:-since]))
    whole = fitted.forecast(series(values), 20)
    part = fitted.forecast(series(values[-since:], len(values) - since), 20)
    assert_array_equal(whole.values, part.values)


def test_a_straight_rise_is_carried_on_and_flattens_out() -> None:
    values = np.arange(400.0)
    middle = Short(rule=Rule(300.0, True)).fit(series(values)).forecast(series(values), 200, (0.5,))
    assert_allclose(middle.values[0, 0], 400.0, atol=0.1)
    rises = np.diff(middle.values[0])
    assert (rises >= 0).all()
    level = Short(rule=Rule(30.0)).fit(series(values)).forecast(series(values), 40, (0.05, 0.5))
    assert_allclose(level.values[1], 400.0 + np.arange(40), atol=1.0)


def test_the_fit_picks_a_fast_rule_for_a_walk_and_a_slow_one_for_noise() -> None:
    rng = np.random.default_rng(4)
    walk = 1000 + np.cumsum(rng.normal(0, 5, 2000))
    noise = 1000 + rng.normal(0, 50, 2000)
    assert Short().fit(series(walk)).rule.half_life_s <= 30.0
    assert Short().fit(series(noise)).rule.half_life_s >= 300.0


def test_a_profile_foretells_the_rise_that_a_level_cannot() -> None:
    step_s, day = 600.0, 144
    shape = np.where(np.arange(10 * day) % day < 72, 100.0, 300.0)
    values = shape * (1 + 0.01 * np.random.default_rng(0).normal(size=len(shape)))
    past = Series(values=values[: 9 * day + 70], step_s=step_s)
    with_profile = Short(profile=SeasonalMean(period_s=DAY_S, cycles=3), lookback_s=DAY_S)
    found = with_profile.fit(past).forecast(past, 4, (0.05, 0.5, 0.95))
    assert_allclose(found.values[1], [100, 100, 300, 300], rtol=0.05)
    plain = Short(lookback_s=DAY_S).fit(past).forecast(past, 4, (0.5,))
    assert plain.values[0, 2] < 150


def test_too_short_a_past_for_the_profile_is_said() -> None:
    few = series(load(60))
    forecast = Short(profile=SeasonalMean(period_s=DAY_S)).fit(few).forecast(few, 4)
    assert "no profile: 60 steps are less than one period" in forecast.notes[0]


def test_little_is_marked_and_nothing_is_refused() -> None:
    empty = Short().fit(series(np.zeros(0)))
    few = series(np.array([10.0, 12.0, 11.0]))
    forecast = empty.forecast(few, 2)
    assert forecast.notes[0].startswith("only 2 errors are known")
    assert 8 < forecast.values[0, 0] <= forecast.values[-1, 0] < 14
    with pytest.raises(InputError, match="nothing was seen"):
        empty.forecast(series(np.full(30, np.nan)), 2)
    with pytest.raises(InputError, match="not one error"):
        empty.forecast(series(np.array([10.0])), 2)


@pytest.mark.parametrize("every", [100.0, 1000.0])
def test_false_alarms_are_as_rare_as_asked(every: float) -> None:
    """200,000 standard normal scores; Siegmund's formula is an approximation: within a fifth."""
    found = alarms(np.random.default_rng(11).normal(size=200_000), every)
    rate = len(found) / 200_000
    assert abs(rate * every - 1) < 0.2 + 3 / np.sqrt(200_000 / every)


@given(st.sampled_from([-1, 1]), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_a_shift_of_two_deviations_rings_within_25_steps(side: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=400)
    scores[300:] += 2.0 * side
    found = [alarm for alarm in alarms(scores, 1e5) if alarm.step >= 300]
    assert found[0].side == side
    assert found[0].step <= 325
    assert 230 <= found[0].since <= 315


def test_a_step_that_was_not_seen_changes_nothing_but_the_count() -> None:
    state, alarm = Cusum(5.0, up=3.0, up_since=7, step=9).after(float("nan"))
    assert alarm is None
    assert (state.up, state.up_since, state.step) == (3.0, 7, 10)
    with pytest.raises(InputError, match="false alarm every"):
        threshold(5)


def test_scores_of_forecast_errors_are_standard_and_ring_on_a_new_level() -> None:
    rng = np.random.default_rng(2)
    past = series(50 + rng.standard_t(3, 2000))
    fitted = Conformal(base=SeasonalMean(period_s=STEP_S * 10, cycles=20)).fit(past)
    calm = normal_scores(fitted, series(50 + rng.standard_t(3, 1000), start=2000))
    assert abs(float(calm.mean())) < 0.15 and abs(float(calm.std()) - 1) < 0.15
    assert len(alarms(calm, 1e5)) == 0
    moved = series(53 + rng.standard_t(3, 100), start=2000)
    assert alarms(normal_scores(fitted, moved), 1e5)[0].side == 1
    lost = series(np.full(3, np.nan), start=2000)
    assert np.isnan(normal_scores(Conformal(base=Naive()).fit(past), lost)).all()


def test_errors_that_hang_together_ring_no_oftener_once_they_are_whitened() -> None:
    rng = np.random.default_rng(3)
    scores = np.zeros(50_000)
    for t in range(1, len(scores)):
        scores[t] = 0.9 * scores[t - 1] + np.sqrt(1 - 0.81) * rng.normal()
    hang = lag_one(scores[:10_000])
    assert abs(hang - 0.9) < 0.02
    assert len(alarms(scores, 5000)) > 500
    assert 3 <= len(alarms(whitened(scores, hang), 5000)) <= 22
    gap = whitened(np.array([1.0, np.nan, 2.0]), 0.5)
    assert_array_equal(np.isnan(gap), [False, True, False])
    assert gap[2] == 2.0
    assert lag_one(np.zeros(5)) == 0.0
