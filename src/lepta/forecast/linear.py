"""A straight rule per step ahead: how trend, season and the gap to the season carry on.

value(h) = last + x @ beta_h, with x the latest changes, how far the season (a day ago, and the mean
of three days; a week ago where it was seen) moved over the same span, and how far the last value
lies from them, from the mean of the last day and from that of the past. beta_h by ridge regression
over the past, per step ahead (direct forecasts; drawn straight between the steps that were
learned). Every x is a difference, and 0 where it was not seen, so the rule follows a shift or a
scaling of the series exactly.
"""

from dataclasses import dataclass

import numpy as np

from lepta.errors import InputError
from lepta.forecast.base import Array, Counts, PointFitted, Seen, Series
from lepta.forecast.calendar import DAY_S, WEEK_S, Calendar
from lepta.forecast.seasonal import without_events
from lepta.forecast.steps import knots

__all__ = ["Linear"]

LAGS = (1, 2, 4, 8, 16, 32)
"""Steps back of the changes that are told apart."""
LOOK_BACK = 12
"""Steps back for a last value that was seen."""
LEAST_ROWS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Direct ridge regression up to `reach_s` ahead; `ridge` is relative to the features' power."""

    period_s: float = DAY_S
    reach_s: float = DAY_S
    ridge: float = 0.01
    name: str = "linear in trend and season"

    def fit(self, series: Series, calendar: Calendar | None = None) -> PointFitted:
        """Learn the coefficients of each step ahead.

        Raises
        ------
        InputError
            The past is shorter than two periods, or hardly seen.
        """
        past = without_events(series, calendar)
        period = series.steps(self.period_s)
        count = len(past)
        if count < 2 * period:
            raise InputError(
                f"{count} steps are less than two periods of {period}",
                where=f"{self.name} on the series {series.name}".rstrip(),
                remedy="give a longer past, or a shorter period",
            )
        week = series.steps(WEEK_S) if WEEK_S % series.step_s == 0 else 7 * period
        at = knots(max(1, min(round(self.reach_s / series.step_s), count // 4)))
        seen = Seen((past,))
        origins = past.first_step + np.arange(period + LOOK_BACK, count)
        known = past.values[~np.isnan(past.values)]
        if not len(known):
            raise InputError("none of its steps was seen", remedy="give a past with values")
        ends = float(known[-1]), float(known.mean())
        plain = _LinearFitted(self.name, past, period, week, at, np.zeros((len(at), 0)), *ends)
        x, last = plain.features(seen, origins, at)
        off = seen.at(origins[:, None] + at) - last[:, None]
        beta = np.zeros((len(at), x.shape[2]))
        for k in range(len(at)):
            rows = ~np.isnan(off[:, k])
            if np.count_nonzero(rows) < LEAST_ROWS:
                continue
            matrix = x[rows, k]
            gram = matrix.T @ matrix
            size = float(np.trace(gram)) / len(gram)
            if size > 0:
                gram[np.diag_indices_from(gram)] += self.ridge * size
                beta[k] = np.linalg.solve(gram, matrix.T @ off[rows, k])
        return _LinearFitted(self.name, past, period, week, at, beta, *ends)


@dataclass(frozen=True, slots=True)
class _LinearFitted:
    name: str
    past: Series
    period: int
    week: int
    at: Counts
    beta: Array
    last: float
    mean: float

    def features(self, seen: Seen, origins: Counts, ahead: Counts) -> tuple[Array, Array]:
        """Return (origins, ahead, features) and the last value that was seen (origins,)."""
        back = seen.at(origins[:, None] - np.arange(1, LOOK_BACK + 1))
        known = ~np.isnan(back)
        first = back[np.arange(len(origins)), known.argmax(axis=1)]
        last = np.where(known.any(axis=1), first, self.last)
        shape = (len(origins), len(ahead))
        changes = last[:, None] - seen.at(origins[:, None] - 1 - np.array(LAGS))
        columns = [np.broadcast_to(change[:, None], shape) for change in changes.T]
        turn = ahead // self.period
        target, now = origins[:, None] + ahead, origins[:, None] - 1
        then, gap = [], []
        for k in (1, 2, 3):
            there = seen.at(target - self.period * (turn + k))
            here = seen.at(now - self.period * k)
            then.append(there - here)
            gap.append(np.broadcast_to(here - last[:, None], shape))
        columns += [then[0], gap[0], _mean(then), _mean(gap)]
        there = seen.at(target - self.week * (ahead // self.week + 1))
        here = seen.at(now - self.week)
        columns += [there - here, np.broadcast_to(here - last[:, None], shape)]
        for mean in (self._of_day(seen, origins), self.mean):
            columns.append(np.broadcast_to((mean - last)[:, None], shape))
        return np.nan_to_num(np.stack(columns, axis=2), nan=0.0), last

    def _of_day(self, seen: Seen, origins: Counts) -> Array:
        """Return the mean of the last period (origins,); NaN where none of it was seen."""
        first = int(origins.min()) - self.period
        path = seen.at(np.arange(first, int(origins.max())))
        known = ~np.isnan(path)
        total, number = (
            np.concatenate(([0.0], np.cumsum(x)))
            for x in (np.where(known, path - self.mean, 0.0), known.astype(float))
        )
        end = origins - first
        count = number[end] - number[end - self.period]
        off = total[end] - total[end - self.period]
        mean: Array = np.where(count > 0, self.mean + off / np.maximum(count, 1), np.nan)
        return mean

    def points(self, seen: Seen, origins: Counts, ahead: Counts) -> Array:
        x, last = self.features(seen, origins, ahead)
        beta = np.stack([np.interp(ahead, self.at, row) for row in self.beta.T], axis=1)
        points: Array = last[:, None] + np.einsum("oaf,af->oa", x, beta)
        return points


def _mean(parts: list[Array]) -> Array:
    """Return the mean of those that were seen, NaN where none was."""
    every = np.stack(parts)
    number = np.count_nonzero(~np.isnan(every), axis=0)
    mean: Array = np.where(number > 0, np.nansum(every, axis=0) / np.maximum(number, 1), np.nan)
    return mean
