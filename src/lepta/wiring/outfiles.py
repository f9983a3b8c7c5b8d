"""Writing what a verb made: whole files or none, safe to open in a spreadsheet."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lepta.adapters import outfile
from lepta.domain.tables import TableSchema

__all__ = ["write_csv", "write_parquet", "write_text"]


def write_csv(path: str | Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a table; None is an empty cell.

    Raises
    ------
    Permanent
        The folder cannot be made or written to.
    """
    return outfile.write_text(path, outfile.csv_text(header, rows))


def write_parquet(path: str | Path, schema: TableSchema, rows: Sequence[Sequence[Any]]) -> Path:
    """Write a table of one of the library's own schemas, typed and compressed.

    Raises
    ------
    Permanent
        The folder cannot be made or written to.
    """
    from lepta.adapters.parquetfile import parquet_bytes

    return outfile.write_bytes(path, parquet_bytes(schema, rows))


def write_text(path: str | Path, text: str) -> Path:
    """Write a text.

    Raises
    ------
    Permanent
        The folder cannot be made or written to.
    """
    return outfile.write_text(path, text)
