"""The compiled part of fluid servers: one stream of work, first come, first served.

The requests in flight are a ring. The first of them is being worked on: at the instant ANCHOR it
had LEFT units to go, and it ends at ANCHOR + LEFT / CAPACITY. These change only with events and
with the capacity, so that it makes no difference where a run stopped.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lepta.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class State(NamedTuple):
    """All that fluid servers know; the names of places are below."""

    whole: Counts
    real: Array
    ring: Array
    """(in flight, 2) arrival, work."""
    kind: Counts
    told: Counts
    """What has ended: number, kind."""
    told_s: Array
    """Arrival, start, end."""


FIRST, HELD, ARRIVED, SERVED, TOLD = range(5)
CAPACITY, REPLICAS, ANCHOR, LEFT, START, SINCE, BUSY, BUSY_REST, NOW = range(9)


@compiled
def run(until, drain, at, work, kind, first, last, s):  # type: ignore[no-untyped-def]
    """Work through all events up to `until`, with the arrivals from `first` to before `last`.

    Without `drain` it returns after the last of them: more follow before `until`.
    """
    whole, real, ring, kinds, told, told_s = s
    size = len(ring)
    i = first
    while i < last or drain:
        end = np.inf
        if whole[HELD] > 0 and real[CAPACITY] > 0:
            end = real[ANCHOR] + real[LEFT] / real[CAPACITY]
        come = at[i] if i < last else np.inf
        now = min(end, come)
        if now > until or now == np.inf:
            break
        real[NOW] = now
        if end == now:
            place, row = whole[FIRST], whole[TOLD]
            told[row, 0], told[row, 1] = whole[SERVED], kinds[place]
            told_s[row, 0], told_s[row, 1], told_s[row, 2] = ring[place, 0], real[START], end
            whole[TOLD] += 1
            whole[SERVED] += 1
            whole[HELD] -= 1
            place = place + 1 if place + 1 < size else 0
            whole[FIRST] = place
            if whole[HELD] > 0:
                real[ANCHOR], real[LEFT], real[START] = end, ring[place, 1], end
            else:
                rest(real)
        else:
            place = whole[FIRST] + whole[HELD]
            if place >= size:
                place -= size
            ring[place, 0], ring[place, 1], kinds[place] = come, work[i], kind[i]
            if whole[HELD] == 0:
                real[ANCHOR], real[LEFT], real[SINCE] = come, work[i], come
                real[START] = come if real[CAPACITY] > 0 else np.nan
            whole[HELD] += 1
            whole[ARRIVED] += 1
            i += 1


@compiled
def rest(real):  # type: ignore[no-untyped-def]
    """Count the replica-seconds of work since the last change, up to now (Neumaier 1974)."""
    part = (real[NOW] - real[SINCE]) * real[REPLICAS] if real[CAPACITY] > 0 else 0.0
    total = real[BUSY] + part
    if real[BUSY] >= part:
        real[BUSY_REST] += (real[BUSY] - total) + part
    else:
        real[BUSY_REST] += (part - total) + real[BUSY]
    real[BUSY], real[SINCE] = total, real[NOW]
