"""The lake on one machine: Ibis expressions over DuckDB, inside a bounded memory.

Parquet is read in place. CSV (plain, gzip, zstd) is text to DuckDB: what its cells mean is decided
by the expressions above it, never guessed. What is kept goes to a temporary folder that is removed
at the end, so memory stays bounded by `MEMORY` however large a file is.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lepta.errors import InputError, LeptaError

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["DuckLake"]

MEMORY = "900MiB"
FILE = "file_behind_a_row"
LONGEST_LINE = 8 * 2**20
VIEW = re.compile(r"\bview_\d+\b")
DUCK_LINE = re.compile(r"CSV Error on Line: (\d+)")


class DuckLake:
    """A DuckDB connection with bounded memory; a context manager that leaves nothing behind."""

    def __init__(self, *, memory: str = MEMORY, threads: int | None = None) -> None:
        import duckdb

        self._folder = Path(tempfile.mkdtemp(prefix="lepta-lake-"))
        self._kept = 0
        self._files: dict[str, str] = {}
        """View -> the file behind it, to name in errors."""
        self._duck = duckdb.connect(
            config={
                "memory_limit": memory,
                "temp_directory": str(self._folder / "spill"),
                "threads": threads or min(os.cpu_count() or 1, 8),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
            }
        )
        self._duck.execute("SET TimeZone = 'UTC'")
        self._duck.execute("SET enable_progress_bar = false")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and remove the temporary folder."""
        self._duck.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def csv(
        self, path: Path, header: Sequence[str], delimiter: str, compression: str
    ) -> "ir.Table":
        """View a CSV file as columns of text; a blank cell is null."""
        names = _named_all(header)
        lowered = [name.lower() for name in names]
        twice = next((n for i, n in enumerate(names) if n.lower() in lowered[:i]), None)
        if twice is not None:  # DuckDB knows no letter case
            raise InputError.at(
                str(path),
                "stands twice in the header",
                row=1,
                column=twice,
                remedy="rename or remove one of the two columns",
            )
        columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in names)
        return self._view(
            f"read_csv({_path(path)}, columns = {{{columns}}}, auto_detect = false, "
            f"header = true, delim = {_text(delimiter)}, quote = '\"', escape = '\"', "
            f"compression = {_text(compression)}, max_line_size = {LONGEST_LINE}, "
            "strict_mode = true)",
            str(path),
        )

    def parquet(self, paths: Sequence[Path]) -> "ir.Table":
        """View Parquet files of one shape in place; the column `filename` says from which."""
        names = ", ".join(_path(path) for path in paths)
        read = f"read_parquet([{names}], filename = '{FILE}', hive_partitioning = false)"
        where = str(paths[0])
        kinds = self._run(f"DESCRIBE SELECT * FROM {read}", where).fetchall()  # noqa: S608
        # A file may have columns with the names that are added here; nothing reads them.
        hidden = [FILE, *(c[0] for c in kinds if _is_own(c[0]) or c[0].lower() == "filename")]
        # Ibis does not know instants in nanoseconds (as pandas writes them); bills need none.
        fine = [_name(c[0]) for c in kinds if c[1] == "TIMESTAMPTZ_NS" and c[0] not in hidden]
        casts = ", ".join(f"{name}::TIMESTAMPTZ AS {name}" for name in fine)
        columns = f"* EXCLUDE ({', '.join(map(_name, hidden))})"
        columns += f" REPLACE ({casts})" if casts else ""
        return self._view(read, where, f"{columns}, {FILE} AS filename")

    def rows(self, table: "ir.Table") -> list[tuple[Any, ...]]:
        """Compute an expression; decimals come as Decimal, instants as naive UTC."""
        found: list[tuple[Any, ...]] = self._run(self._sql(table)).fetchall()
        return found

    def keep(self, table: "ir.Table") -> "ir.Table":
        """Compute an expression once, into the temporary folder."""
        self._kept += 1
        target = self._folder / f"kept-{self._kept}.parquet"
        self._run(
            f"COPY ({self._sql(table)}) TO {_text(str(target))} "
            "(FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE 100000)"
        )
        return self._view(f"read_parquet({_text(str(target))})")

    def in_order(self, table: "ir.Table", most: int = 1) -> list[tuple[Any, ...]]:
        """Compute the first rows in the order of the file (slow: one thread)."""
        self._duck.execute("SET preserve_insertion_order = true; SET threads = 1")
        return self.rows(table.limit(most))

    def _view(self, source: str, where: str = "", columns: str = "*") -> "ir.Table":
        self._kept += 1
        name = f"view_{self._kept}"
        self._run(f"CREATE VIEW {name} AS SELECT {columns} FROM {source}", where)  # noqa: S608 (quoted above)
        if where:
            self._files[name] = where
        return self._named(name)

    def _named(self, name: str) -> "ir.Table":
        import ibis
        from ibis.backends.sql.datatypes import DuckDBType

        columns = self._run(f"DESCRIBE {name}").fetchall()
        return ibis.table({c[0]: DuckDBType.from_string(c[1]) for c in columns}, name=name)

    def _sql(self, table: "ir.Table") -> str:
        import ibis

        return str(ibis.to_sql(table, dialect="duckdb", pretty=False))

    def _run(self, sql: str, where: str = "") -> Any:
        import duckdb

        try:
            return self._duck.execute(sql)
        except duckdb.OutOfMemoryException:
            raise LeptaError(
                "the tables do not fit the memory that the lake may use",
                remedy="free space in the folder for temporary files ($TMPDIR), or split the bill",
            ) from None
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise _unreadable(str(error), where or self._where(sql)) from None
        except (duckdb.OutOfRangeException, duckdb.ConversionException):
            raise InputError(
                "amounts are too large to be added up",
                where=where or self._where(sql),
                remedy="look for a cell beyond 1e15, and mend it",
            ) from None

    def _where(self, sql: str) -> str:
        """Name the files that a statement reads."""
        used = set(VIEW.findall(sql))
        return ", ".join(dict.fromkeys(path for view, path in self._files.items() if view in used))


def _unreadable(said: str, where: str) -> InputError:
    """Turn what DuckDB says of a file that it cannot read into words with a remedy."""
    first = said.split("\n", 1)[0]
    # Below, DuckDB lists options of the reader, whose words must not be taken for a cause.
    said = "\n".join(text for text in said.split("\n") if not text.startswith("Original Line"))
    low = said.split("\n\n", 1)[0].lower()
    line = DUCK_LINE.search(said)
    row = int(line.group(1)) if line else None
    if "gzip" in low or "zstd" in low or "decompress" in low:
        return InputError(
            "is a truncated or damaged compressed file",
            where=where,
            remedy="copy or download it again",
        )
    if "unicode" in low or "utf-8" in low:
        return InputError.at(where, "is not UTF-8", row=row, remedy="save the file as UTF-8")
    if "expected number of columns: " in low:
        counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", said)
        expected, seen = counts.groups() if counts else ("another number of", "some")
        return InputError.at(
            where,
            f"has {seen} cells where the header has {expected}",
            row=row,
            remedy="quote cells that hold the delimiter, or mend the row; a file may be cut off",
        )
    if line:
        return InputError.at(
            where,
            "is not CSV: a quote is not closed or a cell is broken",
            row=row,
            remedy="close every quote, and double quotes inside cells",
        )
    return InputError(
        f"cannot be read: {first}", where=where, remedy="check that the file is whole"
    )


def _named_all(header: Sequence[str]) -> list[str]:
    """Name columns without a name (exporters end lines with a delimiter) or with one of ours."""
    taken = {name.lower() for name in header}
    free = (name for i in range(len(header) * 2) if (name := f"unnamed_{i}") not in taken)
    return [next(free) if not name or _is_own(name) else name for name in header]


def _is_own(column: str) -> bool:
    return column.lower().startswith("lepta_")


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _path(path: Path) -> str:
    """Quote a path for DuckDB, with the characters of its globs taken literally."""
    return _text(re.sub(r"([*?\[])", r"[\1]", str(path)))
