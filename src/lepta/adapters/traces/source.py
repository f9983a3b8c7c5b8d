"""A trace of requests that can be gone through again and again, piece by piece."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from lepta.adapters.traces.spool import Kept, Spool
from lepta.domain.requests import Requests

__all__ = ["RequestSource", "counted", "put_by"]

GAP_S = 600.0
GAPS_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequestSource:
    """A trace of requests, read and checked.

    `kinds` and `tenants` name what the columns of that name count; () where there is none.
    `epoch_s`: Unix time of second 0, NaN where the trace has no calendar. `columns` are the fields
    of `Requests` that the trace fills. `missing` are times (from, to; s) that the record lost:
    nothing arrives in them, and nothing says that it was quiet. It can be pickled: to other
    processes of this machine only, where the trace is too large for memory.
    """

    source: str
    kinds: tuple[str, ...]
    tenants: tuple[str, ...]
    epoch_s: float
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    count: int
    span_s: float
    """Seconds from second 0 to the last request."""
    missing: tuple[tuple[float, float], ...] = ()
    start: float = field(default=0.0, repr=False)
    """Second 0 in the times that were put by (whole ns where those are ns)."""
    order: tuple[Any, Any] = field(default=(None, None), repr=False)
    """For kinds and tenants: the place among the names of each code that was put by."""
    kept: Kept = field(repr=False)

    def chunks(self) -> Iterator[Requests]:
        """Go through the requests in order of arrival; every call starts anew."""
        for batch in self.kept.batches():
            yield _requests(batch, self.start, *self.order)


def put_by(
    spool: Spool,
    *,
    source: str,
    kinds: Mapping[str, int] | None,
    tenants: Mapping[str, int] | None,
    calendar: bool,
    shifted: bool,
    notes: Sequence[str],
    missing: Sequence[tuple[float, float]] = (),
    span_s: float = 0.0,
    epoch_s: float = math.nan,
) -> RequestSource:
    """Sort what was spooled, look at it in order, and make a source of it.

    `kinds` and `tenants` name the codes that were spooled. `calendar`: the times are Unix time.
    """
    disordered = spool.disordered
    kept = spool.finish()
    look = _Look(kept, shifted=shifted)
    said = list(notes)
    if disordered:
        said.append(f"{counted(disordered, 'row')} out of order: sorted.")
    start_s = look.start / look.per_second
    epoch_s = start_s if calendar else epoch_s
    said += look.notes(epoch_s, missing)
    return RequestSource(
        source=source,
        kinds=tuple(sorted(kinds or ())),
        tenants=tuple(sorted(tenants or ())),
        order=(_order(kinds or {}), _order(tenants or {})),
        epoch_s=epoch_s,
        columns=look.columns,
        notes=tuple(said),
        count=look.count,
        span_s=max(look.span_s, span_s),
        missing=tuple(missing),
        start=look.start,
        kept=kept,
    )


class _Look:
    """One pass over the times in order: gaps, equal times, equal rows."""

    def __init__(self, kept: Kept, *, shifted: bool) -> None:
        self.count = self.tied = self.doubled = 0
        self.start: Any = 0
        self.per_second = 1.0
        self.columns: tuple[str, ...] = ()
        self.gaps: list[tuple[float, float]] = []
        last: Any = None
        for batch in kept.batches():
            at = batch.column("at").to_numpy()
            if last is None:
                whole = at.dtype == np.int64
                self.per_second = 1e9 if whole else 1.0
                self.start = at[0].item() if shifted else at.dtype.type(0).item()
                self.columns = _filled(batch.schema.names)
                last = at[0]
            seconds = (at - self.start) / self.per_second
            steps = np.diff(seconds, prepend=(last - self.start) / self.per_second)
            first = 1 if self.count == 0 else 0
            self.tied += int((steps[first:] == 0).sum())
            self.doubled += _doubled(batch, steps)
            for row in np.flatnonzero(steps > GAP_S):
                self.gaps.append((float(seconds[row] - steps[row]), float(steps[row])))
            self.gaps = sorted(self.gaps, key=lambda gap: -gap[1])[: 10 * GAPS_SHOWN]
            self.count += len(at)
            last = at[-1]
            self.span_s = float(seconds[-1])

    def notes(self, epoch_s: float, missing: Sequence[tuple[float, float]]) -> list[str]:
        said = []
        if self.tied:
            said.append(f"{counted(self.tied, 'request')} at the same instant as the one before.")
        if self.doubled:
            said.append(f"{counted(self.doubled, 'duplicate row')}: kept.")
        usual = self.span_s / max(self.count, 1)
        wide = [
            (start, length)
            for start, length in self.gaps
            if length > 100 * usual
            and not any(start < to and start + length > from_ for from_, to in missing)
        ]
        for start, length in sorted(wide[:GAPS_SHOWN]):
            hours = f"{length / 3600:.1f} h" if length >= 3600 else f"{length / 60:.0f} min"
            said.append(
                f"A gap of {hours} from {_moment(start, epoch_s)}: replayed as quiet; was the "
                "record lost?"
            )
        if len(wide) > GAPS_SHOWN:
            said.append(f"{len(wide) - GAPS_SHOWN} more gaps are wider than {GAP_S / 60:.0f} min.")
        return said


def counted(count: int, noun: str) -> str:
    """Say how many: "1 row", "2,300 rows"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _moment(at_s: float, epoch_s: float) -> str:
    if math.isnan(epoch_s):
        return f"second {at_s:,.0f}"
    return datetime.fromtimestamp(epoch_s + at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _doubled(batch: Any, steps: npt.NDArray[np.float64]) -> int:
    """Count rows that equal another of the same instant (blocks aside) that stands before."""
    tied = steps == 0
    tied[0] = False
    rows = np.flatnonzero(tied | np.append(tied[1:], False))
    if not len(rows):
        return 0
    names = [name for name in batch.schema.names if name != "prefix_block_ids"]
    table = np.stack([batch.column(name).to_numpy()[rows].astype(float) for name in names])
    order = np.lexsort(table)
    table = table[:, order]
    return int((table[:, 1:] == table[:, :-1]).all(axis=0).sum())


def _filled(names: Sequence[str]) -> tuple[str, ...]:
    ours = {
        "at": ("at_s",),
        "class": ("kind",),
        "prefix_block_ids": ("prefix_start", "prefix_block"),
    }
    return tuple(field for name in names for field in ours.get(name, (name,)))


def _requests(batch: Any, start: float, kinds: Any, tenants: Any) -> Requests:
    columns: dict[str, Any] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name == "prefix_block_ids":
            offsets = column.offsets.to_numpy().astype(np.int64)
            columns["prefix_start"] = offsets - offsets[0]
            columns["prefix_block"] = column.flatten().to_numpy()
        elif name == "class":
            columns["kind"] = kinds[column.to_numpy()]
        elif name == "tenant":
            columns["tenant"] = tenants[column.to_numpy()]
        else:
            columns[name] = column.to_numpy()
    at = columns.pop("at")
    seconds = (at - start) / 1e9 if at.dtype == np.int64 else at - start
    return Requests(at_s=seconds, **columns)


def _order(names: Mapping[str, int]) -> npt.NDArray[np.int64]:
    places = np.empty(len(names), np.int64)
    for place, name in enumerate(sorted(names)):
        places[names[name]] = place
    return places
