"""Requests drawn from ServeGen's rates per client and window (alibaba/ServeGen, Apache-2.0).

Each client is a renewal process: gaps between its requests follow the pattern that was fitted to it
(Gamma or Weibull with the window's coefficient of variation; exponential where none is told), at
the window's rate. A gap that reaches over the end of a window goes on in the next one, at its rate.
Lengths are drawn by the inverse of the client's own quantiles, straight lines between them.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lepta.adapters.traces.fetch import fetch
from lepta.adapters.traces.renewal import Gaps
from lepta.adapters.traces.servegen import LOST_BELOW
from lepta.adapters.traces.source import RequestSource, put_by
from lepta.adapters.traces.spool import IN_MEMORY_BYTES, Spool
from lepta.errors import InputError, listing

__all__ = ["LENGTHS", "draw_requests"]

LENGTHS = "servegen_length_quantiles.parquet"
WINDOW_S = 600.0
CV_MOST = 10.0
"""Coefficients of variation beyond are clipped: the record has some of 1,000, from few requests."""
CV_LEAST = 0.05
MOST_REQUESTS = 50_000_000
SHARES = np.array([0.0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0])
QUANTILES = "min, p05, p25, p50, p75, p90, p95, p99, max"
SUMS: Final[dict[str, tuple[str, ...]]] = {
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
}
IMAGE_SUMS: Final[dict[str, tuple[str, ...]]] = {
    "input_tokens": ("text_tokens", "image_tokens"),
    "output_tokens": ("output_tokens",),
    "images": ("image_count",),
}
"""Our column -> the fields of the record that it adds up."""

Array = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Lengths:
    """Quantiles by (client, field): starts of windows, and a row of quantiles for each."""

    known: dict[tuple[int, str], tuple[list[int], Array]]
    pooled: dict[str, Array]
    """By field: the mean of the quantiles of all that have some, for clients that have none."""

    def draw(self, client: int, field: str, at_s: float, chance: Array) -> Array:
        """Return lengths at these probabilities."""
        starts, rows = self.known.get((client, field), (None, None))
        if starts is None or rows is None:
            quantiles = self.pooled[field]
        else:
            quantiles = rows[max(bisect_right(starts, at_s) - 1, 0)]
        drawn: Array = np.rint(np.interp(chance, SHARES, quantiles))
        return drawn


def draw_requests(
    path: Path,
    *,
    seed: int,
    workload: str | None = None,
    between_s: tuple[float, float] | None = None,
    share: float = 1.0,
    in_memory_bytes: int = IN_MEMORY_BYTES,
) -> RequestSource:
    """Draw the requests of one workload; the same seed draws the same, to the byte.

    `between_s` (from, to) chooses whole windows; second 0 of the result is the start of the first.
    `share` scales every rate. Lengths come from `LENGTHS` beside the file. Windows of which the
    record lost (nearly) all are left without requests, and stand in `missing`.

    Raises
    ------
    InputError
        The workload is not told, there is no such window, the file of lengths is missing, or more
        than `MOST_REQUESTS` would be drawn.
    """
    source = str(path)
    if not (0 < share <= 1e3):
        raise InputError(f"the share is {share:g}", where=source, remedy="give more than 0")
    workload = _workload(path, workload)
    windows = _windows(path, workload)
    least = LOST_BELOW * float(np.median([_total(rows) for _, rows in windows]))
    start, stop = between_s or (float("-inf"), float("inf"))
    taken = [(at, rows) for at, rows in windows if start <= at < stop]
    if not taken:
        raise InputError(
            f"has no window from {start:g} to {stop:g} s",
            where=source,
            remedy=f"its windows start from {windows[0][0]} to {windows[-1][0]} s",
        )
    expected = sum(_total(rows) for _, rows in taken) * WINDOW_S * share
    if expected > MOST_REQUESTS:
        raise InputError(
            f"{expected:,.0f} requests would be drawn; the most is {MOST_REQUESTS:,}",
            where=source,
            remedy="choose a time (between_s) or a share of the rates",
        )
    lengths = _lengths(path, workload)
    sums = IMAGE_SUMS if "image_count" in lengths.pooled else SUMS
    clients = sorted({row[0] for _, rows in taken for row in rows})
    lost = [(at - taken[0][0], rows) for at, rows in taken if _lost(_total(rows), least)]
    clipped = sum(1 for _, rows in taken for row in rows if row[2] > CV_MOST)
    places = {client: place for place, client in enumerate(clients)}
    with Spool(in_memory_bytes=in_memory_bytes) as spool:
        gaps = Gaps(seed)
        for at, rows in taken:
            if not _lost(_total(rows), least):
                for batch in _window(at, taken[0][0], rows, share, gaps, lengths, sums, places):
                    spool.add(batch)
        if not spool.held and spool.folder is None:
            raise InputError(
                f"no request of {workload} was drawn from {expected:g} expected",
                where=source,
                remedy="choose a longer time, or a larger share",
            )
        borrowed = [c for c in clients if (c, "output_tokens") not in lengths.known]
        rate = {c: sum(r[1] for _, rows in taken for r in rows if r[0] == c) for c in borrowed}
        part = sum(rate.values()) * WINDOW_S * share / expected
        notes = [
            f"Drawn from ServeGen's client rates of {workload} with seed {seed}: arrivals are "
            "generated, not recorded; input and output lengths are drawn apart."
        ]
        if borrowed:
            names = listing([str(client) for client in borrowed])
            notes.append(
                f"{len(borrowed)} clients ({names}; {part:.0%} of the requests) have no lengths in "
                "the record: theirs are drawn from the mean quantiles of all others."
            )
        if clipped:
            notes.append(f"{clipped:,} coefficients of variation beyond {CV_MOST:g} were clipped.")
        if lost:
            notes.append(
                f"{len(lost)} windows of {WINDOW_S:.0f} s are lost in the record (next to nothing "
                "where the neighbors carry much): they are missing, not idle."
            )
        marks = {c: f"client {c}" + (" (lengths borrowed)" if c in rate else "") for c in clients}
        return put_by(
            spool,
            source=source,
            kinds={workload: 0},
            tenants={marks[client]: place for place, client in enumerate(clients)},
            calendar=False,
            shifted=False,
            notes=notes,
            missing=_joined([at for at, _ in lost]),
            span_s=taken[-1][0] - taken[0][0] + WINDOW_S,
        )


def _window(
    at: int,
    origin: int,
    rows: list[Any],
    share: float,
    gaps: Gaps,
    lengths: _Lengths,
    sums: dict[str, tuple[str, ...]],
    places: dict[int, int],
) -> Iterator[Any]:
    """Draw the requests of one window, all clients, in order of time."""
    import pyarrow as pa

    times: list[Array] = []
    tenants: list[npt.NDArray[np.int64]] = []
    columns: dict[str, list[Array]] = {name: [] for name in sums}
    for client, rate, cv, pattern in rows:
        if rate <= 0:
            continue
        shape = 1.0 if pattern is None else min(max(cv, CV_LEAST), CV_MOST)
        spread, chance = gaps.arrivals(
            client, at, rate * share * WINDOW_S, pattern or "Poisson", shape
        )
        times.append(at - origin + spread * WINDOW_S)
        tenants.append(np.full(len(spread), places[client]))
        for name, fields in sums.items():
            drawn = [lengths.draw(client, f, at, chance.random(len(spread))) for f in fields]
            columns[name].append(np.sum(drawn, axis=0))
    if not times:
        return
    together = np.concatenate(times)
    order = np.argsort(together, kind="stable")
    out = {"at": together[order], "class": np.zeros(len(order), np.int64)}
    out["tenant"] = np.concatenate(tenants)[order]
    for name, parts in columns.items():
        out[name] = np.concatenate(parts)[order].astype(np.int64)
    yield pa.RecordBatch.from_pydict({name: pa.array(column) for name, column in out.items()})


def _workload(path: Path, named: str | None) -> str:
    rows = fetch(path.parent, path.name, "SELECT DISTINCT workload FROM data")
    there = sorted(str(row[0]) for row in rows)
    if named is None and len(there) == 1:
        named = there[0]
    if named is None or named not in there:
        raise InputError(
            "holds several workloads" if named is None else f"has no workload {named!r}",
            where=str(path),
            remedy=f"choose one of {listing(there)}",
        )
    return named


def _windows(path: Path, workload: str) -> list[tuple[int, list[Any]]]:
    """Read (start, [(client, rate, cv, pattern)]) in order of time and client."""
    rows = fetch(
        path.parent,
        path.name,
        "SELECT t_s, client, requests_per_s::DOUBLE, cv::DOUBLE, arrival_pattern FROM data "
        "WHERE workload = $workload ORDER BY t_s, client",
        workload=workload,
    )
    for at, client, rate, cv, pattern in rows:
        sound = at is not None and rate is not None and 0 <= rate < 1e9
        if not sound or pattern not in (None, "Gamma", "Weibull") or (pattern and not cv >= 0):
            raise InputError(
                f"client {client} at {at} s: rate {rate}, cv {cv}, pattern {pattern!r}",
                where=str(path),
                remedy="give rates of 0 or more, and Gamma, Weibull or no pattern",
            )
    return [
        (int(at), [row[1:] for row in group]) for at, group in groupby(rows, key=lambda row: row[0])
    ]


def _lengths(path: Path, workload: str) -> _Lengths:
    rows = fetch(
        path.parent,
        LENGTHS,
        f"SELECT client, field, t_s, {QUANTILES} FROM data "  # noqa: S608 (our own names)
        "WHERE workload = $workload AND p50 IS NOT NULL ORDER BY client, field, t_s",
        workload=workload,
    )
    known: dict[tuple[int, str], tuple[list[int], Array]] = {}
    fields: dict[str, list[Array]] = {}
    for (client, field), group in groupby(rows, key=lambda row: row[:2]):
        mine = [(int(row[2]), np.maximum.accumulate(np.array(row[3:], float))) for row in group]
        known[client, field] = ([at for at, _ in mine], np.array([q for _, q in mine]))
        fields.setdefault(field, []).append(np.mean([q for _, q in mine], axis=0))
    if not fields:
        raise InputError(
            f"has no lengths of {workload}",
            where=str(path.with_name(LENGTHS)),
            remedy="fetch the file again",
        )
    return _Lengths(known, {field: np.mean(rows, axis=0) for field, rows in fields.items()})


def _total(rows: list[Any]) -> float:
    return float(sum(row[1] for row in rows))


def _lost(total: float, least: float) -> bool:
    return total <= 0 or total < least


def _joined(starts: list[int]) -> list[tuple[float, float]]:
    """Join windows that touch."""
    found: list[tuple[float, float]] = []
    for at in starts:
        if found and found[-1][1] == at:
            found[-1] = (found[-1][0], at + WINDOW_S)
        else:
            found.append((float(at), at + WINDOW_S))
    return found
