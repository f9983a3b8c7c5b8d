"""An alarm that the world has changed: two-sided CUSUM of standardized forecast errors.

Page's (1954) cumulative sums: up = max(0, up + z - slack), down likewise of -z; either above the
threshold is an alarm, and the change began where that sum last left zero. The threshold follows
from how rarely an alarm may be false (Siegmund 1985).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp
from statistics import NormalDist

import numpy as np

from lepta.errors import InputError
from lepta.forecast.base import Array, Series
from lepta.forecast.conformal import ConformalFitted

__all__ = ["Alarm", "Cusum", "alarms", "lag_one", "normal_scores", "threshold", "whitened"]

SLACK = 0.5
"""Half of the change, in standard deviations, that is to be found fastest."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """At which step it rang, since when the errors lean, and to which side (+1: above)."""

    step: int
    since: int
    side: int


@dataclass(frozen=True, slots=True)
class Cusum:
    """The state of the alarm after `step` scores; a pure value, `after` gives the next."""

    threshold: float
    slack: float = SLACK
    step: int = 0
    up: float = 0.0
    down: float = 0.0
    up_since: int = 0
    down_since: int = 0

    def after(self, score: float) -> tuple["Cusum", Alarm | None]:
        """Take one standardized error (NaN: not seen, changes nothing); it starts anew after one.

        Standardized means: about normal with mean 0 and deviation 1 while nothing has changed.
        """
        step = self.step + 1
        up, down = self.up, self.down
        if score == score:
            up, down = max(0.0, up + score - self.slack), max(0.0, down - score - self.slack)
        up_since = self.up_since if up > 0 else step
        down_since = self.down_since if down > 0 else step
        alarm = None
        if max(up, down) > self.threshold:
            side = 1 if up >= down else -1
            alarm = Alarm(self.step, up_since if side > 0 else down_since, side)
            up = down = 0.0
            up_since = down_since = step
        after = Cusum(self.threshold, self.slack, step, up, down, up_since, down_since)
        return after, alarm


def threshold(steps_per_false_alarm: float, slack: float = SLACK) -> float:
    """Return the threshold at which the two-sided sum is wrong once in so many steps.

    Siegmund's approximation of the mean run length of one side, b = threshold + 1.166:
    (exp(2 slack b) - 2 slack b - 1) / (2 slack^2); two sides ring twice as often.

    Raises
    ------
    InputError
        So many false alarms (one in fewer than 10 steps) are no alarm.
    """
    if not steps_per_false_alarm >= 10:
        raise InputError(
            f"a false alarm every {steps_per_false_alarm!r} steps",
            remedy="allow one in 10 steps at most; one in 10,000 is common",
        )
    low, high = 0.0, 100.0 / slack
    for _ in range(80):
        middle = (low + high) / 2
        x = 2 * slack * (middle + 1.166)
        run = (exp(min(x, 700.0)) - x - 1) / (2 * slack**2) / 2
        low, high = (middle, high) if run < steps_per_false_alarm else (low, middle)
    return (low + high) / 2


def alarms(scores: Iterable[float], steps_per_false_alarm: float = 10_000.0) -> tuple[Alarm, ...]:
    """Return every alarm in a run of standardized errors."""
    state = Cusum(threshold(steps_per_false_alarm))
    found = []
    for score in scores:
        state, alarm = state.after(float(score))
        if alarm is not None:
            found.append(alarm)
    return tuple(found)


def normal_scores(fitted: ConformalFitted, recent: Series) -> Array:
    """Return the standardized one-step errors of `recent`: normal scores of their ranks.

    The rank among the errors of the calibration, as the normal quantile of the same level: heavy
    tails do not ring by themselves. NaN where a step was not seen.
    """
    levels = fitted.ranks(recent)
    normal = NormalDist()
    count = int(fitted.seen[0])
    least = 0.5 / (count + 1)
    return np.array(
        [np.nan if np.isnan(q) else normal.inv_cdf(min(max(q, least), 1 - least)) for q in levels]
    )


def lag_one(scores: Array) -> float:
    """Return the correlation of neighboring scores, within 0 and 0.999; NaN are passed over."""
    before, after = scores[:-1], scores[1:]
    both = ~np.isnan(before) & ~np.isnan(after)
    power = float((before[both] ** 2).sum())
    if not power:
        return 0.0
    return min(max(float((before[both] * after[both]).sum()) / power, 0.0), 0.999)


def whitened(scores: Array, correlation: float) -> Array:
    """Return scores without what the one before explains: (z_t - r z_t-1) / sqrt(1 - r^2).

    Errors that hang together ring far too often. After a step that was not seen, the score as is.
    """
    before = np.concatenate(([np.nan], scores[:-1]))
    changed = (scores - correlation * before) / np.sqrt(1 - correlation**2)
    free: Array = np.where(np.isnan(before), scores, changed)
    return free
