"""A request log of any size, read once, checked cell by cell, and put by in order of arrival."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lepta.adapters.traces.logcells import UNNAMED, Bad, Names, blocks, numbers, times, zones
from lepta.adapters.traces.logshapes import ACCEPTED, Shape, shape_of
from lepta.adapters.traces.rawlog import RawLog
from lepta.adapters.traces.source import RequestSource, counted, put_by
from lepta.adapters.traces.spool import IN_MEMORY_BYTES, Spool
from lepta.domain.serving_tables import MOST_SECONDS, MOST_TOKENS
from lepta.errors import InputError, listing

__all__ = ["read_log"]

MOST_CLASSES, MOST_TENANTS = 1_000, 1_000_000
MOST_IMAGES = 1e6
UNIX_S = 1e9
"""Seconds beyond are Unix time (September 2001), not seconds from the start (31 years)."""
LONG_S = 14 * 86_400.0
WORK = {
    "service_s": (MOST_SECONDS, False, "s"),
    "input_tokens": (MOST_TOKENS, True, "tokens"),
    "output_tokens": (MOST_TOKENS, True, "tokens"),
    "images": (MOST_IMAGES, True, "images"),
    "audio_s": (MOST_SECONDS, False, "s"),
}
"""Column -> its largest value, whether whole, its unit."""


def read_log(
    raw: RawLog, *, assume_utc: bool = False, in_memory_bytes: int = IN_MEMORY_BYTES
) -> RequestSource:
    """Read a log; nothing is dropped: what is odd but possible is noted, the rest is an error.

    Raises
    ------
    InputError
        The log has no row, or a cell is wrong: file, line (row in Parquet), column, value, remedy.
    """
    shape = shape_of(raw.source, raw.names)
    reader = _Reader(raw, shape, assume_utc)
    with Spool(in_memory_bytes=in_memory_bytes) as spool:
        for batch in reader.batches():
            spool.add(batch)
        if not reader.rows:
            raise InputError(
                "has no rows", where=raw.source, remedy="give a trace with at least one request"
            )
        return put_by(
            spool,
            source=raw.source,
            kinds=reader.kinds.seen if "class" in shape.columns else None,
            tenants=reader.tenants.seen if "tenant" in shape.columns else None,
            calendar=reader.calendar(),
            shifted=reader.shifted(),
            notes=reader.notes(),
        )


class _Reader:
    """Goes through one log, and counts what is worth a note."""

    def __init__(self, raw: RawLog, shape: Shape, assume_utc: bool) -> None:
        self.raw, self.shape, self.assume_utc = raw, shape, assume_utc
        self.kinds, self.tenants = Names(MOST_CLASSES, "class"), Names(MOST_TENANTS, "tenant")
        self.rows, self.idle, self.whole = 0, 0, True
        self.zoned: bool | None = None
        self.first = self.last = 0.0
        """The least and the largest number of seconds."""
        self.zones: set[str] = set()
        self.blank = dict.fromkeys(WORK, 0)

    def batches(self) -> Iterator[Any]:
        """Yield checked batches of our own columns, in the order of the file."""
        columns = dict(self.shape.columns)
        wanted = list(dict.fromkeys(columns.values()))
        for batch in self.raw.batches(wanted):
            if batch.num_rows:
                yield self._checked(batch, columns)
                self.rows += batch.num_rows

    def _checked(self, batch: Any, columns: dict[str, str]) -> Any:
        import pyarrow as pa

        out: dict[str, Any] = {}
        work, given = np.zeros(batch.num_rows), np.zeros(batch.num_rows, bool)
        name = columns["time"]
        try:
            out["at"] = self._times(batch.column(name))
            for ours, names in (("class", self.kinds), ("tenant", self.tenants)):
                if ours in columns:
                    name = columns[ours]
                    out[ours] = names.codes(batch.column(name))
            for ours, (most, whole, unit) in WORK.items():
                if ours in columns:
                    name = columns[ours]
                    values, blank = numbers(batch.column(name), most=most, whole=whole, unit=unit)
                    self.blank[ours] += int(blank.sum())
                    work += values
                    given |= ~blank
                    out[ours] = values.astype(np.int64) if whole else values
            if "prefix_block_ids" in columns:
                name = columns["prefix_block_ids"]
                out["prefix_block_ids"] = blocks(batch.column(name))
        except Bad as bad:
            raise self._error(bad, name) from None
        if not given.all():
            nothing = Bad(int((~given).argmax()), "has no work", None, f"give {ACCEPTED}")
            raise self._error(nothing, None)
        self.idle += int((work == 0).sum())
        return pa.RecordBatch.from_pydict({k: pa.array(v) for k, v in out.items()})

    def _times(self, column: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.zoned is None:
            self.zoned = pa.types.is_timestamp(column.type)
            if pa.types.is_date(column.type):
                raise Bad(0, "is a day without a time", str(column[0].as_py()), "give instants")
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                self.zoned = not _is_number(column.drop_null()[:1].to_pylist())
        if self.zoned:
            if pa.types.is_string(column.type):
                self.zones |= zones(column)
        elif pa.types.is_string(column.type) and self.rows == 0:
            column = pc.utf8_trim(column, " \t")
        values = times(
            column,
            unit_s=self.shape.unit_s,
            zoned=self.zoned,
            assume_utc=self.assume_utc,
            zoneless=self.shape.zoneless,
        )
        if not self.zoned:
            least, most = float(values.min()), float(values.max())
            self.first = least if self.rows == 0 else min(self.first, least)
            self.last = max(self.last, most)
            self.whole = self.whole and bool((values == np.floor(values)).all())
        return values

    def _error(self, bad: Bad, column: str | None) -> InputError:
        where, line = self.raw.place(self.rows + bad.row)
        return InputError.at(
            where, bad.what, row=line, column=column, value=bad.value, remedy=bad.remedy
        )

    def calendar(self) -> bool:
        """Whether the times stand in a calendar."""
        if self.zoned:
            return self.assume_utc or not self.shape.zoneless
        return self.first >= UNIX_S

    def shifted(self) -> bool:
        """Whether the start is the first request, as times do not count from the start."""
        return bool(self.zoned) or self.first >= UNIX_S

    def notes(self) -> list[str]:
        """Say what was seen and done, in the order of a reader's interest."""
        said = list(self.shape.notes)
        if self.zoned and not self.calendar():
            said.append(
                "The source does not state the zone of its times: the trace has no calendar."
            )
        elif self.zoned and self.assume_utc:
            said.append("Times without a zone were taken for UTC, as asked.")
        if len(self.zones) > 1:
            said.append(f"Times of several zones ({listing(sorted(self.zones))}): all in UTC now.")
        span = self.last - self.first
        if not self.zoned and self.first >= UNIX_S:
            said.append("Numbers of ts are beyond 1e9: taken for Unix time, in seconds.")
        elif not self.zoned and self.first < UNIX_S <= self.last:
            raise InputError.at(
                self.raw.source,
                f"goes from {self.first:g} to {self.last:g} s, more than 31 years",
                column=self.shape.columns["time"],
                remedy="count all times from the start, or give all of them as Unix time",
            )
        if not self.zoned and self.whole and span > LONG_S and self.shape.unit_s == 1:
            said.append(
                f"ts spans {span / 86_400:,.1f} days in whole seconds. If it is in milliseconds, "
                "name the column t_ms: every figure here is wrong otherwise."
            )
        said += [
            f"{counted(names.blank, 'request')} without a {names.what}: named '{UNNAMED}'."
            for names in (self.kinds, self.tenants)
            if names.blank
        ]
        said += [
            f"{counted(count, 'request')} with a blank {name}: no such work is theirs."
            for name, count in self.blank.items()
            if count
        ]
        if self.idle:
            said.append(f"{counted(self.idle, 'request')} with work of length 0: kept.")
        return said


def _is_number(cells: list[str]) -> bool:
    try:
        float(cells[0])
    except (IndexError, ValueError):
        return not cells
    return True
