"""The thin fetch that every reader of a public table shares."""

from pathlib import Path
from typing import Any

from lepta.errors import InputError

__all__ = ["fetch"]


def fetch(folder: str | Path, name: str, sql: str, **values: object) -> list[tuple[Any, ...]]:
    """Run one query over one Parquet or CSV file; in `sql`, `data` stands for its rows.

    Raises
    ------
    InputError
        The file is missing, is no table, or lacks a column that the query names.
    """
    import duckdb

    path = Path(folder) / name
    if not path.is_file():
        raise InputError(
            "there is no such file",
            where=str(path),
            remedy="point LEPTA_DATA at the folder of public data",
        )
    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    with duckdb.connect() as session:
        session.execute("SET threads TO 2")
        try:
            answer = session.execute(
                f"WITH data AS (SELECT * FROM {reader}($file)) {sql}",  # noqa: S608 - our own text
                {"file": str(path), **values},
            )
            return list(answer.fetchall())
        except duckdb.Error as error:
            raise InputError(
                f"cannot be read as the table it should be: {error}".splitlines()[0],
                where=str(path),
                remedy="fetch the file again; its columns are described in the data README",
            ) from None
