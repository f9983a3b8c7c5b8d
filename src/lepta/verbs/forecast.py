"""`lepta forecast`: what will come, with intervals, by the method that did best so far."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lepta.errors import InputError
from lepta.forecast.answer import ForecastAnswer, forecast_series
from lepta.forecast.base import LEVELS, Series
from lepta.wiring.series import read_series

__all__ = ["forecast"]

MOST_STEPS = 20_000


def forecast(
    series: str | Path | Series,
    *,
    hours: float = 24.0,
    column: str = "value",
    name: str | None = None,
    step_s: float | None = None,
    levels: Sequence[float] = LEVELS,
    learned: bool = False,
) -> ForecastAnswer:
    """Forecast a measured series for the next `hours`, with quantiles and their back-test.

    `series` is a CSV or Parquet file with the columns `ts` (ISO 8601 with a zone, or seconds from
    the start), the value (`column`) and perhaps `series` (`name` picks one), or a `Series`. Steps
    that were not seen, and lost windows amid normal ones, are missing, never zero. Several
    methods are tried on the later part of the past; the one with the smallest pinball loss answers.
    `learned` tries gradient-boosted trees too (extra `lepta[forecast]`).

    Raises
    ------
    InputError
        The file or a value is wrong (it says where), or the past is too short to learn from.
    """
    past = (
        series
        if isinstance(series, Series)
        else read_series(series, column=column, name=name, step_s=step_s)
    )
    if not (np.isfinite(hours) and hours > 0):
        raise InputError(f"the hours are {hours!r}", remedy="give more than 0, such as 24")
    steps = max(1, round(hours * 3600 / past.step_s))
    if steps > MOST_STEPS:
        raise InputError(
            f"{hours:g} hours are {steps} steps of {past.step_s:g} s",
            remedy=f"look less far ahead, or take longer steps: at most {MOST_STEPS}",
        )
    middle = 0.05, 0.5, 0.95
    asked = tuple(sorted({*map(float, levels), *middle}))
    return forecast_series(past, steps, levels=asked, learned=learned)
