"""Rolling origin: what a forecaster would have said at each of many past moments, and how it did.

The pinball (quantile) loss of a level q is q * (y - f) where y lies above f, else (1 - q) *
(f - y): its mean over the levels is the score by which forecasters are compared, since only true
quantiles make it least (Koenker & Bassett 1978).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lepta.errors import InputError
from lepta.forecast.base import LEVELS, Accuracy, Array, Forecaster, Series, known_levels
from lepta.forecast.calendar import DAY_S, Calendar

__all__ = ["Trial", "pinball", "rolled", "scale_of", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was said at each origin, and what came.

    said (origins, levels, steps); came (origins, steps), NaN where it was not seen; `scale`: the
    mean absolute error of the seasonal naive before the first origin.
    """

    method: str
    levels: tuple[float, ...]
    said: Array
    came: Array
    scale: float
    notes: tuple[str, ...] = ()


def rolled(
    forecaster: Forecaster,
    series: Series,
    *,
    first: int,
    horizon_steps: int,
    every: int = 1,
    refit: int | None = None,
    levels: Sequence[float] = LEVELS,
    calendar: Calendar | None = None,
    period_s: float = DAY_S,
) -> Trial:
    """Fit on the steps before `first`, and forecast at every `every`-th step from there on.

    `refit`: fit anew on all that lies behind after so many steps (None: never). Nothing of what
    lies ahead is shown to the forecaster.

    Raises
    ------
    InputError
        The series ends before one forecast can be judged, or the fit refuses the past.
    """
    held = known_levels(levels)
    origins = range(first, len(series) - horizon_steps + 1, every)
    if first < 1 or not len(origins):
        raise InputError(
            f"{len(series)} steps leave none of {horizon_steps} after step {first} to judge by",
            where=f"back-test on the series {series.name}".rstrip(),
            remedy="give a longer series, or look less far ahead",
        )
    fitted = forecaster.fit(series.part(0, first), calendar)
    fitted_at = first
    said = np.empty((len(origins), len(held), horizon_steps))
    came = np.empty((len(origins), horizon_steps))
    notes: dict[str, None] = {}
    for k, origin in enumerate(origins):
        if refit is not None and origin - fitted_at >= refit:
            fitted = forecaster.fit(series.part(0, origin), calendar)
            fitted_at = origin
        forecast = fitted.forecast(series.part(0, origin), horizon_steps, held)
        notes.update(dict.fromkeys(forecast.notes))
        said[k] = forecast.values
        came[k] = series.values[origin : origin + horizon_steps]
    return Trial(
        method=forecaster.name,
        levels=held,
        said=said,
        came=came,
        scale=scale_of(series.part(0, first), period_s),
        notes=tuple(notes),
    )


def score(
    trial: Trial,
    *,
    first_step: int = 1,
    last_step: int | None = None,
    share: float = 0.9,
    naive: Trial | None = None,
) -> Accuracy:
    """Sum up the steps first_step..last_step ahead (1 = the next one) of a trial.

    Raises
    ------
    InputError
        The ends or the middle of the interval are none of the levels, or nothing came.
    """
    last = trial.came.shape[1] if last_step is None else last_step
    steps = slice(first_step - 1, last)
    said, came = trial.said[:, :, steps], trial.came[:, steps]
    seen = ~np.isnan(came)
    if not seen.any():
        raise InputError("none of the steps to judge by was seen", where=trial.method)
    low, middle, high = (
        _row(trial, level) for level in ((1 - share) / 2, 0.5, 1 - (1 - share) / 2)
    )
    loss = pinball(said, came, trial.levels)
    inside = (came >= said[:, low]) & (came <= said[:, high])
    return Accuracy(
        method=trial.method,
        origins=len(came),
        first_step=first_step,
        last_step=last,
        levels=trial.levels,
        pinball=float(loss.mean()),
        pinball_by_level=tuple(map(float, loss)),
        share=share,
        coverage=float(inside[seen].mean()),
        width=float((said[:, high] - said[:, low])[seen].mean()),
        mase=float(np.abs(came - said[:, middle])[seen].mean()) / trial.scale,
        pinball_naive=float("nan")
        if naive is None
        else score(naive, first_step=first_step, last_step=last_step, share=share).pinball,
    )


def pinball(said: Array, came: Array, levels: Sequence[float]) -> Array:
    """Return (levels,): the mean loss of said (origins, levels, steps) where came was seen."""
    level = np.array(levels)[:, None]
    off = came[:, None, :] - said
    loss = np.maximum(level * off, (level - 1.0) * off)
    seen = ~np.isnan(came)
    mean: Array = np.where(seen[:, None, :], loss, 0.0).sum(axis=(0, 2)) / np.count_nonzero(seen)
    return mean


def scale_of(series: Series, period_s: float = DAY_S) -> float:
    """Return the mean absolute change from one period to the next: what MASE divides by.

    NaN where no step was seen a period apart from another.
    """
    period = series.steps(period_s)
    change = np.abs(series.values[period:] - series.values[:-period])
    seen = ~np.isnan(change)
    return float(change[seen].mean()) if seen.any() else float("nan")


def _row(trial: Trial, level: float) -> int:
    place = int(np.argmin(np.abs(np.array(trial.levels) - level)))
    if abs(trial.levels[place] - level) > 1e-9:
        raise InputError(
            f"the level {level:g} is none of those that were asked for",
            where=trial.method,
            remedy="ask for the ends and the middle of the interval",
        )
    return place
