"""From a file of measurements to a series of equal steps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lepta.adapters.csvfile import read_csv
from lepta.adapters.parquetfile import read_parquet
from lepta.domain.tables import RawTable, parse_instant
from lepta.errors import InputError, listing
from lepta.forecast.base import Series
from lepta.forecast.gaps import regular

__all__ = ["parse_series", "read_series"]

TIME, NAMES = "ts", "series"


def read_series(
    path: str | Path, *, column: str = "value", name: str | None = None, step_s: float | None = None
) -> Series:
    """Read a CSV or Parquet file of `ts`, a value, and perhaps `series` (see `parse_series`)."""
    parquet = Path(path).suffix.lower() in (".parquet", ".pq")
    raw = read_parquet(path, (TIME, NAMES, column)) if parquet else read_csv(path)
    return parse_series(raw, column=column, name=name, step_s=step_s)


def parse_series(
    raw: RawTable, *, column: str = "value", name: str | None = None, step_s: float | None = None
) -> Series:
    """Turn rows into steps: `ts` is ISO 8601 with a zone, or seconds from the start.

    Rows of one series stand in order of time. A blank value was not seen. Without `step_s` the
    step is the median distance of the rows.

    Raises
    ------
    InputError
        A column is missing, a cell is wrong, the times fall or repeat, or there are several series
        and none was named.
    """
    for wanted in (TIME, column):
        if wanted not in raw.header:
            raise InputError(
                f"there is no column {wanted!r}; there are {listing(raw.header)}",
                where=raw.source,
                remedy="name the time column ts, and the value with --column",
            )
    when, what = raw.header.index(TIME), raw.header.index(column)
    rows = list(range(len(raw.rows)))
    if NAMES in raw.header:
        label = raw.header.index(NAMES)
        names = list(dict.fromkeys(row[label].strip() for row in raw.rows if len(row) > label))
        if name is None and len(names) > 1:
            raise InputError(
                f"there are {len(names)} series: {listing(names)}",
                where=raw.source,
                remedy="name one with --series",
            )
        if name is not None and name not in names:
            raise InputError(
                f"there is no series {name!r}; there are {listing(names)}",
                where=raw.source,
                remedy="name one of them",
            )
        name = names[0] if name is None and names else name
        rows = [k for k in rows if len(raw.rows[k]) > label and raw.rows[k][label].strip() == name]
    if not rows:
        raise InputError("has no rows", where=raw.source, remedy="give at least one row")
    for k in rows:
        if len(raw.rows[k]) <= max(when, what):
            raise InputError.at(
                raw.source, "the row is too short", row=raw.lines[k], remedy="give every column"
            )
    times, dated = _times(raw, rows, when)
    epoch = float(np.floor(times[0] / 86_400) * 86_400) if dated else float("nan")
    at = times - epoch if dated else times
    for place, gap in enumerate(np.diff(at)):
        if gap <= 0:
            raise InputError.at(
                raw.source,
                "the time is that of the row above" if gap == 0 else "the time lies before",
                row=raw.lines[rows[place + 1]],
                column=TIME,
                value=raw.rows[rows[place + 1]][when],
                remedy="sort by time, one row per series and time",
            )
    values = np.array([_number(raw, k, what, column, blank=True) for k in rows])
    if step_s is None:
        step_s = float(np.median(np.diff(at))) if len(at) > 1 else 3600.0
    if not (np.isfinite(step_s) and step_s > 0):
        raise InputError(f"the step is {step_s!r} s", remedy="give more than 0 seconds")
    return regular(at, values, step_s, epoch_s=epoch, name=name or Path(raw.source).stem)


def _times(raw: RawTable, rows: Sequence[int], when: int) -> tuple[np.ndarray, bool]:
    """Return seconds, and whether they are Unix time."""
    first = raw.rows[rows[0]][when].strip()
    try:
        float(first)
    except ValueError:
        found = []
        for k in rows:
            try:
                found.append(parse_instant(raw.rows[k][when].strip()).timestamp())
            except ValueError as error:
                raise InputError.at(
                    raw.source,
                    str(error),
                    row=raw.lines[k],
                    column=TIME,
                    value=raw.rows[k][when],
                    remedy="give ISO 8601 times with a zone, or seconds from the start",
                ) from None
        return np.array(found), True
    return np.array([_number(raw, k, when, TIME, blank=False) for k in rows]), False


def _number(raw: RawTable, k: int, place: int, column: str, *, blank: bool) -> float:
    text = raw.rows[k][place].strip()
    if blank and text.lower() in ("", "nan", "null"):
        return float("nan")
    try:
        number = float(text)
    except ValueError:
        number = float("inf")
    if not np.isfinite(number):
        raise InputError.at(
            raw.source,
            "is no finite number",
            row=raw.lines[k],
            column=column,
            value=text,
            remedy="give a number; leave a value that was not seen blank",
        )
    return number
