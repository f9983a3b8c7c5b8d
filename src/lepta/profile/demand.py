"""Demand per bucket and interval from the times of a request log."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from lepta.domain.serving import Bucket, Bucketing
from lepta.domain.tables import Row
from lepta.errors import InputError
from lepta.numerics.program import Array
from lepta.profile.buckets import Cost, buckets

__all__ = ["LEAST_PART", "bucketed", "intervals"]

LEAST_PART = 0.1
"""An interval at an end of the log that is shorter than this part joins its neighbor."""

Interval = tuple[str, str, float, float]
"""Class, start, hours, rate per second."""

Replicas = Callable[[Array, Array], Mapping[str, Cost]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def bucketed(
    rows: Sequence[Row], *, every: float, error: float, replicas: Replicas | None = None
) -> Bucketing:
    """Cut every class of a log into buckets, and count each bucket per interval of `every` seconds.

    `replicas` finds the replicas that may serve requests of some lengths, each with its name and
    its cost per request: the bound then holds for them too.

    Raises
    ------
    InputError
        The log spans no time, the error is not between 0 and 1, or takes too many buckets.
    """
    if not 0 < error < 1:
        raise InputError(
            f"the error from bucketing is {error!r}", remedy="give a share such as 5% or 0.05"
        )
    seconds = np.array([(row["ts"] - EPOCH).total_seconds() for row in rows])
    edges = intervals(float(seconds.min()), float(seconds.max()), every)
    names = np.array([row["class"] or "all" for row in rows])
    inputs = np.array([row["input_tokens"] for row in rows], float)
    outputs = np.array([row["output_tokens"] for row in rows], float)
    made: list[Bucket] = []
    known: set[str] = set()
    demand: list[Interval] = []
    worst = 0.0
    for name in sorted(set(names.tolist())):
        mine = names == name
        able = replicas(inputs[mine], outputs[mine]) if replicas else {}
        known.update(able)
        cut, bucket_of, off = buckets(
            name, inputs[mine], outputs[mine], error=error, costs=tuple(able.values())
        )
        worst = max(worst, off)
        made.extend(cut)
        for place, bucket in enumerate(cut):
            demand.extend(_rows(bucket.name, seconds[mine][bucket_of == place], edges))
    return Bucketing(
        buckets=tuple(made),
        error=worst,
        asked=error,
        demand=tuple(demand),
        requests=len(rows),
        replicas=tuple(sorted(known)),
    )


def intervals(first: float, last: float, every: float) -> Array:
    """Return the edges of the intervals: multiples of `every` inside the log, and its two ends.

    The first and the last interval end where the log does, so that a rate is never too small
    because nobody was looking.
    """
    if not last > first:
        raise InputError(
            "all requests have one time: no rate can be told", remedy="give a log over some time"
        )
    inner = np.arange(np.floor(first / every) + 1, np.ceil(last / every)) * every
    edges = [first, *inner.tolist(), last]
    if len(edges) > 2 and edges[1] - edges[0] < LEAST_PART * every:
        del edges[1]
    if len(edges) > 2 and edges[-1] - edges[-2] < LEAST_PART * every:
        del edges[-2]
    return np.array(edges)


def _rows(name: str, seconds: Array, edges: Array) -> list[Interval]:
    counts, _ = np.histogram(seconds, edges)
    return [
        (
            name,
            (EPOCH + timedelta(seconds=float(start))).isoformat().replace("+00:00", "Z"),
            float(end - start) / 3600,
            float(count / (end - start)),
        )
        for (start, end), count in zip(pairwise(edges), counts.tolist(), strict=True)
    ]
