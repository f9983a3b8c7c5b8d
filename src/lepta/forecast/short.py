"""The next minutes, for replicas that need minutes to start: level, trend, and recent errors.

The level is an exponentially weighted mean of the latest steps, the trend a weighted line through
them that flattens out; both may be taken of the ratio to a seasonal profile. The quantiles are the
errors that the same rule made over the last `lookback_s`, per step ahead (rolling conformal
prediction): a burst widens them at once and a quiet hour narrows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lepta.errors import InputError
from lepta.forecast.base import (
    LEVELS,
    Array,
    Counts,
    Fitted,
    Forecast,
    PointFitted,
    PointForecaster,
    Seen,
    Series,
    known_levels,
)
from lepta.forecast.calendar import Calendar
from lepta.forecast.conformal import FLOOR, LEAST_ERRORS, conformal_quantiles
from lepta.forecast.steps import knots

__all__ = ["Rule", "Short", "ShortFitted"]

MOST_WINDOW = 96
"""Steps that a level looks back at most."""
FLATTENS_S = 300.0
"""A trend has half its slope left after this time."""
RATIO_MOST = 20.0
"""A ratio to the profile is held at this: a profile near 0 says nothing of the level."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How the level is taken: half-life of the weights, and whether a trend is added."""

    half_life_s: float
    trend: bool = False


RULES = (
    Rule(5.0),
    Rule(30.0),
    Rule(120.0),
    Rule(600.0),
    Rule(60.0, True),
    Rule(300.0, True),
)
DEFAULT = Rule(60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A forecaster of the next minutes.

    `rule` fixes the level; where it is None the fit picks, of a few, the one with the smallest mean
    absolute error up to `reach_s` ahead in the past (with less than two hundred steps seen: a
    half-life of a minute). `profile`, such as `SeasonalMean(period_s=DAY_S)`, is used where the
    past is long enough for it, and else left out, which a note says.
    """

    lookback_s: float = 3600.0
    reach_s: float = 600.0
    rule: Rule | None = None
    power: float = 0.0
    profile: PointForecaster | None = None

    @property
    def name(self) -> str:
        """Such as "level of the last minutes"."""
        return "level of the last minutes" + (
            f" on {self.profile.name}" if self.profile is not None else ""
        )

    def fit(self, series: Series, calendar: Calendar | None = None) -> "ShortFitted":
        """Pick the rule; a past may be short, even empty."""
        inner: PointFitted | None = None
        notes: tuple[str, ...] = ()
        if self.profile is not None:
            try:
                inner = self.profile.fit(series, calendar)
            except InputError as error:
                notes = (f"no profile: {error.what}",)
        plain = ShortFitted(self, self.rule or DEFAULT, inner, series, notes)
        known = np.count_nonzero(~np.isnan(series.values))
        if self.rule is not None or known < 200:
            return plain
        count = max(1, round(self.reach_s / series.step_s))
        ahead = knots(count, 6)
        span = min(len(series), 5000)
        end = series.first_step + len(series)
        best = plain
        least = np.inf
        for rule in RULES:
            tried = ShortFitted(self, rule, inner, series, notes)
            _, said, true = tried.tried(Seen((series,)), end, span - 1, ahead)
            loss = float(np.nanmean(np.abs(true - said)))
            if loss < least * (1 - 1e-9):
                best, least = tried, loss
        return best


@dataclass(frozen=True, slots=True)
class ShortFitted:
    """A rule and a profile; see `Short`."""

    how: Short
    rule: Rule
    inner: PointFitted | None
    past: Series
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The method, and the rule that was picked."""
        trend = " with trend" if self.rule.trend else ""
        return f"{self.how.name} (half-life {self.rule.half_life_s:g} s{trend})"

    def forecast(
        self, recent: Series, horizon_steps: int, levels: Sequence[float] = LEVELS
    ) -> Forecast:
        """Return the quantiles of the steps after `recent`.

        Raises
        ------
        InputError
            Nothing was seen within the lookback, or too little to know one error.
        """
        held = known_levels(levels)
        seen = Seen((self.past, recent))
        end = recent.first_step + len(recent)
        count = max(LEAST_ERRORS, round(self.how.lookback_s / recent.step_s))
        at = knots(horizon_steps)
        now, said, true = self.tried(seen, end, count, at, horizon_steps)
        mean = float(np.nanmean(np.abs(said))) if not np.isnan(said).all() else 0.0
        if np.isnan(now).any():
            raise InputError(
                f"nothing was seen in the last {count} steps of {recent.step_s:g} s",
                where=f"{self.name} on the series {recent.name}".rstrip(),
                remedy="wait for measurements; until then nothing is known of the load",
            )
        floor = FLOOR * mean or 1.0
        power = self.how.power
        errors = (true - said) / np.maximum(np.abs(said), floor) ** power
        number = np.count_nonzero(~np.isnan(errors), axis=0)
        if not number[0]:
            raise InputError(
                "not one error of the next step is known",
                where=f"{self.name} on the series {recent.name}".rstrip(),
                remedy="wait for two steps that are seen",
            )
        kept = number >= min(LEAST_ERRORS, number[0])
        at, number = at[kept], number[kept]
        ordered = np.sort(errors[:, kept], axis=0).T
        asked = np.repeat(np.array(held)[:, None], len(at), axis=1)
        spread = conformal_quantiles(ordered, number, asked)
        ahead = np.arange(horizon_steps)
        off = np.stack([np.interp(ahead, at, row) for row in spread])
        values = np.sort(now + off * np.maximum(np.abs(now), floor) ** power, axis=0)
        notes = list(self.notes)
        if number[0] < LEAST_ERRORS:
            notes.append(f"only {number[0]} errors are known: the interval may hold too little")
        if at[-1] < horizon_steps - 1:
            notes.append(f"beyond step {at[-1] + 1} the errors of that step are used")
        return Forecast(
            levels=held,
            values=np.maximum(values, 0.0),
            step_s=recent.step_s,
            start_s=recent.end_s,
            epoch_s=recent.epoch_s,
            method=self.name,
            notes=tuple(notes),
        )

    def tried(
        self, seen: Seen, end: int, count: int, at: Counts, horizon: int = 0
    ) -> tuple[Array, Array, Array]:
        """Return what is said at `end` (horizon,), and the trial of the last `count` origins.

        What was said (origins, at), and what came (origins, at), NaN where it is not seen yet.
        """
        base, level, slope = self._levels(seen, end, count, max(horizon, int(at[-1]) + 1))
        rows = np.arange(count)[:, None] + at
        said = self._carried(level[:-1, None], slope[:-1, None], at) * base[rows]
        ahead = np.arange(horizon)
        now = self._carried(level[-1:], slope[-1:], ahead) * base[count + ahead]
        target = end - count + rows
        return now, said, np.where(target < end, seen.at(target), np.nan)

    def _levels(self, seen: Seen, end: int, count: int, horizon: int) -> tuple[Array, Array, Array]:
        """Return the profile from step end - count on, and at each origin level and slope.

        (count + horizon,), (count + 1,), (count + 1,); the profile is 1 where there is none.
        """
        per_step = 0.5 ** (self.past.step_s / max(self.rule.half_life_s, self.past.step_s / 8))
        window = int(np.ceil(np.log(0.05) / np.log(per_step))) + (2 if self.rule.trend else 0)
        window = max(1, min(window, MOST_WINDOW))
        first = end - count - window
        value = seen.at(first + np.arange(count + window))
        if self.inner is None:
            base = np.ones(count + window + horizon)
        else:
            every = np.arange(count + window + horizon)
            base = self.inner.points(seen, np.array([first]), every)[0]
            base = np.maximum(base, FLOOR * max(float(np.mean(np.abs(base))), 1e-12))
            value = np.minimum(value / base[: count + window], RATIO_MOST)
        level, slope = _line(value, per_step ** np.arange(window)[::-1], self.rule.trend)
        return base[window:], level, slope

    def _carried(self, level: Array, slope: Array, ahead: Counts) -> Array:
        """Carry the level on along a slope that flattens out."""
        if not self.rule.trend:
            return np.broadcast_to(level, (*level.shape[:-1], len(ahead)))
        keeps = 0.5 ** (self.past.step_s / FLATTENS_S)
        run = keeps * (1 - keeps ** (ahead + 1)) / (1 - keeps)
        carried: Array = np.maximum(level + slope * run, 0.0)
        return carried


def _line(values: Array, weights: Array, trend: bool) -> tuple[Array, Array]:
    """Return level and slope per step of the weighted line at the end of every window.

    values (count + window,) -> (count + 1,) each; NaN where a whole window was not seen. A level
    of a window whose last steps were not seen is that of the steps that were.
    """
    rows = sliding_window_view(values, len(weights))
    seen = ~np.isnan(rows)
    filled = np.where(seen, rows, 0.0)
    total = seen @ weights
    some = total > 0
    safe = np.where(some, total, 1.0)
    mean = np.where(some, (filled @ weights) / safe, np.nan)
    if not trend:
        return mean, np.zeros_like(mean)
    place = np.arange(len(weights)) - (len(weights) - 1.0)
    first = (seen @ (weights * place)) / safe
    spread = (seen @ (weights * place**2)) / safe - first**2
    cross = (filled @ (weights * place)) / safe - first * np.where(some, mean, 0.0)
    slope = np.where(spread > 1e-9, cross / np.where(spread > 1e-9, spread, 1.0), 0.0)
    return mean - slope * first, slope


def _fits(fitted: ShortFitted) -> Fitted:
    """Let the type checker prove that the protocol is kept."""
    return fitted
