"""The baselines: what was last, what was at this time of day or week, and the mean of those.

Each says one value per step; `conformal.Conformal` makes quantiles of them. All of them follow a
shift or a scaling of the series exactly.
"""

from dataclasses import dataclass

import numpy as np

from lepta.errors import InputError
from lepta.forecast.base import Array, Counts, PointFitted, Seen, Series
from lepta.forecast.calendar import DAY_S, WEEK_S, Calendar

__all__ = ["Naive", "SeasonalMean", "profile", "without_events"]

LOOK_BACK = 48
"""Steps that the naive forecast goes back to find a value that was seen."""


@dataclass(frozen=True, slots=True)
class Naive:
    """What was seen last, however far ahead."""

    name: str = "naive"

    def fit(self, series: Series, calendar: Calendar | None = None) -> PointFitted:
        """Remember the last value that was seen."""
        known = series.values[~np.isnan(series.values)]
        if not len(known):
            raise _unseen(series)
        return _NaiveFitted(self.name, series, float(known[-1]))


@dataclass(frozen=True, slots=True)
class _NaiveFitted:
    name: str
    past: Series
    last: float

    def points(self, seen: Seen, origins: Counts, ahead: Counts) -> Array:
        back = seen.at(origins[:, None] - np.arange(1, LOOK_BACK + 1))
        known = ~np.isnan(back)
        value = back[np.arange(len(origins)), known.argmax(axis=1)]
        value = np.where(known.any(axis=1), value, self.last)
        return np.repeat(value[:, None], len(ahead), axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalMean:
    """The mean at the same time of the last `cycles` periods; with one cycle, seasonal naive.

    Steps that were not seen, or lie in an event of the calendar, are left out; where none is left,
    the profile of the fitted past stands in.
    """

    period_s: float = WEEK_S
    cycles: int = 1

    @property
    def name(self) -> str:
        """Such as "same time of the last 3 weeks"."""
        unit = {DAY_S: "day", WEEK_S: "week"}.get(self.period_s, f"{self.period_s:g} s")
        if self.cycles == 1:
            return f"seasonal naive ({unit})"
        return f"mean of {self.cycles} seasons ({unit})"

    def fit(self, series: Series, calendar: Calendar | None = None) -> PointFitted:
        """Take the profile of the past.

        Raises
        ------
        InputError
            The past is shorter than one period, or the period is no whole number of steps.
        """
        period = series.steps(self.period_s)
        if len(series) < period:
            raise InputError(
                f"{len(series)} steps are less than one period of {period}",
                where=f"{self.name} on the series {series.name}".rstrip(),
                remedy="give a longer past, or a method with a shorter period",
            )
        past = without_events(series, calendar)
        return _SeasonalFitted(
            self.name, past, period, self.cycles, profile(past, period, self.cycles), calendar
        )


@dataclass(frozen=True, slots=True)
class _SeasonalFitted:
    name: str
    past: Series
    period: int
    cycles: int
    profile: Array
    calendar: Calendar | None

    def points(self, seen: Seen, origins: Counts, ahead: Counts) -> Array:
        if self.calendar is not None and self.calendar.events:
            seen = Seen(
                tuple(
                    part if part is self.past else without_events(part, self.calendar)
                    for part in seen.parts
                )
            )
        back = self.period * (ahead // self.period + 1)
        target = origins[:, None] + ahead
        total = np.zeros(target.shape)
        count = np.zeros(target.shape)
        for k in range(self.cycles):
            value = seen.at(target - back - k * self.period)
            known = ~np.isnan(value)
            total += np.where(known, value, 0.0)
            count += known
        if (count > 0).all():
            mean: Array = total / count
            return mean
        stand_in = self.profile[target % self.period]
        return np.where(count > 0, total / np.maximum(count, 1), stand_in)


def profile(series: Series, period: int, cycles: int) -> Array:
    """Return the mean by step of the period (slot = step number modulo period), last cycles only.

    Slots that were never seen are drawn straight between their neighbors around the period.
    """
    steps = series.first_step + np.arange(len(series))
    values = series.values
    total, count = np.zeros(period), np.zeros(period)
    for first in range(0, cycles * period, period):
        rows = slice(max(len(values) - first - period, 0), max(len(values) - first, 0))
        known = ~np.isnan(values[rows])
        slots = steps[rows][known] % period
        total[slots] += values[rows][known]
        count[slots] += 1
    if not count.any():
        known = ~np.isnan(values)
        if not known.any():
            raise _unseen(series)
        np.add.at(total, steps[known] % period, values[known])
        np.add.at(count, steps[known] % period, 1)
    filled = np.flatnonzero(count)
    slots = np.arange(period)
    mean: Array = np.interp(slots, filled, total[filled] / count[filled], period=period)
    return mean


def without_events(series: Series, calendar: Calendar | None) -> Series:
    """Return the series with the steps inside an event marked as not seen."""
    if calendar is None or not calendar.events or np.isnan(series.epoch_s):
        return series
    unix = series.epoch_s + series.start_s + np.arange(len(series), dtype=float) * series.step_s
    inside = calendar.special(unix)
    if not inside.any():
        return series
    return Series(
        values=np.where(inside, np.nan, series.values),
        step_s=series.step_s,
        start_s=series.start_s,
        epoch_s=series.epoch_s,
        name=series.name,
        unit=series.unit,
        notes=series.notes,
    )


def _unseen(series: Series) -> InputError:
    return InputError(
        f"none of its {len(series)} steps was seen",
        where=f"series {series.name}".rstrip(),
        remedy="give a past with values",
    )
