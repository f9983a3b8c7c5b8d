"""Cells of a bill as people and exporters write them: money, instants, texts that mean null.

Every function gives an expression that is null where the cell cannot be read without a guess; who
calls then finds the row and says so.
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt

from lepta.domain.charges import MONEY
from lepta.errors import InputError

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["SLASHED", "Dates", "decide_dates", "instant", "money", "number", "readings", "text"]

NULLS = ("", "NULL", "null", "Null", "None", "none", "N/A", "n/a")
PLAIN = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$"
MARKED = r"^\s*([+-]?[$€£¥]?|[$€£¥][+-]|[$€£¥]?\([$€£¥]?)\s?{number}\)?\s*$"
"""One sign at most, or parentheses: of `-(5)` and `(-5)` nobody can tell the sign."""
GROUPED = MARKED.replace("{number}", r"(0|[1-9][0-9]{0,2}(,[0-9]{3})*)(\.[0-9]+)?")
"""No group begins with 0: the comma of `0,123` is a decimal one."""
UNGROUPED = MARKED.replace("{number}", r"[0-9]+(\.[0-9]+)?")
ISO = (
    r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?"
    r"\s*(Z|z|UTC|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?\s*$"
)
SLASHED = (
    r"^\s*([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})( ([0-9]{1,2}:[0-9]{2}(:[0-9]{2})?))?\s*$"
)
"""1 and 2 are month and day in one order or the other, 3 the year, 5 the time."""

SHORTEST_MONTH, LONGEST_MONTH = 27, 31
"""Days from start to end of a billing period; 27 allows for exporters that end it a day early."""


class Dates(StrEnum):
    """How dates are written in a file."""

    ISO = "ISO 8601"
    MONTH_FIRST = "month/day/year"
    DAY_FIRST = "day/month/year"


def text(column: Any) -> "ir.StringValue":
    """Trim; the texts that mean null are null."""
    if not column.type().is_string():
        column = column.cast("string")
    trimmed = column.strip()
    # Four at a time: DuckDB turns a longer list into a join, and computes it for every row even
    # where nobody asks for the column.
    unsaid = ibis.or_(*(trimmed.isin(NULLS[i : i + 4]) for i in range(0, len(NULLS), 4)))
    return ibis.cases((unsaid, None), else_=trimmed)


def number(column: Any) -> "ir.FloatingValue":
    """A quantity: finite float or null."""
    if column.type().is_string():
        value = ibis.cases((column.re_search(PLAIN), column.strip().try_cast("float64")))
    else:
        value = column.cast("float64")
    return ibis.cases((value.isnan() | value.isinf(), None), else_=value)


def money(column: Any, *, commas: bool) -> "ir.DecimalValue":
    """An amount, exact to 1e-12; `$10,000.00 ` and `($5.00)` are read too, where `commas` is True.

    Where cells are not split by commas a comma may be a decimal one, so it is refused there.
    """
    kind = column.type()
    # What cannot be an amount becomes null here, and an error above.
    if kind.is_floating():
        # The cast alone would make NaN 0.
        return ibis.cases((~column.isnan() & ~column.isinf(), column)).try_cast(MONEY)
    if kind.is_integer() or kind.is_decimal():
        return column.try_cast(MONEY)
    if not kind.is_string():
        return ibis.null(MONEY)
    bare = column.re_replace(r"[$€£¥,()\s]", "").try_cast(MONEY)
    negative = column.contains("(")
    return ibis.cases(
        (column.re_search(PLAIN), column.strip().try_cast(MONEY)),
        (
            column.re_search(GROUPED if commas else UNGROUPED) & (negative == column.contains(")")),
            ibis.cases((negative, -bare), else_=bare).try_cast(MONEY),
        ),
    )


def instant(column: Any, dates: Dates) -> "ir.TimestampValue":
    """An instant in UTC; without a zone it is UTC, as FOCUS prescribes."""
    kind = column.type()
    if isinstance(kind, dt.Timestamp | dt.Date):
        return column.cast("timestamp(6)")
    if not kind.is_string():
        return ibis.null("timestamp(6)")
    if dates is not Dates.ISO:
        return readings(column)[0 if dates is Dates.MONTH_FIRST else 1]
    return ibis.cases(
        (column.re_search(ISO), column.strip().try_cast("timestamp('UTC')").cast("timestamp(6)"))
    )


def readings(column: Any) -> "tuple[ir.TimestampValue, ir.TimestampValue]":
    """Read slashed dates month first and day first; null where that is no date."""

    def part(index: int) -> Any:
        return column.re_extract(SLASHED, index)

    year = part(3)
    full = ibis.cases((year.length() == 2, ibis.literal("20") + year), else_=year)
    time = ibis.cases((part(5) == "", "0:00"), else_=part(5))
    first, second = part(1).lpad(2, "0"), part(2).lpad(2, "0")
    month_first = full + "-" + first + "-" + second + " " + time.lpad(5, "0")
    day_first = full + "-" + second + "-" + first + " " + time.lpad(5, "0")
    return month_first.try_cast("timestamp(6)"), day_first.try_cast("timestamp(6)")


def decide_dates(rows: "ir.Table", start: str, end: str) -> "ir.Table":
    """Ask how many billing periods of a file are no month when read month first and day first."""
    lengths = []
    for begin, stop in zip(readings(rows[start]), readings(rows[end]), strict=True):
        days = (stop.epoch_seconds() - begin.epoch_seconds()) / 86400
        lengths.append(days.between(SHORTEST_MONTH, LONGEST_MONTH).fill_null(False))
    return rows.aggregate(
        rows=rows.count(),
        bad_month_first=(~lengths[0]).sum(),
        bad_day_first=(~lengths[1]).sum(),
    )


def chosen_dates(source: str, counts: tuple[int, int, int], column: str, sample: str) -> Dates:
    """Choose the reading under which every billing period is a month.

    Raises
    ------
    InputError
        Both readings make months of all rows, or neither does.
    """
    _, bad_month_first, bad_day_first = counts
    if (bad_month_first == 0) != (bad_day_first == 0):
        return Dates.MONTH_FIRST if bad_month_first == 0 else Dates.DAY_FIRST
    said = "may be month/day or day/month: both make" if bad_day_first == 0 else "neither makes"
    raise InputError.at(
        source,
        f"{said} every billing period a month, so the dates cannot be told"
        if bad_day_first == 0
        else f"is a slashed date, but {said} every billing period a month "
        f"(month first fails in {bad_month_first} rows, day first in {bad_day_first})",
        row=2,
        column=column,
        value=sample,
        remedy="write dates as ISO 8601, such as 2026-11-23T00:00:00Z",
    )
