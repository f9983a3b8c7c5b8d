"""Quantiles by gradient boosting: what lags, rolling figures, seasons and the calendar tell.

One LightGBM model per quantile (Ke et al. 2017) learns the change from the last value, over the
typical change so many steps ahead, for any step ahead at once: the step is a feature. The same past
and seed give the same trees. `conformal.Conformal` around it makes the quantiles hold.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lepta.errors import InputError
from lepta.forecast.base import Array, BandFitted, Counts, Seen, Series
from lepta.forecast.calendar import DAY_S, WEEK_S, Calendar
from lepta.forecast.extra import library
from lepta.forecast.steps import knots

__all__ = ["Learned"]

LEAST_ROWS = 500
HOURS = (1.0, 3.0, 12.0, 24.0)
"""Windows of the rolling mean and deviation."""
CALENDAR_OF_DAY = (0, 2, 3)
"""Columns of `Calendar.features` that a series without dates still knows: hour, sine, cosine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Gradient-boosted quantiles up to `reach_s` ahead.

    `trees`, `leaves`, `rate` and `least_in_leaf` are LightGBM's n_estimators, num_leaves,
    learning_rate and min_data_in_leaf.
    """

    band_levels: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    reach_s: float = DAY_S
    trees: int = 150
    leaves: int = 15
    rate: float = 0.05
    least_in_leaf: int = 100
    seed: int = 1
    name: str = "gradient-boosted quantiles"

    def fit(self, series: Series, calendar: Calendar | None = None) -> BandFitted:
        """Learn from every step of the past that has a day (or a tenth of the past) behind it.

        Raises
        ------
        InputError
            The past is too short, or the extra `lepta[forecast]` is not installed.
        """
        engine = library("lightgbm", self.name)
        count = len(series)
        reach = max(1, min(round(self.reach_s / series.step_s), count // 4))
        at = knots(reach, 12)
        behind = min(max(round(DAY_S / series.step_s), 1), count // 5)
        seen = Seen((series,))
        origins = series.first_step + np.arange(behind, count)
        table = _Table(series.step_s, series.epoch_s, calendar or Calendar())
        rows, last = table.rows(seen, origins, at)
        true = seen.at(origins[:, None] + at)
        change = (true - last[:, None]).reshape(-1)
        known = ~np.isnan(change)
        if np.count_nonzero(known) < LEAST_ROWS:
            raise InputError(
                f"{np.count_nonzero(known)} rows to learn from, of {count} steps",
                where=f"{self.name} on the series {series.name}".rstrip(),
                remedy=f"give a longer past: it needs {LEAST_ROWS} rows",
            )
        spread = np.nanmean(np.abs(true - last[:, None]), axis=0)
        size = float(np.nanmean(spread)) or 1.0
        spread = np.where(spread > 0, spread, size)
        change /= np.broadcast_to(spread, true.shape).reshape(-1)
        rows[:, table.sized] /= size
        data = engine.Dataset(rows[known], change[known], params=self._options(0.5))
        models = tuple(
            engine.train(self._options(level), data, num_boost_round=self.trees)
            for level in self.band_levels
        )
        return _LearnedFitted(self.name, series, self.band_levels, models, table, size, at, spread)

    def _options(self, level: float) -> dict[str, Any]:
        return {
            "objective": "quantile",
            "alpha": level,
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_data_in_leaf": self.least_in_leaf,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.6,
            "bagging_freq": 1,
            "max_bin": 127,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows that are learned from: one per origin and step ahead."""

    step_s: float
    epoch_s: float
    calendar: Calendar

    @property
    def sized(self) -> slice:
        """Which columns are in the unit of the series."""
        lags, windows, seasons = self._offsets()
        return slice(0, len(lags) + 2 * len(windows) + 2 * len(seasons) + 1)

    def _offsets(self) -> tuple[Counts, Counts, Counts]:
        day = max(round(DAY_S / self.step_s), 2)
        lags = np.unique(np.rint(np.geomspace(2, max(day // 2, 3), 8)).astype(np.int64))
        windows = np.unique([max(round(h * 3600 / self.step_s), 2) for h in HOURS])
        seasons = np.array([day, 2 * day, round(WEEK_S / self.step_s)], np.int64)
        return lags, windows, seasons

    def rows(self, seen: Seen, origins: Counts, at: Counts) -> tuple[Array, Array]:
        """Return (origins x at, features) and the last value that was seen (origins,)."""
        lags, windows, seasons = self._offsets()
        longest = int(max(windows.max(), lags.max()))
        first = int(origins.min()) - longest
        path = seen.at(np.arange(first, int(origins.max())))
        place = origins - first
        before = np.arange(len(path))
        held = np.maximum.accumulate(np.where(np.isnan(path), -1, before))
        carried = np.where(held >= 0, path[np.maximum(held, 0)], np.nan)
        last = carried[place - 1]
        of_origin = [path[place - lag] - last for lag in lags]
        known = ~np.isnan(path)
        filled = np.where(known, path, 0.0)
        sums = [np.concatenate(([0.0], np.cumsum(x))) for x in (filled, filled**2, known * 1.0)]
        for window in windows:
            total, square, number = (x[place] - x[place - window] for x in sums)
            safe = np.maximum(number, 1)
            mean = np.where(number > 0, total / safe, np.nan)
            of_origin.append(mean - last)
            of_origin.append(np.sqrt(np.maximum(square / safe - mean**2, 0.0)))
        day = int(seasons[0])
        target = origins[:, None] + at
        of_pair = []
        for season in seasons:
            back = season * (at // season + 1)
            then = seen.at(target - back)
            of_pair.append(then - last[:, None])
            of_pair.append(then - seen.at(origins[:, None] - 1 - back))
        means = np.stack([seen.at(target - day * (at // day + k)) for k in (1, 2, 3)])
        number = np.count_nonzero(~np.isnan(means), axis=0)
        mean = np.where(number > 0, np.nansum(means, axis=0) / np.maximum(number, 1), np.nan)
        of_pair.append(mean - last[:, None])
        unix = (target * self.step_s).reshape(-1).astype(float)
        dated = self.calendar.features(unix)
        if np.isnan(self.epoch_s):
            dated = dated[:, list(CALENDAR_OF_DAY)]
        shape = target.shape
        columns = [np.broadcast_to(x[:, None], shape).reshape(-1) for x in of_origin]
        columns += [x.reshape(-1) for x in of_pair]
        ahead = np.broadcast_to(at.astype(float), shape).reshape(-1)
        return np.column_stack([*columns, ahead, dated]), last


@dataclass(frozen=True, slots=True)
class _LearnedFitted:
    name: str
    past: Series
    band_levels: tuple[float, ...]
    models: tuple[Any, ...]
    table: _Table
    size: float
    at: Counts
    spread: Array
    """(at,) the mean size of a change so many steps ahead."""

    def bands(self, seen: Seen, origins: Counts, ahead: Counts) -> Array:
        rows, last = self.table.rows(seen, origins, ahead)
        rows[:, self.table.sized] /= self.size
        shape = (len(origins), len(ahead))
        change = np.stack(
            [model.predict(rows, num_threads=1).reshape(shape) for model in self.models]
        )
        known = self.past.values[~np.isnan(self.past.values)]
        start = np.where(np.isnan(last), known[-1], last)
        bands: Array = np.sort(
            start[:, None] + change * np.interp(ahead, self.at, self.spread), axis=0
        )
        return bands
