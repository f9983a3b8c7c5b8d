"""Servers that must be there at given times, start slowly and are paid while they start."""

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError
from lepta.numerics.compiled import compiled

__all__ = ["cheapest_levels", "least_servers_per_tick", "paid_ticks"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

MOST = 2**40
"""Servers that are tried at most."""


def cheapest_levels(need: npt.ArrayLike, start_ticks: float, first: int = 0) -> Counts:
    """Return how many serve in each tick so that the need is met at the least cost.

    minimize    sum_k n_k + start_ticks * sum_k max(0, n_k - n_{k-1})
    subject to  n_k >= need_k, whole; n_{-1} = first

    Parameters
    ----------
    need         (ticks,) whole numbers >= 0
    start_ticks  ticks that a start is paid before it serves
    first        servers that run at the start

    Notes
    -----
    Exact: the cost falls apart by levels (the j-th server is on where at least j serve), and a
    server that is not needed for a while is kept over the gap where that is no dearer than a start.
    """
    wanted = np.asarray(need, np.int64)
    held = np.zeros(len(wanted), np.int64)
    for j in range(1, int(wanted.max(initial=0)) + 1):
        at = np.flatnonzero(wanted >= j)
        held[at] += 1
        before = np.concatenate([[-1 if j <= first else at[0]], at[:-1]])
        gap = at - before - 1
        for k in np.flatnonzero((gap > 0) & (gap <= start_ticks)):
            held[before[k] + 1 : at[k]] += 1
    return held


def paid_ticks(held: npt.ArrayLike, start_ticks: float, first: int = 0) -> float:
    """Return the objective of `cheapest_levels`: ticks paid for serving and starting."""
    level = np.asarray(held, float)
    steps = np.diff(level, prepend=float(first))
    return float(level.sum() + start_ticks * np.maximum(steps, 0.0).sum())


def least_servers_per_tick(
    at_s: npt.ArrayLike,
    work: npt.ArrayLike,
    capacity_per_s: float,
    tick_s: float,
    wait_s: float,
    end_s: float,
) -> Counts:
    """Return per tick a number that every schedule without a late start needs at least.

    Servers are fluid: n of them work at n x capacity_per_s on the oldest request; a request is late
    where the work before it ends more than `wait_s` after its arrival. A tick is judged as if the
    queue were empty at its start and only by those requests whose time is over within the tick, so
    the numbers are necessary (not always sufficient). Nothing starts while nobody serves.

    Raises
    ------
    InputError
        Requests arrive at once and may not wait at all.
    """
    at = np.ascontiguousarray(at_s, np.float64)
    amount = np.ascontiguousarray(work, np.float64)
    ticks = int(np.ceil(end_s / tick_s))
    found = np.zeros(ticks, np.int64)
    bounds = np.searchsorted(at, np.arange(ticks + 1) * tick_s).astype(np.int64)
    lost = _least(at, amount, float(capacity_per_s), float(tick_s), float(wait_s), bounds, found)
    if lost >= 0:
        raise InputError(
            f"no number of servers starts every request in time between {lost * tick_s:g} and "
            f"{(lost + 1) * tick_s:g} s: some arrive at once",
            where="least_servers_per_tick",
            remedy="allow a wait above 0",
        )
    return found


@compiled
def _least(at, work, capacity, tick_s, wait_s, bounds, found):  # type: ignore[no-untyped-def]
    for k in range(len(found)):
        first, last = bounds[k], bounds[k + 1]
        if last <= first:
            continue
        end = (k + 1) * tick_s
        low = 0
        # The first request of a tick never waits, but somebody must take it.
        high = 1
        while True:
            bad = _late(at, work, high * capacity, wait_s, first, last, end)
            if not bad:
                break
            low = high
            high *= 2
            if high > MOST:
                return k
        if not _any_due(at, wait_s, first, last, end):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if _late(at, work, middle * capacity, wait_s, first, last, end):
                low = middle
            else:
                high = middle
        found[k] = high
    return -1


@compiled
def _any_due(at, wait_s, first, last, end):  # type: ignore[no-untyped-def]
    return at[first] + wait_s < end and last > first


@compiled
def _late(at, work, rate, wait_s, first, last, end):  # type: ignore[no-untyped-def]
    free = at[first]
    for i in range(first, last):
        begin = free if free > at[i] else at[i]
        if at[i] + wait_s >= end:
            return False
        if begin - at[i] > wait_s:
            return True
        free = begin + work[i] / rate
    return False
