"""What every forecaster takes and gives: a series of equal steps, and quantiles of the steps after.

A forecaster is a value with two pure functions: `fit` looks at the past once in a while, and
`forecast` of what it returns is asked at every tick. Missing is NaN, and never zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError, shorten
from lepta.forecast.calendar import Calendar
from lepta.units import Seconds, check

__all__ = [
    "LEVELS",
    "Accuracy",
    "Array",
    "BandFitted",
    "BandForecaster",
    "Counts",
    "Fitted",
    "Forecast",
    "Forecaster",
    "PointFitted",
    "PointForecaster",
    "Seen",
    "Series",
    "known_levels",
]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that are given where none are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A measured quantity in steps of equal length, oldest first; NaN where it was not seen.

    values (n,) or (n, columns): read-only. Step i lasts from start_s + i * step_s, for step_s,
    on the clock of the run; `epoch_s` + that is Unix time (NaN: the series has no calendar).
    """

    values: Array
    step_s: Seconds
    start_s: float = 0.0
    epoch_s: float = float("nan")
    name: str = ""
    unit: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.values, float)
        said = f"the series {self.name}".strip()
        if values.ndim not in (1, 2) or np.isinf(values).any():
            raise InputError(
                f"{said} has the shape {values.shape} or holds an infinite value",
                remedy="give one value per step (or a row of them), NaN where it was not seen",
            )
        if not (np.isfinite(self.step_s) and self.step_s > 0 and np.isfinite(self.start_s)):
            raise InputError(
                f"{said} has steps of {shorten(self.step_s)} s from {shorten(self.start_s)} s on",
                remedy="give a finite start and steps longer than 0 s",
            )
        if values.flags.writeable:
            values = values.view()
            values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def end_s(self) -> float:
        """When the last step ends, on the clock of the run."""
        return self.start_s + len(self.values) * self.step_s

    @property
    def first_step(self) -> int:
        """The number of the first step, counted from Unix time 0, else from the clock's."""
        origin = 0.0 if np.isnan(self.epoch_s) else self.epoch_s
        return round((origin + self.start_s) / self.step_s)

    @property
    def missing(self) -> int:
        """How many steps were not seen (in any column)."""
        unseen = np.isnan(self.values)
        return int(np.count_nonzero(unseen if unseen.ndim == 1 else unseen.any(axis=1)))

    def column(self, k: int) -> "Series":
        """Take one column of many."""
        return self if self.values.ndim == 1 else replace(self, values=self.values[:, k])

    def part(self, first: int, last: int) -> "Series":
        """Take the steps first..last - 1, with their times."""
        first, last, _ = slice(first, last).indices(len(self))
        start = self.start_s + first * self.step_s
        return replace(self, values=self.values[first : max(last, first)], start_s=start)

    def steps(self, span_s: float) -> int:
        """Return a span of time as a whole number of steps.

        Raises
        ------
        InputError
            It is no whole number of steps, or none.
        """
        count = round(span_s / self.step_s)
        if count < 1 or abs(count * self.step_s - span_s) > 1e-6 * span_s:
            raise InputError(
                f"{span_s:g} s is no whole number of steps of {self.step_s:g} s",
                remedy="choose a step that divides it, such as 60, 300, 600 or 3600 s",
            )
        return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """What a back-test found, over `origins` forecasts of the steps first..last ahead.

    `coverage` and `width` are those of the central interval that should hold `share`; `pinball`
    is the mean loss over the levels, in the unit of the series; `mase` is the mean absolute error
    of the median over that of the seasonal naive in sample (Hyndman & Koehler 2006).
    """

    method: str
    origins: int
    first_step: int
    last_step: int
    levels: tuple[float, ...]
    pinball: float
    pinball_by_level: tuple[float, ...]
    share: float
    coverage: float
    width: float
    mase: float
    pinball_naive: float = float("nan")
    """Of the seasonal naive with calibrated intervals, on the same steps; NaN: not tried."""

    @property
    def skill(self) -> float:
        """1 - pinball / pinball of the seasonal naive: above 0 it beats it."""
        return 1.0 - self.pinball / self.pinball_naive


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Quantiles of the steps to come; the first begins at `start_s` on the clock of the run.

    values (levels, steps): rows ascend with the level, none crosses another.
    """

    levels: tuple[float, ...]
    values: Array
    step_s: Seconds
    start_s: float
    epoch_s: float = float("nan")
    method: str = ""
    accuracy: Accuracy | None = None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        check(self)
        known_levels(self.levels)
        values = np.ascontiguousarray(self.values, float)
        if values.ndim != 2 or len(values) != len(self.levels) or not np.isfinite(values).all():
            raise InputError(
                f"{self.method} gave values of the shape {values.shape}, or such as are no numbers",
                where="Forecast",
                remedy="give a finite number per level and step",
            )
        if (values[1:] < values[:-1]).any():
            raise InputError(
                f"{self.method} gave quantiles that cross",
                where="Forecast",
                remedy="sort them per step",
            )
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    @property
    def horizon(self) -> int:
        """How many steps it looks ahead."""
        return int(self.values.shape[1])

    def at(self, level: float) -> Array:
        """Return the quantile of a level (steps,), drawn straight between the levels at hand.

        Raises
        ------
        InputError
            The level lies outside those at hand.
        """
        held = self.levels
        if not held[0] <= level <= held[-1]:
            raise InputError(
                f"the level {shorten(level)} lies outside {held[0]:g} to {held[-1]:g}",
                where=f"forecast by {self.method}",
                remedy="ask for it when the forecast is made",
            )
        above = min(int(np.searchsorted(held, level)), len(held) - 1)
        if held[above] == level:
            row: Array = self.values[above]
            return row
        part = (level - held[above - 1]) / (held[above] - held[above - 1])
        between: Array = self.values[above - 1] * (1 - part) + self.values[above] * part
        return between


class Fitted(Protocol):
    """What was learned from a past: asked at every tick, as a pure function."""

    @property
    def name(self) -> str:
        """The method, as it is shown."""
        ...

    def forecast(
        self, recent: Series, horizon_steps: int, levels: Sequence[float] = LEVELS
    ) -> Forecast:
        """Return the quantiles of the steps after `recent`, which may overlap the fitted past.

        `recent` needs no more than what came after the fit; what lies between the two unseen is
        missing.
        """
        ...


class Forecaster(Protocol):
    """A way to forecast, before it has seen any data."""

    @property
    def name(self) -> str:
        """The method, as it is shown."""
        ...

    def fit(self, series: Series, calendar: Calendar | None = None) -> Fitted:
        """Learn from a past of one column.

        Raises
        ------
        InputError
            The past is too short for the method, or was hardly seen.
        """
        ...


def known_levels(levels: Sequence[float]) -> tuple[float, ...]:
    """Return the levels as they were given, if they are rising and strictly within 0 and 1.

    Raises
    ------
    InputError
        They are not.
    """
    held = tuple(map(float, levels))
    rising = all(a < b for a, b in zip((0.0, *held), (*held, 1.0), strict=True))
    if not held or not rising:
        raise InputError(
            f"the levels are {shorten(held)}",
            remedy="give rising shares between 0 and 1, such as 0.05, 0.5, 0.95",
        )
    return held


@dataclass(frozen=True, slots=True)
class Seen:
    """Values by the number of their step, from several series; a later one overrides an earlier.

    So a forecast reads the few steps that it needs, however long the past is.
    """

    parts: tuple[Series, ...]

    def __post_init__(self) -> None:
        if len({part.step_s for part in self.parts}) > 1:
            raise InputError(
                f"series of different steps: {', '.join(f'{p.step_s:g} s' for p in self.parts)}",
                remedy="fit and ask with the same step",
            )
        for part in self.parts:
            if part.values.ndim != 1:
                raise InputError(
                    f"the series {part.name} has {part.values.shape[1]} columns",
                    remedy="forecast one column at a time: series.column(k)",
                )

    def at(self, steps: Counts) -> Array:
        """Return the values of steps of any shape; NaN where nobody saw them."""
        found: Array | None = None
        for part in self.parts:
            first, count = part.first_step, len(part.values)
            if not count:
                continue
            place = steps - first
            value = part.values[np.clip(place, 0, count - 1)]
            inside = (place >= 0) & (place < count)
            if found is None:
                found = np.where(inside, value, np.nan)
            else:
                found = np.where(inside & ~np.isnan(value), value, found)
        return np.full(steps.shape, np.nan) if found is None else found


class PointFitted(Protocol):
    """What was learned by a method that says one value per step."""

    @property
    def name(self) -> str:
        """The method, as it is shown."""
        ...

    @property
    def past(self) -> Series:
        """What it was fitted on."""
        ...

    def points(self, seen: Seen, origins: Counts, ahead: Counts) -> Array:
        """Return (origins, ahead): what it says at each origin of the steps `ahead` of it.

        An origin is the number of the first step that is not seen yet; 0 ahead is that step.
        Only steps before an origin may be read for it. Every value is finite.
        """
        ...


class PointForecaster(Protocol):
    """A way to say one value per step; `conformal.Conformal` adds the intervals."""

    @property
    def name(self) -> str:
        """The method, as it is shown."""
        ...

    def fit(self, series: Series, calendar: Calendar | None = None) -> PointFitted:
        """Learn from a past of one column; InputError where it is too short or hardly seen."""
        ...


class BandFitted(Protocol):
    """What was learned by a method that says quantiles, not calibrated yet."""

    @property
    def name(self) -> str:
        """The method, as it is shown."""
        ...

    @property
    def past(self) -> Series:
        """What it was fitted on."""
        ...

    @property
    def band_levels(self) -> tuple[float, ...]:
        """The levels that were learned, rising."""
        ...

    def bands(self, seen: Seen, origins: Counts, ahead: Counts) -> Array:
        """Return (band levels, origins, ahead), as `PointFitted.points` for each level."""
        ...


class BandForecaster(Protocol):
    """A way to say quantiles; `conformal.Conformal` makes them hold."""

    @property
    def name(self) -> str:
        """The method, as it is shown."""
        ...

    def fit(self, series: Series, calendar: Calendar | None = None) -> BandFitted:
        """Learn from a past of one column; InputError where it is too short or hardly seen."""
        ...
