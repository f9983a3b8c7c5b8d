"""Missing is missing: a regular series out of measurements, and lost windows found and said.

A collector that failed writes zeros, or nothing. Read as demand, a zero teaches a forecaster that
nobody comes at that time of day. Here such windows become NaN, with a note; never silently, and
never where a series is idle now and then by nature.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from lepta.errors import InputError
from lepta.forecast.base import Array, Counts, Series

__all__ = ["marked", "regular"]

LOST_BELOW = 0.1
"""A window with less than this share of the median may be lost..."""
EDGE = 0.3
"""... where the steps beside the hole carry at least this share of it..."""
IDLE_SHARE = 0.1
"""... and no more than this share of all steps is so low: else low is its nature."""
LEAST_STEPS = 12


def marked(series: Series, below: float = LOST_BELOW) -> Series:
    """Return the series with lost windows marked as not seen, and a note that says how many.

    A run of steps under `below` x median counts as lost where it begins and ends abruptly: the
    nearest steps that were seen on both sides carry at least 0.3 x median (at an end of the
    series, the one side that is there). A series that lies that low for more than a tenth of its
    steps is left as it is.
    """
    if series.values.ndim != 1:
        columns = [marked(series.column(k), below) for k in range(series.values.shape[1])]
        notes = tuple(dict.fromkeys(note for column in columns for note in column.notes))
        return replace(series, values=np.column_stack([c.values for c in columns]), notes=notes)
    seen = np.flatnonzero(~np.isnan(series.values))
    values = series.values[seen]
    if len(values) < LEAST_STEPS:
        return series
    middle = float(np.median(values))
    low = values < below * middle
    if not low.any() or np.count_nonzero(low) > IDLE_SHARE * len(values):
        return series
    edge = np.flatnonzero(np.diff(np.concatenate(([0], low.astype(np.int8), [0]))))
    lost = np.zeros(len(values), bool)
    for first, last in edge.reshape(-1, 2):
        before = first == 0 or values[first - 1] >= EDGE * middle
        after = last == len(values) or values[last] >= EDGE * middle
        if before and after:
            lost[first:last] = True
    count = int(np.count_nonzero(lost))
    if not count:
        return series
    cleaned = series.values.copy()
    cleaned[seen[lost]] = np.nan
    note = (
        f"{count} steps with less than {below:g} of the median {middle:.4g} amid normal ones "
        "count as not seen"
    )
    return replace(series, values=cleaned, notes=(*series.notes, note))


def regular(
    at_s: Array,
    values: Array,
    step_s: float,
    *,
    epoch_s: float = float("nan"),
    by: Literal["mean", "max", "sum"] = "mean",
    name: str = "",
    unit: str = "",
) -> Series:
    """Return steps of `step_s` out of measurements (n,) at rising times (n,); none = not seen.

    Steps begin at whole multiples of `step_s`, in Unix time where there is a calendar. Each is
    the mean, the greatest or the sum of what was measured inside it.

    Raises
    ------
    InputError
        There is none, times fall, or the steps would be more than 100 times the measurements.
    """
    where = f"series {name}".rstrip()
    times = np.asarray(at_s, float)
    if not len(times):
        raise InputError("holds no measurement", where=where, remedy="give at least one row")
    fall = np.flatnonzero(np.diff(times) < 0)
    if len(fall):
        raise InputError(
            f"the time of row {fall[0] + 2} lies before that of row {fall[0] + 1}",
            where=where,
            remedy="sort the rows by time",
        )
    origin = 0.0 if np.isnan(epoch_s) else epoch_s
    place: Counts = np.floor((times + origin) / step_s + 1e-9).astype(np.int64)
    count = int(place[-1] - place[0]) + 1
    if count > max(100 * len(times), 1_000_000):
        raise InputError(
            f"{len(times)} rows would make {count} steps of {step_s:g} s",
            where=where,
            remedy="check the times, or take a longer step",
        )
    measured = np.asarray(values, float)
    known = ~np.isnan(measured)
    slots = (place - place[0])[known]
    number = np.bincount(slots, minlength=count)
    if by == "max":
        total = np.full(count, -np.inf)
        np.maximum.at(total, slots, measured[known])
    else:
        total = np.bincount(slots, weights=measured[known], minlength=count)
        if by == "mean":
            total = total / np.maximum(number, 1)
    return Series(
        values=np.where(number > 0, total, np.nan),
        step_s=step_s,
        start_s=float(place[0]) * step_s - origin,
        epoch_s=epoch_s,
        name=name,
        unit=unit,
    )
