"""The first-come-first-served queue with c servers, exactly."""

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError, shorten
from lepta.numerics.compiled import compiled

__all__ = ["fcfs"]

Array = npt.NDArray[np.float64]


def fcfs(arrival_s: npt.ArrayLike, service_s: npt.ArrayLike, servers: int) -> Array:
    """Return when each request begins to be served.

    The recursion of Kiefer and Wolfowitz (1955): in order of arrival, each request takes the
    server that is free earliest, start = max(arrival, free), free = start + service. Equal to the
    last bit to that recursion in double precision; O(n log servers).

    Parameters
    ----------
    arrival_s  (n,)  seconds, sorted, >= 0
    service_s  (n,)  seconds, >= 0
    servers          1 or more

    Raises
    ------
    InputError
        An array of another shape, a time that is no finite number >= 0, an arrival before the one
        before it (which one is said), or no server.
    """
    arrival, service = _column(arrival_s, "arrival_s"), _column(service_s, "service_s")
    if len(arrival) != len(service):
        raise InputError(
            f"{len(arrival)} arrivals, but {len(service)} service times",
            where="fcfs",
            remedy="give one service time per arrival",
        )
    # More servers than requests change nothing.
    free = np.append(np.zeros(min(_count(servers, "servers"), len(arrival) + 1)), np.inf)
    start = np.empty(len(arrival))
    wrong = _serve(arrival, service, free, start)
    if wrong >= 0:
        raise _fault(arrival, service, wrong)
    return start


@compiled
def _serve(arrival, service, free, start):  # type: ignore[no-untyped-def]
    """Fill `start`; `free` is a heap of the times at which the servers are free, and inf.

    Returns the first request that is wrong, or -1.
    """
    last, n = 0.0, len(free) - 1
    for i in range(len(arrival)):
        at, work = arrival[i], service[i]
        if not (last <= at < np.inf and 0.0 <= work < np.inf):
            return i
        last = at
        begin = free[0] if free[0] > at else at
        start[i] = begin
        # The new time sinks down the path of the smaller children. Each place keeps the smaller
        # of what is there and what comes: no branch that a processor could guess wrong.
        sinking = begin + work
        hole, child = 0, 1
        while child < n:
            child += free[child + 1] < free[child]
            least = free[child]
            free[hole] = least if least < sinking else sinking
            sinking = sinking if least < sinking else least
            hole, child = child, 2 * child + 1
        free[hole] = sinking
    return -1


def _column(values: npt.ArrayLike, name: str) -> Array:
    try:
        column = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} holds what is no number", where="fcfs", remedy="give an array of seconds"
        ) from error
    if column.ndim != 1:
        raise InputError(
            f"{name} has the shape {column.shape}", where="fcfs", remedy="give one row of seconds"
        )
    # One compiled kernel for all: writable and in a row.
    return np.require(column, requirements=["C", "W"])


def _count(number: object, name: str) -> int:
    """Return a whole number >= 1, or refuse it."""
    whole = isinstance(number, int | float | np.integer | np.floating) and number >= 1
    if not whole or number != number // 1 or number == np.inf:  # type: ignore[operator]
        raise InputError(
            f"{name} is {shorten(number)}", where="fcfs", remedy=f"give 1 or more {name}"
        )
    return int(number)


def _fault(arrival: Array, service: Array, i: int) -> InputError:
    where = f"fcfs, request {i} (from 0)"
    for name, value in (("arrival_s", arrival[i]), ("service_s", service[i])):
        if not 0 <= value < np.inf:
            return InputError(
                f"{name} is {value}", where=where, remedy="give finite seconds, 0 or more"
            )
    return InputError(
        f"arrives at {arrival[i]} s, before the one before it ({arrival[i - 1]} s)",
        where=where,
        remedy="sort the requests by arrival",
    )
