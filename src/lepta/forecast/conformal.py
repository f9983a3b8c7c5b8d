"""Intervals that hold what they say: errors of the past, per step ahead, around a point forecast.

Split conformal prediction (Vovk 2005; Lei et al. 2018): the q-quantile is the point plus the
ceil((n + 1) q)-th smallest of n errors of forecasts of steps that the fit had not seen (floor,
below the middle). On exchangeable errors it then holds at least q of the time, for any method and
any distribution. Demand is not exchangeable, so the levels may follow the latest misses (adaptive
conformal inference, Gibbs & Candes 2021), in ranks: a level that was missed too often moves out.

Around a method that says quantiles itself, the errors are those of the nearest quantile that it
says (conformalized quantile regression, Romano et al. 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numba import njit

from lepta.errors import InputError
from lepta.forecast.base import (
    LEVELS,
    Accuracy,
    Array,
    BandFitted,
    BandForecaster,
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
from lepta.forecast.steps import knots

__all__ = ["Conformal", "ConformalFitted", "adapted", "conformal_quantiles"]

LEAST_ERRORS = 20
"""Fewer errors than this make no interval."""
STRETCH = 10.0
FLOOR = 0.05
"""Of the mean size of the series: errors relative to the level are not relative to less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformal:
    """A point forecaster with calibrated intervals.

    The base is fitted on the first 1 - `share` of the past, its errors are taken on the rest at up
    to `origins` origins, and then it is fitted again on the whole. Errors are kept per step ahead
    up to `reach_s`; further ahead those of the last step hold, and a note says so. Errors
    grow with the level that is forecast to the `power` (0: not at all, 1/2: as counts do, 1: in
    proportion), and with how restless the last
    `restless_steps` were (0: no). `rate` > 0: levels follow the latest
    misses over `follow` origins (0: they do not).
    """

    base: PointForecaster | BandForecaster
    reach_s: float = 86_400.0
    share: float = 0.4
    origins: int = 2000
    power: float = 0.0
    restless_steps: int = 0
    rate: float = 0.0
    follow: int = 96
    nonnegative: bool = True
    """Cut quantiles at 0 where the past holds no negative value."""

    @property
    def name(self) -> str:
        """The name of the base."""
        return self.base.name

    def _scale(self, floor: float, series: Series) -> "_Scale":
        change = np.abs(np.diff(series.values))
        known = change[~np.isnan(change)]
        calm = float(known.mean()) if len(known) else 0.0
        return _Scale(self.power, floor, self.restless_steps, calm)

    def fit(self, series: Series, calendar: Calendar | None = None) -> "ConformalFitted":
        """Fit the base and take its errors.

        Raises
        ------
        InputError
            Too few errors of the next step could be taken, or the past is too short for the base.
        """
        count = len(series)
        cut = count - max(1, round(count * self.share))
        early = self.base.fit(series.part(0, cut), calendar)
        reach = max(1, min(round(self.reach_s / series.step_s), (count - cut) // 2))
        at = knots(reach)
        first = series.first_step
        stride = max(1, (count - cut) // self.origins)
        origins = np.arange(first + cut, first + count, stride)
        floor = FLOOR * float(np.nanmean(np.abs(series.values))) or 1.0
        errors = _errors(early, Seen((series,)), origins, at, self._scale(floor, series))
        seen = np.count_nonzero(~np.isnan(errors[0]), axis=0)
        if seen[0] < LEAST_ERRORS:
            raise InputError(
                f"only {seen[0]} errors could be taken in {count - cut} steps",
                where=f"{self.name} on the series {series.name}".rstrip(),
                remedy=f"give a longer past: intervals need {LEAST_ERRORS} errors",
            )
        kept = seen >= LEAST_ERRORS
        lowest = float(np.nanmin(series.values))
        return ConformalFitted(
            name=self.name,
            inner=self.base.fit(series, calendar),
            at=at[kept],
            errors=np.ascontiguousarray(np.moveaxis(np.sort(errors[:, :, kept], axis=1), 1, 2)),
            seen=seen[kept],
            scale=self._scale(floor, series),
            rate=self.rate,
            follow=self.follow * stride if self.rate else 0,
            stride=stride,
            wider=widened((count - cut) / (at[kept] + 1.0)),
            least=0.0 if self.nonnegative and lowest >= 0 else None,
        )


@dataclass(frozen=True, slots=True)
class _Scale:
    """What errors are measured in."""

    power: float
    floor: float
    steps: int
    calm: float
    """The mean change from step to step in the past."""

    def of(self, seen: Seen, origins: Counts, ahead: Counts, said: Array) -> Array:
        """Return the scale of errors of said (bands, origins, ahead), to multiply with."""
        scale: Array = np.maximum(np.abs(said), self.floor) ** self.power
        if self.steps and self.calm > 0:
            path = seen.at(origins[:, None] - np.arange(1, self.steps + 2))
            change = np.abs(np.diff(path, axis=1))
            known = ~np.isnan(change)
            number = np.count_nonzero(known, axis=1)
            total = np.where(known, change, 0.0).sum(axis=1)
            lately = np.where(number > 0, total / np.maximum(number, 1), self.calm)
            # Half, and less the further ahead: a quiet hour does not promise a quiet next one.
            trust = 0.5 * 0.5 ** (ahead / (2 * self.steps))
            scale = scale * (1 - trust + trust * (lately / self.calm)[:, None])
        return scale


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformalFitted:
    """A fitted method with its sorted errors (bands, knots, errors), NaN last.

    A method that says one value per step has one band.
    """

    name: str
    inner: PointFitted | BandFitted
    at: Counts
    errors: Array
    seen: Counts
    scale: "_Scale"
    rate: float
    follow: int
    stride: int
    wider: Array
    """(knots,) see `widened`."""
    least: float | None
    accuracy: Accuracy | None = None

    def known(self, accuracy: Accuracy) -> "ConformalFitted":
        """Return it with the accuracy that a back-test found, to go with each forecast."""
        return replace(self, accuracy=accuracy)

    def forecast(
        self, recent: Series, horizon_steps: int, levels: Sequence[float] = LEVELS
    ) -> Forecast:
        """Return the quantiles of the steps after `recent`."""
        held = known_levels(levels)
        seen = Seen((self.inner.past, recent))
        origin = np.array([recent.first_step + len(recent)])
        ahead = np.arange(horizon_steps)
        bands = _bands(self.inner, seen, origin, ahead)[:, 0]
        band = self._nearest(held)
        asked = np.repeat(np.array(held)[:, None], len(self.at), axis=1)
        if self.rate:
            asked = self._adapted(seen, int(origin[0]), asked, band)
        point = bands[band]
        off = np.empty_like(point)
        for b in np.unique(band):
            rows = np.flatnonzero(band == b)
            spread = conformal_quantiles(self.errors[b], self.seen, asked[rows])
            middle = conformal_quantiles(
                self.errors[b], self.seen, np.full((1, len(self.at)), self._level(b))
            )
            spread = middle + (spread - middle) * self.wider
            for row, errors in zip(rows, spread, strict=True):
                off[row] = np.interp(ahead, self.at, errors)
        off *= self.scale.of(seen, origin, ahead, point[:, None])[:, 0]
        values = np.sort(point + off, axis=0)
        if self.least is not None:
            values = np.maximum(values, self.least)
        beyond = horizon_steps - 1 > self.at[-1]
        notes = (
            (f"beyond step {self.at[-1] + 1} the errors of that step are used",) if beyond else ()
        )
        return Forecast(
            levels=held,
            values=values,
            step_s=recent.step_s,
            start_s=recent.end_s,
            epoch_s=recent.epoch_s,
            method=self.name,
            accuracy=self.accuracy,
            notes=notes,
        )

    def ranks(self, recent: Series) -> Array:
        """Return at which level each step of `recent` fell, as forecast one step before."""
        seen = Seen((self.inner.past, recent))
        origins = recent.first_step + np.arange(len(recent))
        errors = _errors(self.inner, seen, origins, self.at[:1], self.scale)
        middle = self._nearest((0.5,))[0]
        first = np.ascontiguousarray(errors[middle])
        low, high = _ranks(first, self.errors[middle, :1], self.seen[:1])
        between: Array = ((low + high) / 2)[:, 0]
        return between

    def _level(self, band: int) -> float:
        banded = _banded(self.inner)
        return 0.5 if banded is None else banded.band_levels[band]

    def _nearest(self, levels: Sequence[float]) -> Counts:
        """Return for each level the band whose own level is nearest."""
        banded = _banded(self.inner)
        if banded is None:
            return np.zeros(len(levels), np.int64)
        off = np.abs(np.array(levels)[:, None] - np.array(banded.band_levels))
        nearest: Counts = off.argmin(axis=1)
        return nearest

    def _adapted(self, seen: Seen, origin: int, asked: Array, band: Counts) -> Array:
        """Let the levels follow the misses of the origins that lie behind."""
        behind = np.arange(origin - self.follow, origin, self.stride)
        errors = _errors(self.inner, seen, behind, self.at, self.scale, origin)
        moved = asked.copy()
        for b in np.unique(band):
            low, high = _ranks(np.ascontiguousarray(errors[b]), self.errors[b], self.seen)
            moved[band == b] = adapted(low, high, asked[band == b], self.rate)
        return moved


def conformal_quantiles(errors: Array, seen: Counts, levels: Array) -> Array:
    """Return (levels, knots): order statistics of sorted errors (knots, errors), NaN last.

    levels (levels, knots). Above the middle the rank is ceil((n + 1) level), below it is
    floor((n + 1) level), both held within 1..n: a level that n errors cannot tell is their
    extreme. A level that followed misses past 0 or 1 lies STRETCH x the excess x (extreme -
    middle) outside the extreme.
    """
    rank = levels * (seen + 1)
    high, low = np.ceil(rank - 1e-9), np.floor(rank + 1e-9)
    middle = (np.floor(rank) + np.ceil(rank)) / 2
    place = np.where(levels > 0.5, high, np.where(levels < 0.5, low, middle))
    place = np.clip(place, 1, seen) - 1
    knot = np.arange(len(errors))
    floor, ceil = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    value: Array = (errors[knot, floor] + errors[knot, ceil]) / 2
    past = np.maximum(levels - 1.0, 0.0) + np.minimum(levels, 0.0)
    if past.any():
        middle_error = errors[knot, seen // 2]
        value = value + STRETCH * np.abs(past) * (value - middle_error)
    return value


def widened(blocks: Array) -> Array:
    """Return by how much an interval from so many independent errors is to be wider.

    Errors of forecasts h steps ahead overlap: n steps hold n / h independent ones. Of normal errors
    the 90 % prediction interval from m of them is sqrt(1 + 1 / m) t(m - 1) / z times as wide as
    one from many (the expansion of t is Abramowitz & Stegun 26.7.5); m - 1 is held at 3 or more.
    """
    z = 1.6448536269514722
    v = np.maximum(blocks - 1.0, 3.0)
    t = z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
    wider: Array = t / z * np.sqrt(1 + 1 / (v + 1))
    return wider


def adapted(low: Array, high: Array, levels: Array, rate: float) -> Array:
    """Return levels (levels, knots) that followed the ranks (origins, knots) of past errors.

    After each origin a level rises by rate * level where the value lay above it, and falls by
    rate * (1 - level) where it lay below: in the long run `level` of them lie below (Gibbs &
    Candes 2021, equation 2). An error that came often has ranks from `low` to `high`; a level
    between the two is right and stays. NaN ranks, not seen, change nothing. Levels may pass
    0 and 1.
    """
    now = np.ascontiguousarray(levels, np.float64).copy()
    _follow(
        np.ascontiguousarray(low, np.float64),
        np.ascontiguousarray(high, np.float64),
        np.ascontiguousarray(levels, np.float64),
        now,
        rate,
    )
    return now


@njit(cache=True)  # type: ignore[untyped-decorator]
def _follow(low: Array, high: Array, levels: Array, now: Array, rate: float) -> None:
    """Move the levels in place, origin by origin."""
    for t in range(len(low)):
        for k in range(low.shape[1]):
            for i in range(len(levels)):
                if low[t, k] > now[i, k]:
                    now[i, k] += rate * levels[i, k]
                elif high[t, k] <= now[i, k]:
                    now[i, k] -= rate * (1.0 - levels[i, k])


@njit(cache=True)  # type: ignore[untyped-decorator]
def _ranks(errors: Array, among: Array, seen: Counts) -> tuple[Array, Array]:
    """Return between which levels errors (origins, knots) lay: `conformal_quantiles` inverted.

    Equal but for errors that came more than once among the sorted ones (knots, n); NaN for NaN.
    """
    low, high = np.full(errors.shape, np.nan), np.full(errors.shape, np.nan)
    for k in range(errors.shape[1]):
        count = seen[k]
        row = among[k, :count]
        middle, least, most = row[count // 2], row[0], row[count - 1]
        for t in range(len(errors)):
            error = errors[t, k]
            if np.isnan(error):
                continue
            if error > most:
                width = STRETCH * (most - middle)
                low[t, k] = high[t, k] = 1.0 + (error - most) / (width if width > 0 else 1.0)
            elif error < least:
                width = STRETCH * (middle - least)
                low[t, k] = high[t, k] = (error - least) / (width if width > 0 else 1.0)
            else:
                left = np.searchsorted(row, error)
                right = np.searchsorted(row, error, side="right")
                low[t, k] = (min(left, count - 1) + 1) / (count + 1)
                high[t, k] = max(low[t, k], right / (count + 1))
    return low, high


def _errors(
    fitted: PointFitted | BandFitted,
    seen: Seen,
    origins: Counts,
    at: Counts,
    scale: "_Scale",
    end: int | None = None,
) -> Array:
    """Return (bands, origins, at): value minus band, NaN where not seen (or not before `end`)."""
    said = _bands(fitted, seen, origins, at)
    target = origins[:, None] + at
    error = seen.at(target) - said
    if end is not None:
        error = np.where(target < end, error, np.nan)
    relative: Array = error / scale.of(seen, origins, at, said)
    return relative


def _banded(fitted: PointFitted | BandFitted) -> BandFitted | None:
    """Return it where it says quantiles; a look-up, since this is asked at every tick."""
    return cast(BandFitted, fitted) if hasattr(fitted, "bands") else None


def _bands(fitted: PointFitted | BandFitted, seen: Seen, origins: Counts, ahead: Counts) -> Array:
    """Return (bands, origins, ahead)."""
    banded = _banded(fitted)
    if banded is not None:
        return banded.bands(seen, origins, ahead)
    return cast(PointFitted, fitted).points(seen, origins, ahead)[None]


def _fits(fitted: ConformalFitted) -> Fitted:
    """Let the type checker prove that the protocol is kept."""
    return fitted
