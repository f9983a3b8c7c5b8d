"""Servers as one stream of work: all open replicas together work on the oldest request."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.errors import InputError, shorten
from lepta.sim import fluid_kernel as k
from lepta.sim.arrivals import Arrivals
from lepta.sim.engine import Finished, Gauge
from lepta.sim.work import Weighing

__all__ = ["FluidEngine"]


class FluidEngine:
    """An `Engine` of fluid servers, exact for a capacity that is constant between its changes.

    A request of w units begins when all that came before it is done, and ends w units later. One
    that begins waits no more; it is the only one that runs. A replica that closes or is lost takes
    its capacity away at once, and no work: what was done stays done. Where no replica is open,
    requests wait. Nothing is dropped.

    Parameters
    ----------
    capacity_per_s  (variants,) units of work that one replica does per second
    work            how many units a request is
    classes         how many kinds of requests there are
    """

    def __init__(
        self, capacity_per_s: Sequence[float], *, work: Weighing, classes: int = 1
    ) -> None:
        self._capacity = [float(c) for c in capacity_per_s]
        if not self._capacity or not all(0 < c < math.inf for c in self._capacity):
            raise InputError(
                f"capacity_per_s is {shorten(list(capacity_per_s))}",
                where="FluidEngine",
                remedy="give a finite number above 0 per variant",
            )
        if classes < 1:
            raise InputError(f"classes is {classes}", where="FluidEngine", remedy="give 1 or more")
        self._classes = classes
        self._pending = Arrivals(classes, work.of, "work")
        self._open: dict[int, float] = {}
        self._closed_s: dict[int, float] = {}
        self._changed = False
        self._now_s = 0.0
        self._s = k.State(
            whole=np.zeros(5, np.int64),
            real=np.zeros(9),
            ring=np.zeros((0, 2)),
            kind=np.zeros(0, np.int64),
            told=np.zeros((0, 2), np.int64),
            told_s=np.zeros((0, 3)),
        )

    def feed(self, requests: Requests) -> None:
        """Give the next arrivals, none before those fed already nor before what was run.

        Raises
        ------
        InputError
            Says which request (counted from 0 over all that were fed) is wrong, and how.
        """
        self._pending.feed(requests, self._now_s)

    def open(self, replica: int, variant: int) -> None:
        """Add the capacity of a replica from now on.

        Raises
        ------
        InputError
            It is open, or there is no such variant.
        """
        if replica in self._open or not 0 <= variant < len(self._capacity):
            raise InputError(
                f"replica {replica} of variant {variant} cannot be opened",
                where="FluidEngine",
                remedy="give one that is not open, of a variant of the pool",
            )
        self._closed_s.pop(replica, None)
        self._open[replica] = self._capacity[variant]
        self._changed = True

    def close(self, replica: int) -> None:
        """Take the capacity of a replica away from now on.

        Raises
        ------
        InputError
            It is not open.
        """
        if replica not in self._open:
            raise InputError(
                f"replica {replica} is not open", where="FluidEngine", remedy="open it first"
            )
        del self._open[replica]
        self._closed_s[replica] = self._now_s
        self._changed = True

    def kill(self, replica: int) -> None:
        """Lose a replica; of one that is closed already nothing is left to lose.

        Raises
        ------
        InputError
            There never was such a replica.
        """
        if replica not in self._closed_s:
            self.close(replica)

    def run(self, until_s: float) -> None:
        """Work through all events at or before `until_s`; arrivals up to there were fed.

        inf: until nothing is left to happen; the time then is that of the last event.

        Raises
        ------
        InputError
            The time would go back.
        """
        if not until_s >= self._now_s:
            raise InputError(
                f"until_s is {until_s}", where="FluidEngine", remedy=f"give {self._now_s} or later"
            )
        self._settle()
        for at, work, kind, first, last, final in self._pending.until(until_s):
            self._make_room(last - first)
            k.run(float(until_s), final, at, work, kind, first, last, self._s)
        self._now_s = float(self._s.real[k.NOW] if until_s == math.inf else until_s)

    def idle_since(self, replica: int) -> float:
        """Return when a replica was closed; inf while it is open.

        Raises
        ------
        InputError
            There never was such a replica.
        """
        if replica in self._open:
            return math.inf
        if replica not in self._closed_s:
            raise InputError(
                f"there is no replica {replica}", where="FluidEngine", remedy="open it first"
            )
        return self._closed_s[replica]

    def in_flight(self) -> int:
        """Return how many requests wait or are served."""
        return int(self._s.whole[k.HELD])

    def next_end_s(self) -> float:
        """Return when the next request ends; inf: never without another replica or arrival."""
        self._settle()
        real = self._s.real
        if not self._s.whole[k.HELD] or not real[k.CAPACITY]:
            return math.inf
        return float(real[k.ANCHOR] + real[k.LEFT] / real[k.CAPACITY])

    def gauge(self) -> Gauge:
        """Return what shows now; waiting_work is that of requests which have not begun."""
        self._settle()
        s = self._s
        held, began = int(s.whole[k.HELD]), 0
        if held and not math.isnan(s.real[k.START]):
            began = 1
        places = (s.whole[k.FIRST] + np.arange(began, held)) % max(1, len(s.ring))
        waiting = np.bincount(s.kind[places], s.ring[places, 1], self._classes).astype(float)
        busy = s.real[k.BUSY] + s.real[k.BUSY_REST]
        if held and s.real[k.CAPACITY] > 0:
            busy += (self._now_s - s.real[k.SINCE]) * s.real[k.REPLICAS]
        return Gauge(
            arrived=int(s.whole[k.ARRIVED]),
            served=int(s.whole[k.SERVED]),
            dropped=0,
            waiting=held - began,
            running=began,
            waiting_work=waiting,
            busy_s=float(busy),
        )

    def finished(self) -> Finished:
        """Return and forget the requests that have ended; first tokens and amounts are NaN."""
        s = self._s
        n = int(s.whole[k.TOLD])
        s.whole[k.TOLD] = 0
        number, kind = s.told[:n].T.copy()
        arrival, start, end = s.told_s[:n].T.copy()
        return Finished(
            request=number,
            kind=kind,
            arrival_s=arrival,
            start_s=start,
            first_token_s=np.full(n, np.nan),
            end_s=end,
            outcome=np.zeros(n, np.int8),
            amount=np.full(n, np.nan),
        )

    def _settle(self) -> None:
        """Let the changes of replicas take effect: all of one instant at once."""
        if not self._changed:
            return
        self._changed = False
        real, now = self._s.real, self._now_s
        real[k.NOW] = now
        before = real[k.CAPACITY]
        if self._s.whole[k.HELD]:
            fresh = real[k.ANCHOR] == now
            k.rest(real)
            real[k.LEFT] = max(0.0, real[k.LEFT] - before * (now - real[k.ANCHOR]))
            real[k.ANCHOR] = now
            if self._open and math.isnan(real[k.START]):
                real[k.START] = now
            elif not self._open and fresh and real[k.START] == now:
                real[k.START] = math.nan  # it was its turn, but nothing was done
        # Exactly rounded, so that the order in which they opened does not matter.
        real[k.CAPACITY], real[k.REPLICAS] = math.fsum(self._open.values()), len(self._open)

    def _make_room(self, arrivals: int) -> None:
        s = self._s
        held, told = int(s.whole[k.HELD]), int(s.whole[k.TOLD])
        need = held + arrivals
        if need > len(s.ring):
            places = (s.whole[k.FIRST] + np.arange(held)) % max(1, len(s.ring))
            size = need + need // 2
            s.whole[k.FIRST] = 0
            s = s._replace(ring=_longer(s.ring[places], size), kind=_longer(s.kind[places], size))
        if told + need > len(s.told):
            size = told + need + (told + need) // 2
            s = s._replace(told=_longer(s.told, size), told_s=_longer(s.told_s, size))
        self._s = s


def _longer(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    new = np.zeros((size, *array.shape[1:]), array.dtype)
    new[: len(array)] = array
    return new
