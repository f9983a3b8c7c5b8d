"""Requests put by: in memory while they are few, else in a temporary Parquet file, in order.

A trace is read and checked once; each policy then replays what was put by. Memory stays bounded
however large the trace is; what is out of order is sorted by DuckDB, out of core.
"""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lepta.errors import Permanent

__all__ = ["CHUNK", "Kept", "Spool"]

IN_MEMORY_BYTES = 64 * 2**20
CHUNK = 2**17
"""Most requests in one piece."""
SORT_MEMORY = "300MiB"
TIME = "at"


@dataclass(slots=True, weakref_slot=True)
class Kept:
    """Requests in order of arrival, to be read as often as wanted."""

    table: Any = None
    """An Arrow table; None where they are in the file."""
    path: Path | None = None
    release: Callable[[], object] | None = field(default=None, repr=False)
    """Removes the temporary file; called when this is dropped."""

    def batches(self, columns: list[str] | None = None) -> Iterator[Any]:
        """Read them again as Arrow record batches of at most `CHUNK` rows."""
        if self.table is not None:
            table = self.table if columns is None else self.table.select(columns)
            yield from table.to_batches(max_chunksize=CHUNK)
            return
        import pyarrow.parquet as pq

        with pq.ParquetFile(str(self.path), pre_buffer=False) as file:
            yield from file.iter_batches(CHUNK, columns=columns, use_threads=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process without the right to remove the file."""
        return (Kept, (self.table, self.path))


class Spool:
    """Takes batches in the order of the file; `finish` gives them in order of arrival.

    A context manager: what was not finished is removed.
    """

    def __init__(self, *, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self.most, self.bytes = in_memory_bytes, 0
        self.held: list[Any] = []
        self.folder: Path | None = None
        self.writer: Any = None
        self.last: Any = None
        self.disordered = 0
        """Rows that arrive before the row above them."""

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, batch: Any) -> None:
        """Put by one Arrow record batch; its column `at` is the time."""
        if not batch.num_rows:
            return
        at = batch.column(TIME).to_numpy()
        self.disordered += int((at[1:] < at[:-1]).sum())
        self.disordered += int(self.last is not None and at[0] < self.last)
        self.last = at[-1]
        self.bytes += batch.nbytes
        self.held.append(batch)
        if self.bytes > self.most:
            self._write()

    def finish(self) -> Kept:
        """Sort, if anything was out of order (rows of one time stay as they stood), and keep."""
        import pyarrow as pa

        if self.folder is None:
            table = pa.Table.from_batches(self.held).combine_chunks()
            self.held = []
            if self.disordered:
                order = np.argsort(table.column(TIME).to_numpy(), kind="stable")
                table = table.take(pa.array(order))
            return Kept(table)
        self._write()
        self.writer.close()
        self.writer = None
        path = self.folder / "requests.parquet"
        if self.disordered:
            path = self._sort(path)
        folder, self.folder = self.folder, None
        kept = Kept(None, path)
        kept.release = weakref.finalize(kept, shutil.rmtree, str(folder), ignore_errors=True)
        return kept

    def _write(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self.held:
            return
        table = pa.Table.from_batches(self.held)
        self.held, self.bytes = [], self.most // 2  # from now on written in halves
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="lepta-requests-"))
        try:
            if self.writer is None:
                self.writer = pq.ParquetWriter(
                    str(self.folder / "requests.parquet"), table.schema, compression="lz4"
                )
            self.writer.write_table(table, row_group_size=CHUNK)
        except OSError as error:
            raise _no_room(self.folder, error) from None

    def _sort(self, path: Path) -> Path:
        import duckdb

        target = path.with_name("sorted.parquet")
        given, wanted = (str(name).replace("'", "''") for name in (path, target))
        config = {
            "memory_limit": SORT_MEMORY,
            "temp_directory": str(path.parent / "spill"),
            "threads": 2,
        }
        try:
            with duckdb.connect(config=config) as duck:
                duck.execute("SET enable_progress_bar = false")
                duck.execute(
                    "COPY (SELECT * EXCLUDE (file_row_number) "  # noqa: S608 (our own path)
                    f"FROM read_parquet('{given}', file_row_number = true) "
                    f"ORDER BY \"{TIME}\", file_row_number) TO '{wanted}' "
                    f"(FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE {CHUNK})"
                )
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise _no_room(self.folder, error) from None
        path.unlink()
        return target


def _no_room(folder: Path | None, error: Exception) -> Permanent:
    return Permanent(
        f"the trace is too large for memory, and cannot be put by: {str(error).splitlines()[0]}",
        where=str(folder),
        remedy="free space in the folder of temporary files, or point TMPDIR at a larger one",
    )
