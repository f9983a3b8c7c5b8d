"""What `lepta forecast` answers: the method that did best, what it says, and how it did."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lepta.errors import InputError
from lepta.forecast.base import LEVELS, Accuracy, Forecast, Forecaster, Series
from lepta.forecast.calendar import DAY_S, WEEK_S, Calendar
from lepta.forecast.choose import choose
from lepta.forecast.conformal import Conformal
from lepta.forecast.drift import alarms, lag_one, normal_scores, whitened
from lepta.forecast.gaps import marked
from lepta.forecast.seasonal import Naive, SeasonalMean
from lepta.forecast.standard import standard

__all__ = ["ForecastAnswer", "forecast_series"]

STEPS_PER_FALSE_ALARM = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastAnswer:
    """The forecast, the past that it stands on, and the back-test of every method tried."""

    past: Series
    forecast: Forecast
    tried: tuple[Accuracy, ...]
    """The best first; that one made the forecast."""
    left_out: tuple[str, ...]
    """Methods that refused the past, and why."""
    drifted_s: tuple[tuple[float, int], ...] = ()
    """(since when, to which side) errors of the later past lean, on the clock of the series."""


def forecast_series(
    series: Series,
    horizon_steps: int,
    *,
    levels: Sequence[float] = LEVELS,
    learned: bool = False,
    calendar: Calendar | None = None,
) -> ForecastAnswer:
    """Mark lost windows, try the methods on the later past, and forecast with the best.

    Raises
    ------
    InputError
        No method can learn from so short a past.
    """
    past = marked(series)
    candidates: list[Forecaster] = [
        standard(learned=learned),
        Conformal(base=SeasonalMean(period_s=WEEK_S), rate=0.01),
        Conformal(base=SeasonalMean(period_s=DAY_S), rate=0.01),
        Conformal(base=Naive(), rate=0.01),
    ]
    choice = choose(candidates, past, horizon_steps=horizon_steps, levels=levels, calendar=calendar)
    said = choice.forecaster.fit(past, calendar).forecast(past, horizon_steps, levels)
    return ForecastAnswer(
        past=past,
        forecast=replace(
            said, accuracy=choice.accuracy, notes=tuple(dict.fromkeys((*past.notes, *said.notes)))
        ),
        tried=choice.tried,
        left_out=tuple(dict.fromkeys(choice.left_out)),
        drifted_s=_drifts(past, calendar),
    )


def _drifts(past: Series, calendar: Calendar | None) -> tuple[tuple[float, int], ...]:
    """Return when the errors of a same-time-of-day forecast leaned in the last quarter."""
    cut = len(past) - len(past) // 4
    try:
        fitted = Conformal(base=SeasonalMean(period_s=DAY_S, cycles=3)).fit(
            past.part(0, cut), calendar
        )
    except InputError:
        return ()
    later = past.part(cut, len(past))
    hang = lag_one(normal_scores(fitted, past.part(cut // 2, cut)))
    found = alarms(whitened(normal_scores(fitted, later), hang), STEPS_PER_FALSE_ALARM)
    return tuple((later.start_s + alarm.since * past.step_s, alarm.side) for alarm in found)
