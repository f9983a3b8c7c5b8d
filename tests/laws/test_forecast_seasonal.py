"""Laws of the baselines and their intervals, for any series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from lepta.errors import InputError
from lepta.forecast.base import Fitted, Forecast, Seen, Series, known_levels
from lepta.forecast.calendar import DAY_S, Calendar, Event
from lepta.forecast.conformal import Conformal, adapted, conformal_quantiles
from lepta.forecast.corrected import Corrected
from lepta.forecast.seasonal import Naive, SeasonalMean

PERIOD = 6
STEP_S = DAY_S / PERIOD
METHODS = (
    Naive(),
    SeasonalMean(period_s=DAY_S),
    SeasonalMean(period_s=DAY_S, cycles=3),
    Corrected(base=SeasonalMean(period_s=DAY_S, cycles=2), half_life_s=STEP_S),
)


def series(values: np.ndarray, start: int = 0, **more: object) -> Series:
    return Series(values=np.asarray(values, float), step_s=STEP_S, start_s=start * STEP_S, **more)


def waves(days: int = 30, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    steps = np.arange(days * PERIOD)
    return 50 + 20 * np.sin(2 * np.pi * steps / PERIOD) + rng.normal(0, 3, len(steps))


pasts = arrays(float, st.integers(80, 160), elements=st.floats(0, 100, width=32))
methods = st.sampled_from(METHODS)


@given(
    pasts,
    methods,
    st.integers(1, 20),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 0.05]),
)
def test_quantiles_never_cross_and_stay_within_what_is_possible(
    past: np.ndarray, method: object, horizon: int, power: float, rate: float
) -> None:
    held = Conformal(base=method, power=power, rate=rate).fit(series(past))
    forecast = held.forecast(series(past), horizon, (0.01, 0.3, 0.5, 0.9, 0.999))
    assert forecast.values.shape == (5, horizon)
    assert (np.diff(forecast.values, axis=0) >= 0).all()
    assert (forecast.values >= 0).all(), "the past holds no negative value"
    assert forecast.start_s == pytest.approx(len(past) * STEP_S)


@given(methods, st.integers(-50, 50), st.sampled_from([0.25, 0.5, 2.0, 8.0]), st.integers(1, 15))
@settings(max_examples=40)
def test_a_shifted_or_scaled_past_gives_a_shifted_or_scaled_forecast(
    method: object, shift: int, scale: float, horizon: int
) -> None:
    past = waves()
    plain = Conformal(base=method, nonnegative=False)
    first = plain.fit(series(past)).forecast(series(past), horizon)
    moved = series(past * scale + shift)
    second = plain.fit(moved).forecast(moved, horizon)
    assert_allclose(second.values, first.values * scale + shift, atol=1e-8 * scale * 100)


@given(methods, st.integers(5, 40), st.data())
def test_what_was_not_seen_is_not_zero(method: object, gaps: int, data: st.DataObject) -> None:
    """However many steps are lost, the middle stays inside what was seen."""
    past = waves()
    lost = data.draw(
        st.lists(st.integers(0, len(past) - 1), min_size=gaps, max_size=gaps, unique=True)
    )
    past[lost] = np.nan
    held = Conformal(base=method).fit(series(past))
    middle = held.forecast(series(past), PERIOD, (0.5,)).values[0]
    assert (middle > 0.5 * np.nanmin(past)).all()


@given(methods, st.integers(1, 12))
def test_the_fitted_past_and_what_came_since_are_one_past(method: object, since: int) -> None:
    past = waves()
    held = Conformal(base=method, rate=0.02).fit(series(past[:-since]))
    whole = held.forecast(series(past), 9)
    short = held.forecast(series(past[-since:], start=len(past) - since), 9)
    assert_array_equal(whole.values, short.values)


@given(methods, st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_points_read_nothing_from_their_own_future(method: object, seed: int) -> None:
    past = waves()
    fitted = method.fit(series(past))
    origins = np.arange(60, 150)
    ahead = np.arange(8)
    every = fitted.points(Seen((series(past),)), origins, ahead)
    rng = np.random.default_rng(seed)
    for k in rng.choice(len(origins), 5):
        alone = fitted.points(Seen((series(past[: origins[k]]),)), origins[k : k + 1], ahead)
        assert_allclose(alone[0], every[k])


@given(st.integers(30, 400), st.sampled_from([0.8, 0.9, 0.95]), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_order_statistics_hold_what_they_say_on_exchangeable_errors(
    count: int, level: float, seed: int
) -> None:
    """By exchangeability, P(next <= k-th smallest of n) = k / (n + 1): checked on 400 draws."""
    rng = np.random.default_rng(seed)
    errors = np.sort(rng.standard_cauchy((400, count)), axis=1)
    bound = conformal_quantiles(errors, np.full(400, count), np.full((1, 400), level))[0]
    covered = np.count_nonzero(rng.standard_cauchy(400) <= bound)
    exact = min(np.ceil(level * (count + 1) - 1e-9), count) / (count + 1)
    assert abs(covered / 400 - exact) < 5 * np.sqrt(exact * (1 - exact) / 400)


def test_adapted_levels_are_right_in_the_long_run_whatever_comes() -> None:
    """Errors far larger than those calibrated on: still 90 % lie below the level that follows.

    The bound of Gibbs & Candes 2021, proposition 4.1: |share - level| <= (level + rate) / (rate T).
    """
    rng = np.random.default_rng(5)
    count, rate, level = 1500, 0.02, np.array([[0.9]])
    ranks = np.clip(0.5 + 0.8 * (2 * rng.random((count, 1)) - 1), 0, 0.999)
    below = sum(
        ranks[t, 0] <= adapted(ranks[:t], ranks[:t], level, rate)[0, 0] for t in range(count)
    )
    assert np.mean(ranks <= 0.9) < 0.8, "the fixed level holds too little"
    assert abs(below / count - 0.9) <= (0.9 + rate) / (rate * count)


def test_a_step_that_was_not_seen_moves_nothing() -> None:
    level = np.array([[0.1, 0.9]])
    assert_array_equal(adapted(np.full((3, 2), np.nan), np.full((3, 2), np.nan), level, 0.1), level)


@pytest.mark.parametrize(
    ("low", "high", "after"),
    [
        (0.95, 0.95, [0.11, 0.99]),
        (0.5, 0.5, [0.11, 0.89]),
        (0.05, 0.05, [0.01, 0.89]),
        (0.05, 0.95, [0.1, 0.9]),
    ],
)
def test_a_miss_moves_a_level_out_and_a_hit_moves_it_in(
    low: float, high: float, after: list[float]
) -> None:
    """The last row: nine in ten errors are equal, and both levels lie within them."""
    level = np.array([[0.1], [0.9]])
    moved = adapted(np.array([[low]]), np.array([[high]]), level, 0.1)
    assert_allclose(moved[:, 0], after)


def test_the_seasonal_naive_repeats_the_last_period_that_was_seen() -> None:
    values = np.arange(18.0)
    values[[14, 15]] = np.nan
    fitted = SeasonalMean(period_s=DAY_S, cycles=2).fit(series(values))
    said = fitted.points(Seen((series(values),)), np.array([18]), np.arange(8))[0]
    assert_array_equal(said, [9.0, 10.0, 8.0, 9.0, 13.0, 14.0, 9.0, 10.0])


def test_a_day_of_an_event_is_not_learned() -> None:
    values = np.tile(np.arange(1.0, 7.0), 10)
    values[-6:] = 1000.0
    past = series(values, epoch_s=0.0)
    launch = Calendar(events=(Event("launch", 9 * DAY_S, 10 * DAY_S),))
    fitted = SeasonalMean(period_s=DAY_S).fit(past, launch)
    ahead = np.arange(6)
    assert_array_equal(fitted.points(Seen((past,)), np.array([60]), ahead)[0], values[:6])
    plain = SeasonalMean(period_s=DAY_S).fit(past)
    assert_array_equal(plain.points(Seen((past,)), np.array([60]), ahead)[0], values[-6:])


def test_slopes_lie_between_the_profile_and_the_last_value() -> None:
    rng = np.random.default_rng(3)
    base = SeasonalMean(period_s=DAY_S, cycles=3)
    walk = Corrected(base=base, half_life_s=1.0).fit(series(np.cumsum(rng.normal(size=600))))
    noise = Corrected(base=base, half_life_s=1.0).fit(series(rng.normal(size=600)))
    assert walk.slope[0] > 0.8
    assert noise.slope[0] < 0.3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, 2.0], "less than one period"),
        ([np.nan] * 100, "none of its 100 steps was seen"),
    ],
)
def test_a_past_that_teaches_nothing_is_refused(values: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        SeasonalMean(period_s=DAY_S).fit(series(np.array(values)))


def test_too_few_errors_make_no_interval() -> None:
    with pytest.raises(InputError, match="errors could be taken"):
        Conformal(base=Naive()).fit(series(np.arange(30.0)))


def test_what_is_no_series_or_forecast_is_refused() -> None:
    for wrong in (np.zeros((2, 2, 2)), np.array([1.0, np.inf])):
        with pytest.raises(InputError, match="shape"):
            Series(values=wrong, step_s=60.0)
    with pytest.raises(InputError, match="longer than 0 s"):
        Series(values=np.zeros(3), step_s=0.0)
    with pytest.raises(InputError, match="whole number of steps"):
        SeasonalMean(period_s=1000.0).fit(series(np.zeros(100)))
    with pytest.raises(InputError, match="different steps"):
        Seen((series(np.zeros(3)), Series(values=np.zeros(3), step_s=1.0)))
    with pytest.raises(InputError, match="one column at a time"):
        Seen((series(np.zeros((3, 2))),))
    with pytest.raises(InputError, match="cross"):
        Forecast(levels=(0.1, 0.9), values=[[2.0], [1.0]], step_s=60.0, start_s=0.0)
    for levels in ((), (0.0, 0.5), (0.9, 0.1), (0.5, 1.0)):
        with pytest.raises(InputError, match="levels"):
            known_levels(levels)


def test_a_level_between_two_is_drawn_straight_and_outside_is_refused() -> None:
    forecast = Forecast(levels=(0.1, 0.5, 0.9), values=[[0.0], [4.0], [6.0]], step_s=1, start_s=0)
    assert forecast.at(0.5)[0] == 4.0
    assert forecast.at(0.3)[0] == pytest.approx(2.0)
    with pytest.raises(InputError, match=r"outside 0\.1 to 0\.9"):
        forecast.at(0.95)


def test_forecasters_keep_the_protocol() -> None:
    fitted: Fitted = Conformal(base=Naive()).fit(series(waves()))
    assert fitted.name == "naive"
    forecast = fitted.forecast(series(waves()), 200)
    assert forecast.notes == ("beyond step 6 the errors of that step are used",)
