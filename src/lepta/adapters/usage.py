"""Usage tables (CSV or Parquet) to rows of usage, by the columns that `USAGE` describes."""

from collections.abc import Mapping
from sys import float_info
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt

from lepta.domain.charges import USAGE_ROWS
from lepta.domain.schemas import USAGE
from lepta.domain.tables import NULLS, Column, Kind, RawTable
from lepta.errors import InputError

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["normalize_usage", "tidy_usage", "usage_complaint", "usage_faults"]

ZONED = (
    r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?"
    r"\s*(Z|z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)\s*$"
)
PREFIX = "ok_"


def tidy_usage(raw: "ir.Table") -> "ir.Table":
    """Take blanks off the texts that a usage table knows; what means "not known" becomes null.

    A step of its own, to be computed once: an expression mentions a cell many times over, and each
    mention would tidy it anew.
    """
    texts = [
        column.name
        for column in USAGE.columns
        if column.name in raw.columns and raw[column.name].type().is_string()
    ]
    tidied = {}
    for name in texts:
        words = raw[name].strip()
        # Three at a time: DuckDB turns a longer list into a join.
        nulls, low = sorted(NULLS), words.lower()
        unsaid = ibis.or_(*(low.isin(nulls[i : i + 3]) for i in range(0, len(nulls), 3)))
        tidied[name] = ibis.cases((unsaid, None), else_=words)
    return raw.mutate(**tidied)


def normalize_usage(raw: "ir.Table", source: str) -> "ir.Table":
    """Give rows as `USAGE_ROWS` says, and a column `ok_<name>` per column: whether it is sound.

    `raw` is what `tidy_usage` gave.

    Raises
    ------
    InputError
        A required column is missing, stands twice, or instants have no zone.
    """
    # The schema parser knows what to say about a header.
    header = tuple(name for name in raw.columns if name != "filename")
    USAGE._places(RawTable(source, header, (), ()))
    columns: dict[str, Any] = {}
    sound: dict[str, Any] = {}
    for column in USAGE.columns:
        cell = raw[column.name] if column.name in header else None
        columns[column.name], sound[column.name] = _cell(column, cell, source)
    seconds = (columns["hours"] * 3600).round().cast("int64")
    begin = columns["start"].epoch_seconds().cast("int64")
    shown = {
        "resource": columns["resource_id"],
        "begin": begin,
        "end": begin + seconds,
        "kind": ibis.coalesce(columns["kind"], "machine"),
        **{name: columns[name] for name in USAGE_ROWS if name in columns and name != "kind"},
    }
    extra = {name: raw[name] for name in raw.columns if name.startswith("lepta_")}
    return raw.select(
        **{name: shown[name].cast(kind).name(name) for name, kind in USAGE_ROWS.items()},
        **{
            PREFIX + name: value.fill_null(False).name(PREFIX + name)
            for name, value in sound.items()
        },
        **extra,
    )


def usage_faults(usage: "ir.Table") -> "ir.Table":
    """Keep the rows of which some cell is not sound."""
    return usage.filter(
        ibis.or_(*(~usage[name] for name in usage.columns if name.startswith(PREFIX)))
    )


def usage_complaint(
    source: str, row: Mapping[str, Any], raw: Mapping[str, Any], line: int | None
) -> InputError:
    """Say what is wrong with the first row that is not sound."""
    for column in USAGE.columns:
        if row[PREFIX + column.name]:
            continue
        cell = raw.get(column.name)
        try:
            column.value("" if cell is None else str(cell))
            said = "cannot be read"
        except ValueError as error:
            said = str(error)
        unit = f" [{column.unit}]" if column.unit else ""
        return InputError.at(
            source,
            said,
            row=line,
            column=column.name,
            value=cell,
            remedy=f"{column.name}{unit}: {column.about or column.kind.value}",
        )
    return InputError.at(source, "cannot be read", row=line, remedy="mend the row")


def _cell(column: Column, cell: Any, source: str) -> tuple[Any, Any]:
    """Give the value of a column, and whether each cell is sound."""
    kind = {Kind.TEXT: "string", Kind.INSTANT: "timestamp(6)"}.get(column.kind, "float64")
    if cell is None:
        return ibis.null(kind), ibis.literal(True)
    if column.kind is Kind.INSTANT and isinstance(cell.type(), dt.Timestamp | dt.Date):
        if getattr(cell.type(), "timezone", None) is None:
            raise InputError.at(
                source,
                "has instants without a zone",
                column=column.name,
                remedy="store them with the zone UTC (TIMESTAMP WITH TIME ZONE)",
            )
        return cell.cast(kind), cell.notnull()
    if column.kind in (Kind.NUMBER, Kind.INTEGER) and cell.type().is_numeric():
        value = cell.cast("float64")
        value = ibis.cases((value.isnan(), None), else_=value)
        return value, _in_range(column, value, value.isnull())
    words = cell.cast("string")
    blank = words.isnull()
    if column.kind is Kind.TEXT:
        fine = words.isin(column.choices) if column.choices else ibis.literal(True)
        return words, (blank & (not column.required)) | (~blank & fine)
    if column.kind is Kind.INSTANT:
        value = ibis.cases(
            (words.re_search(ZONED), words.try_cast("timestamp('UTC')").cast(kind)), else_=None
        )
        return value, value.notnull()
    value = words.try_cast("float64")
    value = ibis.cases((words.contains("_"), None), else_=value)
    return value, _in_range(column, value, blank)


def _in_range(column: Column, value: Any, blank: Any) -> Any:
    # One comparison per side, since every mention of `value` is computed anew: the largest finite
    # numbers as bounds leave out the infinite ones and NaN (which DuckDB sorts above all).
    low, high = max(column.low, -float_info.max), min(column.high, float_info.max)
    fine = value.between(low, high)
    return (blank & (not column.required)) | (~blank & fine.fill_null(False))
