"""Servers as one stream of work: all open replicas together work on the oldest request."""

import math
from collections.abc import Sequence

import numpy as np

from lepta.domain.requests import Requests
from lepta.errors import InputError, shorten
from lepta.sim import fluid_kernel as k
from lepta.sim.arrivals import Arrivals
from lepta.sim.ended import LEAST, TOLD, Ended
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
        self._ended = Ended()
        self._s = k.State(
            state=np.zeros(1, k.STATE), ring=np.zeros(0, k.REQUEST), told=np.zeros(0, TOLD)
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
        for at, work, kind, final in self._pending.until(until_s):
            self._make_room(len(at))
            k.run(float(until_s), final, at, work, kind, self._s)
        self._now_s = float(self._s.state["now"][0] if until_s == math.inf else until_s)

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
        return int(self._s.state["held"][0])

    def next_end_s(self) -> float:
        """Return when the next request ends; inf: never without another replica or arrival."""
        self._settle()
        state = self._s.state[0]
        if not state["held"] or not state["capacity"]:
            return math.inf
        return float(state["anchor"] + state["left"] / state["capacity"])

    def gauge(self) -> Gauge:
        """Return what shows now; waiting_work is that of requests which have not begun."""
        self._settle()
        state, ring = self._s.state[0], self._s.ring
        held = int(state["held"])
        began = int(held > 0 and not math.isnan(state["start"]))
        places = (state["first"] + np.arange(began, held)) % max(1, len(ring))
        work = np.bincount(ring["kind"][places], ring["work"][places], self._classes)
        busy = state["busy"] + state["busy_rest"]
        if held and state["capacity"] > 0:
            busy += (self._now_s - state["since"]) * state["replicas"]
        return Gauge(
            arrived=int(state["arrived"]),
            served=int(state["served"]),
            dropped=0,
            waiting=held - began,
            running=began,
            waiting_work=work.astype(float),
            busy_s=float(busy),
        )

    def finished(self) -> Finished:
        """Return and forget the requests that have ended; first tokens and amounts are NaN."""
        state = self._s.state[0]
        told = self._s.told[: state["told"]]
        state["told"] = 0
        return self._ended.finished(told)

    def _settle(self) -> None:
        """Let the changes of replicas take effect: all of one instant at once."""
        if not self._changed:
            return
        self._changed = False
        state, now = self._s.state[0], self._now_s
        state["now"] = now
        before = state["capacity"]
        if state["held"]:
            fresh = state["anchor"] == now
            k.rest(state)
            state["left"] = max(0.0, state["left"] - before * (now - state["anchor"]))
            state["anchor"] = now
            if self._open and math.isnan(state["start"]):
                state["start"] = now
            elif not self._open and fresh and state["start"] == now:
                state["start"] = math.nan  # it was its turn, but nothing was done
        # Exactly rounded, so that the order in which they opened does not matter.
        state["capacity"], state["replicas"] = math.fsum(self._open.values()), len(self._open)

    def _make_room(self, arrivals: int) -> None:
        s, state = self._s, self._s.state[0]
        held = int(state["held"])
        need = held + arrivals
        if need > len(s.ring):
            places = (state["first"] + np.arange(held)) % max(1, len(s.ring))
            ring = np.zeros(need + need // 2, k.REQUEST)
            ring[:held] = s.ring[places]
            state["first"] = 0
            s = s._replace(ring=ring)
        if state["told"] + need > len(s.told):
            if state["told"]:
                self._ended.keep(s.told[: state["told"]])
                state["told"] = 0
            s = s._replace(told=np.empty(need + need // 2 + LEAST, TOLD))
        self._s = s
