"""The linear rule, the trees and the library's models behind the same protocol."""

import sys
from datetime import date

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lepta.errors import InputError
from lepta.forecast.backtest import rolled, score
from lepta.forecast.base import Seen, Series
from lepta.forecast.calendar import DAY_S, Calendar, Event, holidays_of
from lepta.forecast.conformal import Conformal
from lepta.forecast.learned import Learned
from lepta.forecast.library import Library
from lepta.forecast.linear import Linear
from lepta.forecast.seasonal import Naive, SeasonalMean
from lepta.forecast.standard import standard

STEP_S = 3600.0


def days(count: int = 40, seed: int = 0, epoch_s: float = 0.0) -> Series:
    rng = np.random.default_rng(seed)
    hours = np.arange(24 * count)
    level = 200 + 80 * np.sin(2 * np.pi * hours / 24) + 5 * np.cumsum(rng.normal(size=len(hours)))
    return Series(values=np.abs(level), step_s=STEP_S, epoch_s=epoch_s)


def small() -> Learned:
    return Learned(trees=40, leaves=7, least_in_leaf=30, band_levels=(0.05, 0.5, 0.95))


def test_trees_are_the_same_twice_and_rise() -> None:
    past = days()
    first, second = (
        Conformal(base=small()).fit(past).forecast(past, 30, (0.02, 0.4, 0.6, 0.98))
        for _ in range(2)
    )
    assert_array_equal(first.values, second.values)
    assert (np.diff(first.values, axis=0) >= 0).all()


def test_trees_read_nothing_from_their_own_future() -> None:
    past = days()
    fitted = small().fit(past)
    ahead = np.arange(6)
    origins = np.arange(500, 900, 57)
    every = fitted.bands(Seen((past,)), origins, ahead)
    for k, origin in enumerate(origins):
        alone = fitted.bands(Seen((past.part(0, int(origin)),)), origins[k : k + 1], ahead)
        assert_allclose(alone[:, 0], every[:, k])


def test_trees_hold_what_they_say_with_gaps() -> None:
    past = days(60)
    values = past.values.copy()
    values[100:130] = np.nan
    values[700::13] = np.nan
    held = Series(values=values, step_s=STEP_S, epoch_s=0.0)
    trial = rolled(Conformal(base=small(), rate=0.01), held, first=1000, horizon_steps=12, every=7)
    assert 0.8 <= score(trial).coverage <= 0.97
    assert np.isfinite(trial.said).all()


def test_an_event_that_came_before_is_foretold() -> None:
    past = days(60)
    values = past.values.copy()
    launches = [Event("launch", d * DAY_S, (d + 1) * DAY_S) for d in range(5, 65, 5)]
    for launch in launches:
        values[int(launch.begin_s // STEP_S) : int(launch.end_s // STEP_S)] *= 3
    told = Series(values=values, step_s=STEP_S, epoch_s=0.0)
    ahead, origin = np.arange(24), np.array([60 * 24 - 6])
    calm = small().fit(told).bands(Seen((told,)), origin, ahead)[1, 0]
    knows = small().fit(told, Calendar(events=tuple(launches)))
    busy = knows.bands(Seen((told,)), origin, ahead)[1, 0]
    assert busy[12:24].mean() > 1.5 * calm[12:24].mean()


def test_features_of_the_calendar() -> None:
    events = holidays_of([(date(1970, 1, 5), "New Monday")])
    found = Calendar(events=events).features(np.array([4.25, 5.5, 9.0]) * DAY_S)
    assert_allclose(found[:, 0], [6.0, 12.0, 0.0])
    assert_array_equal(found[:, 1], [0, 1, 5])
    assert_array_equal(found[:, 4], [0, 0, 1])
    assert_array_equal(found[:, 6], [1, 0, 0])
    east = Calendar(offset_s=3600.0).features(np.array([4.25]) * DAY_S)
    assert east[0, 0] == pytest.approx(7.0)
    with pytest.raises(InputError, match="event 'x'"):
        Event("x", 5.0, 5.0)


def test_the_library_of_holidays_gives_events() -> None:
    holidays = pytest.importorskip("holidays")
    events = holidays_of(holidays.country_holidays("US", years=2026).items())
    independence = next(event for event in events if event.name == "Independence Day")
    assert independence.begin_s == 1_783_123_200.0
    assert independence.end_s - independence.begin_s == DAY_S


def test_the_linear_rule_finds_a_rule_that_is_linear() -> None:
    """A day's shape on a walk: the next step is the last one plus yesterday's change."""
    past = days()
    linear = rolled(Conformal(base=Linear()), past, first=700, horizon_steps=6, every=5)
    naive = rolled(Conformal(base=Naive()), past, first=700, horizon_steps=6, every=5)
    season = rolled(
        Conformal(base=SeasonalMean(period_s=DAY_S)), past, first=700, horizon_steps=6, every=5
    )
    ours = score(linear).pinball
    assert ours < 0.6 * min(score(naive).pinball, score(season).pinball)
    moved = Series(values=past.values * 4 - 300, step_s=STEP_S)
    one, two = (
        Linear().fit(given).points(Seen((given,)), np.array([960]), np.arange(30))
        for given in (Series(values=past.values, step_s=STEP_S), moved)
    )
    assert_allclose(two, one * 4 - 300, rtol=1e-9)


def test_the_standard_blend_holds_what_it_says() -> None:
    past = days(60, seed=3)
    trial = rolled(standard(), past, first=1000, horizon_steps=12, every=18)
    found = score(trial)
    assert 0.82 <= found.coverage <= 0.97
    assert found.mase < 1.0


def test_a_model_of_the_library_moves_along() -> None:
    past = days()
    theta = Library(model="AutoTheta", season_s=DAY_S)
    forecast = theta.fit(past.part(0, 800)).forecast(past, 24)
    assert (np.diff(forecast.values, axis=0) >= 0).all()
    daily = past.values.reshape(-1, 24)
    shape = (daily - daily[:, -1:])[-10:].mean(axis=0)
    assert np.corrcoef(forecast.values[2], shape)[0, 1] > 0.95, "the season is carried on"
    assert abs(forecast.values[2, -1] - past.values[-1]) < 30, "from where the series is now"
    values = past.values.copy()
    values[500:505] = np.nan
    gaps = Series(values=values, step_s=STEP_S)
    noted = Library().fit(gaps).forecast(gaps, 3)
    assert noted.notes == ("5 steps not seen were drawn between their neighbors",)


def test_without_the_extra_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lightgbm", "statsforecast.models"):
        monkeypatch.setitem(sys.modules, name, None)
    for forecaster in (Learned(), Library()):
        with pytest.raises(InputError, match=r"pip install 'lepta\[forecast\]'"):
            forecaster.fit(days())


def test_too_short_a_past_is_refused() -> None:
    short = days(2)
    for forecaster, said in (
        (Learned(), "rows to learn from"),
        (Linear(period_s=30 * DAY_S), "two periods"),
        (Library(model="MSTL", season_s=7 * DAY_S), "two seasons"),
    ):
        with pytest.raises(InputError, match=said):
            forecaster.fit(short)
