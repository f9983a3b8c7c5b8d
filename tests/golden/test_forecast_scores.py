"""Scores on numbers worked by hand, and the choice by them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lepta.errors import InputError
from lepta.forecast.backtest import Trial, pinball, rolled, scale_of, score
from lepta.forecast.base import Forecaster, Series
from lepta.forecast.blend import Blend
from lepta.forecast.calendar import DAY_S
from lepta.forecast.choose import choose
from lepta.forecast.conformal import Conformal
from lepta.forecast.seasonal import Naive, SeasonalMean

STEP_S = DAY_S / 4


def series(values: np.ndarray) -> Series:
    return Series(values=np.asarray(values, float), step_s=STEP_S)


def test_pinball_by_hand() -> None:
    """Said 10 at the levels 0.1 and 0.9: 14 came, then 8, then a step that was not seen.

    0.1: 0.1 x 4 = 0.4 and 0.9 x 2 = 1.8, mean 1.1; 0.9: 0.9 x 4 = 3.6 and 0.1 x 2 = 0.2, mean 1.9.
    """
    said = np.full((1, 2, 3), 10.0)
    assert_allclose(pinball(said, np.array([[14.0, 8.0, np.nan]]), (0.1, 0.9)), [1.1, 1.9])


def test_mase_coverage_and_width_by_hand() -> None:
    """Changes from one period to the next in the past: 4, 2, not seen, 6: mean 4."""
    past = np.array([1.0, 2, 3, 4, 5, 4, np.nan, 10])
    assert scale_of(series(past)) == 4.0
    assert np.isnan(scale_of(series(past[:4])))
    said = np.array([[[0.0, 0.0], [5.0, 5.0], [8.0, 8.0]]])
    trial = Trial(
        method="m", levels=(0.05, 0.5, 0.95), said=said, came=np.array([[7.0, 11.0]]), scale=4.0
    )
    found = score(trial)
    assert found.coverage == 0.5
    assert found.width == 8.0
    assert found.mase == 1.0
    assert found.pinball_by_level[1] == 2.0
    assert (found.first_step, found.last_step, found.origins) == (1, 2, 1)
    first = score(trial, last_step=1, naive=trial)
    assert (first.coverage, first.mase, first.skill) == (1.0, 0.5, 0.0)
    with pytest.raises(InputError, match=r"level 0\.1 is none"):
        score(trial, share=0.8)


class Spy:
    """A forecaster that notes what it is shown."""

    name = "spy"

    def __init__(self) -> None:
        self.fits: list[int] = []
        self.asks: list[int] = []
        self.inner = Conformal(base=Naive())

    def fit(self, past: Series, calendar: object = None) -> "Spy":
        self.fits.append(len(past))
        self.fitted = self.inner.fit(past)
        return self

    def forecast(self, recent: Series, horizon: int, levels: tuple[float, ...]) -> object:
        self.asks.append(len(recent))
        return self.fitted.forecast(recent, horizon, levels)


def test_the_origin_rolls_and_the_future_stays_hidden() -> None:
    spy = Spy()
    rng = np.random.default_rng(0)
    values = rng.normal(size=120)
    trial = rolled(spy, series(values), first=100, horizon_steps=4, every=3, refit=6)
    assert spy.asks == [100, 103, 106, 109, 112, 115]
    assert spy.fits == [100, 106, 112]
    assert_allclose(trial.came[1], values[103:107])
    with pytest.raises(InputError, match="leave none of 50"):
        rolled(spy, series(values), first=100, horizon_steps=50)


def seasonal_series() -> Series:
    rng = np.random.default_rng(2)
    return series(np.tile([10.0, 40.0, 90.0, 30.0], 60) + rng.normal(0, 1, 240))


def test_the_better_one_is_chosen_and_refusals_are_said() -> None:
    naive, season = Conformal(base=Naive()), Conformal(base=SeasonalMean(period_s=DAY_S, cycles=3))
    long = Conformal(base=SeasonalMean(period_s=100 * DAY_S))
    choice = choose((naive, season, long), seasonal_series(), horizon_steps=8)
    assert choice.forecaster is season
    assert [one.method for one in choice.tried] == [season.name, naive.name]
    assert choice.accuracy.skill > 0 > choice.tried[1].skill
    assert "less than one period" in choice.left_out[0]
    with pytest.raises(InputError, match="no method can learn"):
        choose((long,), seasonal_series(), horizon_steps=8)


def test_a_blend_leans_on_the_member_that_did_best() -> None:
    members: tuple[Forecaster, ...] = (
        Conformal(base=Naive()),
        Conformal(base=SeasonalMean(period_s=DAY_S)),
        Conformal(base=SeasonalMean(period_s=100 * DAY_S)),
    )
    past = seasonal_series()
    fitted = Blend(members=members).fit(past)
    assert (fitted.weights[1, :3] > 0.99).all(), "a day ahead the last value is the season"
    assert "without seasonal naive" in fitted.notes[0]
    assert_allclose(fitted.weights.sum(axis=0), 1.0)
    middle = fitted.forecast(past, 4).values[2]
    assert_allclose(middle, [10, 40, 90, 30], atol=4)
    walk = series(np.cumsum(np.random.default_rng(0).normal(size=240)))
    assert (Blend(members=members).fit(walk).weights[0, :2] > 0.6).all()
    with pytest.raises(InputError, match="no member can learn"):
        Blend(members=members[2:]).fit(past)
