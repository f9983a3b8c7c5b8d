"""The files that `lepta profile` reads: tables as CSV or Parquet, snapshots as Prometheus text."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from lepta.adapters.csvfile import read_csv, read_text
from lepta.adapters.parquetfile import read_parquet
from lepta.adapters.promtext import parse_prometheus
from lepta.domain.case import Table
from lepta.domain.serving_tables import OTHER_NAMES, REQUESTS, parse_renamed
from lepta.domain.tables import RawTable, TableSchema
from lepta.profile.observed import Sample

__all__ = ["read_requests", "read_snapshot", "read_table"]


def read_table(path: str | Path, schema: TableSchema) -> Table:
    """Read a table; columns may have the names that public tables give them.

    Raises
    ------
    InputError
        The file or a cell is wrong: file, line (row in Parquet), column, value, remedy.
    """
    return Table(str(path), parse_renamed(schema, _raw(path, schema)))


def read_requests(path: str | Path, *, assume_utc: bool = False) -> Table:
    """Read a request log; with `assume_utc`, a time without a zone is taken for UTC.

    Raises
    ------
    InputError
        The file or a cell is wrong, such as a time without a zone, or a length of 0.
    """
    raw = _raw(path, REQUESTS)
    if assume_utc and "ts" in raw.header:
        raw = _in_utc(raw, raw.header.index("ts"))
    return Table(str(path), parse_renamed(REQUESTS, raw))


def read_snapshot(path: str | Path) -> tuple[Sample, ...]:
    """Read a snapshot of a server's metrics.

    Raises
    ------
    InputError
        The file is missing, or a line is not of the format.
    """
    return parse_prometheus(read_text(path), str(path))


def _raw(path: str | Path, schema: TableSchema) -> RawTable:
    if Path(path).suffix == ".parquet":
        names = [column.name for column in schema.columns]
        return read_parquet(path, [*names, *OTHER_NAMES.values()])
    return read_csv(path)


def _in_utc(raw: RawTable, place: int) -> RawTable:
    def zoned(text: str) -> str:
        try:
            naive = datetime.fromisoformat(text).tzinfo is None
        except ValueError:
            return text  # the parser says what is wrong with it, and in which line
        return f"{text}Z" if naive else text

    rows = tuple((*row[:place], zoned(row[place]), *row[place + 1 :]) for row in raw.rows)
    return replace(raw, rows=rows)
