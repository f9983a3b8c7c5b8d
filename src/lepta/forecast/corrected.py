"""A profile that follows how far off it has been lately: level, drift and busy days.

value(h) = base(h) + beta_h * e, where e is the exponentially weighted mean of the base's latest
errors (or, by ratio, base(h) * beta_h * (seen / base - 1)). beta_h is the least-squares slope
in the fitted past, held between 0 and 1: near 1 for the next step, falling to 0 where the last
hour says nothing about tomorrow. So it lies between the profile (0) and the last value (1), by
evidence.
"""

from dataclasses import dataclass

import numpy as np

from lepta.forecast.base import Array, Counts, PointFitted, PointForecaster, Seen, Series
from lepta.forecast.calendar import Calendar
from lepta.forecast.steps import knots

__all__ = ["Corrected"]

MOST_ORIGINS = 2000
"""Origins in the past from which the slopes are learned, evenly spread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A point forecaster with its latest errors carried on.

    `half_life_s` is how fast an error is forgotten, `reach_s` how far ahead slopes are learned
    (further ahead the last one holds).
    """

    base: PointForecaster
    half_life_s: float = 1800.0
    reach_s: float = 86_400.0
    by_ratio: bool = False

    @property
    def name(self) -> str:
        """Such as "seasonal naive (day), corrected by its latest errors"."""
        how = "ratio" if self.by_ratio else "errors"
        return f"{self.base.name}, corrected by its latest {how}"

    def fit(self, series: Series, calendar: Calendar | None = None) -> PointFitted:
        """Fit the base, then the slopes where the base had a past of its own."""
        inner = self.base.fit(series, calendar)
        per_step = 0.5 ** (series.step_s / max(self.half_life_s, series.step_s / 20))
        window = max(1, min(int(np.ceil(np.log(0.05) / np.log(per_step))), 10_000))
        weights = per_step ** np.arange(window)
        reach = max(1, min(round(self.reach_s / series.step_s), len(series) // 4))
        at = knots(reach)
        plain = _CorrectedFitted(
            self.name, inner, weights / weights.sum(), at, np.zeros(len(at)), self.by_ratio
        )
        first = series.first_step + len(series) // 3
        last = series.first_step + len(series) - 1
        stride = max(1, (last - first) // MOST_ORIGINS)
        origins = np.arange(first, last + 1, stride)
        seen = Seen((series,))
        base = inner.points(seen, origins, at)
        carried = plain.carried(seen, origins, base)
        off = seen.at(origins[:, None] + at) - base
        known = ~np.isnan(off)
        carried, off = np.where(known, carried, 0.0), np.where(known, off, 0.0)
        power = (carried**2).sum(axis=0)
        slope = np.where(power > 0, (carried * off).sum(axis=0) / np.where(power > 0, power, 1), 0)
        return _CorrectedFitted(
            self.name, inner, plain.weights, at, np.clip(slope, 0.0, 1.0), self.by_ratio
        )


@dataclass(frozen=True, slots=True)
class _CorrectedFitted:
    name: str
    inner: PointFitted
    weights: Array
    at: Counts
    slope: Array
    by_ratio: bool

    @property
    def past(self) -> Series:
        return self.inner.past

    def points(self, seen: Seen, origins: Counts, ahead: Counts) -> Array:
        base = self.inner.points(seen, origins, ahead)
        slope = np.interp(ahead, self.at, self.slope)
        value: Array = base + slope * self.carried(seen, origins, base)
        return value

    def carried(self, seen: Seen, origins: Counts, base: Array) -> Array:
        """Return the correction with slope 1: the latest error, carried to each step."""
        back = np.arange(len(self.weights))
        before = origins - len(self.weights)
        said = self.inner.points(seen, before, back)[:, ::-1]
        true = seen.at(origins[:, None] - 1 - back)
        known = ~np.isnan(true)
        weight = np.where(known, self.weights, 0.0)
        total = weight.sum(axis=1)
        safe = np.where(total > 0, total, 1.0)
        off = (weight * np.where(known, true - said, 0.0)).sum(axis=1) / safe
        if not self.by_ratio:
            return np.repeat(off[:, None], base.shape[1], axis=1)
        level = (weight * np.where(known, said, 0.0)).sum(axis=1) / safe
        share = np.where(np.abs(level) > 0, off / np.where(level == 0, 1.0, level), 0.0)
        carried: Array = base * np.clip(share, -1.0, 10.0)[:, None]
        return carried
