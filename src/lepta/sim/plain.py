"""Servers that work on each request for the time that it brings: `slots` at once, at full speed."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.errors import InputError, shorten
from lepta.sim import plain_kernel as k
from lepta.sim.arrivals import BLOCK, Arrivals
from lepta.sim.ended import LEAST, TOLD, Ended
from lepta.sim.engine import Finished, Gauge

__all__ = ["PlainEngine"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Routing = Literal["central", "round-robin", "least-loaded", "weighted"]

_ROUTINGS = {
    "central": k.CENTRAL,
    "round-robin": k.ROUND_ROBIN,
    "least-loaded": k.LEAST_LOADED,
    "weighted": k.WEIGHTED,
}


class PlainEngine:
    """An `Engine` of plain servers; memory grows with what is in flight, not with the trace.

    Parameters
    ----------
    slots        (variants,) how many requests a replica works on at once, each at full speed
    speed        (variants,) seconds of service done per second; 1 where not given
    classes      how many kinds of requests there are
    priority     (classes,) higher is served first, without interrupting what is served; first
                 come, first served among equals; all equal where not given
    routing      "central": one queue; the slot that is free longest takes the next request.
                 "round-robin", "least-loaded" (fewest requests in hand per slot, the replica open
                 longest among equals), "weighted" (in proportion to slots x speed): each replica
                 has a queue, in which a request stays unless the replica closes or is lost.
    patience_s   a request that has not begun after so long leaves (dropped); one that begins at
                 that very instant is served
    queue_limit  a request that finds so many waiting in its queue and no free slot is dropped

    What a lost replica worked on starts again before all that waits, does not leave, and is not
    dropped. Where no replica is open, requests wait. A change of replicas takes effect when time
    goes on or a number is read, so that all changes of one instant count together.
    """

    def __init__(
        self,
        slots: Sequence[int],
        *,
        speed: Sequence[float] | None = None,
        classes: int = 1,
        priority: Sequence[int] | None = None,
        routing: Routing = "central",
        patience_s: float | None = None,
        queue_limit: int | None = None,
        unit: Literal["service_s", "requests"] = "service_s",
    ) -> None:
        self._slots = [int(n) for n in slots]
        self._speed = [1.0] * len(self._slots) if speed is None else [float(v) for v in speed]
        ranks = [0] * classes if priority is None else [int(p) for p in priority]
        self._refuse(
            (routing not in _ROUTINGS, "routing", routing, f"one of {', '.join(_ROUTINGS)}"),
            (unit not in ("service_s", "requests"), "unit", unit, "service_s or requests"),
            (min(self._slots, default=0) < 1, "slots", slots, "1 or more per variant"),
            (len(self._speed) != len(self._slots), "speed", speed, "one per variant"),
            (
                not all(0 < v < math.inf for v in self._speed),
                "speed",
                speed,
                "finite numbers above 0",
            ),
            (classes < 1 or len(ranks) != classes, "priority", priority, "one per class"),
            (patience_s is not None and not patience_s >= 0, "patience_s", patience_s, "0 or more"),
            (
                queue_limit is not None and not 0 <= queue_limit < 2**62,
                "queue_limit",
                queue_limit,
                "0 or more",
            ),
        )
        self._unit = unit
        drops = patience_s is not None or queue_limit is not None
        self._simple = routing == "central" and not drops and len(set(ranks)) == 1
        self._pending = Arrivals(classes, _service, "service_s")
        self._rows: dict[int, int] = {}
        self._closed_s: dict[int, float] = {}
        self._open: list[int] = []
        self._opened = 0
        self._lost: list[int] = []
        self._changed = self._unseated = False
        self._come: dict[int, int] = {}
        self._went: list[int] = []
        self._now_s = 0.0
        self._ended = Ended()
        order = sorted(set(ranks), reverse=True)
        state = np.zeros(1, k.STATE)
        for name in ("free", "oldest", "youngest"):
            state[name] = -1
        state["levels"], state["routing"] = 1 + len(order), _ROUTINGS[routing]
        state["limit"] = -1 if queue_limit is None else queue_limit
        state["patience"] = math.inf if patience_s is None else patience_s
        kinds = np.zeros(classes, k.KIND)
        kinds["level"] = [1 + order.index(rank) for rank in ranks]
        self._s = k.State(
            state=state,
            request=np.zeros(0, k.REQUEST),
            replica=np.zeros(0, k.REPLICA),
            queues=_longer(np.zeros((0, 1 + len(order)), k.QUEUE), 1, -1),
            kinds=kinds,
            heap=np.zeros(0, k.SERVED),
            idle=np.zeros(1, np.int64),
            tree=np.full(2, -1, np.int64),
            told=np.zeros(0, TOLD),
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
        """Let a replica take requests from now on.

        Raises
        ------
        InputError
            It is open or still works, or there is no such variant.
        """
        row = self._rows.get(replica)
        busy = row is not None and (row in self._open or self._s.replica["running"][row] > 0)
        self._refuse(
            (busy, "replica", replica, "one that neither is open nor works"),
            (not 0 <= variant < len(self._slots), "variant", variant, "one of the pool"),
        )
        row = self._opened
        self._opened += 1
        self._grow_replicas(row + 1)
        self._rows[replica] = row
        self._closed_s.pop(replica, None)
        self._open.append(row)
        s = self._s
        key = s.state["passed"][0] if s.state["routing"][0] == k.WEIGHTED else 0.0
        s.replica[row] = (1, self._slots[variant], 0, 0, 0, self._speed[variant], 0.0, key)
        self._seat(added=row)

    def close(self, replica: int) -> None:
        """Let a replica finish what it works on and take no more; its queue goes elsewhere.

        Raises
        ------
        InputError
            It is not open.
        """
        row = self._leave(replica)
        if self._s.state["routing"][0] != k.CENTRAL:
            lost = np.empty(self._s.replica["queued"][row], np.int64)
            self._lost += lost[: k.unqueue(row, lost, self._s)].tolist()

    def kill(self, replica: int) -> None:
        """Lose a replica: what it worked on starts again elsewhere, before all that waits.

        One that is closed and still works may be lost too.

        Raises
        ------
        InputError
            It neither is open nor works.
        """
        row = self._row(replica)
        if row in self._open:
            self.close(replica)
        elif not self._s.replica["running"][row]:
            self._refuse((True, "replica", replica, "one that is open or works"))
        s = self._s
        lost = np.empty(s.replica["running"][row], np.int64)
        s.state["now"][0] = self._now_s
        found = lost[: k.strip(row, lost, s)]
        s.request["level"][found] = 0
        s.replica["last_end"][row] = self._now_s
        self._lost += found.tolist()
        self._changed = True

    def run(self, until_s: float) -> None:
        """Work through all events at or before `until_s`; arrivals up to there were fed.

        inf: until nothing is left to happen; the time then is that of the last event.

        Raises
        ------
        InputError
            The time would go back.
        """
        self._refuse((not until_s >= self._now_s, "until_s", until_s, f"{self._now_s} or later"))
        self._settle()
        kernel = k.stream if self._simple and self._s.queues[0, 0]["head"] < 0 else k.run
        for at, work, kind, final in self._pending.until(until_s):
            self._make_room(len(at))
            kernel(float(until_s), final, at, work, kind, self._s)
        self._now_s = float(self._s.state["now"][0] if until_s == math.inf else until_s)

    def idle_since(self, replica: int) -> float:
        """Return when a closed replica ended its last request, or was closed if that is later.

        inf while it is open or works.

        Raises
        ------
        InputError
            There never was such a replica.
        """
        row = self._row(replica)
        if replica not in self._closed_s or self._s.replica["running"][row]:
            return math.inf
        return max(self._closed_s[replica], float(self._s.replica["last_end"][row]))

    def in_flight(self) -> int:
        """Return how many requests wait or are served."""
        state = self._s.state[0]
        return int(state["arrived"] - state["served"] - state["dropped"])

    def next_end_s(self) -> float:
        """Return when the next request ends or leaves without another arrival; inf: never."""
        self._settle()
        s = self._s
        end = s.heap["end"][0] if s.state["heap"][0] else math.inf
        oldest = s.state["oldest"][0]
        left = s.request["arrival"][oldest] + s.state["patience"][0] if oldest >= 0 else math.inf
        return float(min(end, left))

    def gauge(self) -> Gauge:
        """Return what shows now; waiting_work in service seconds or requests, as `unit` says."""
        self._settle()
        s = self._s
        kinds = s.kinds
        work = kinds["load"] + kinds["rest"]
        if self._unit == "requests":
            work = kinds["waiting"].astype(float)
        return Gauge(
            arrived=int(s.state["arrived"][0]),
            served=int(s.state["served"][0]),
            dropped=int(s.state["dropped"][0]),
            waiting=int(s.state["waiting"][0]),
            running=int(s.state["heap"][0]),
            waiting_work=work,
            busy_s=float(k.busy_until(self._now_s, s)),
        )

    def finished(self) -> Finished:
        """Return and forget the requests that have ended; first tokens and amounts are NaN."""
        state = self._s.state[0]
        told = self._s.told[: state["told"]]
        state["told"] = 0
        return self._ended.finished(told)

    def _settle(self) -> None:
        """Let the changes of replicas take effect."""
        if not self._changed:
            return
        self._changed = False
        if self._unseated:
            self._reseat()
        s = self._s
        s.state["now"][0] = self._now_s
        if self._lost:
            lost = np.array(self._lost, np.int64)
            order = np.lexsort((s.request["number"][lost], s.request["level"][lost]))
            k.merge(lost[order], s)
            self._lost = []
        k.settle(s)

    def _leave(self, replica: int) -> int:
        row = self._row(replica)
        if row not in self._open:
            self._refuse((True, "replica", replica, "one that is open"))
        place = self._open.index(row)
        state = self._s.state[0]
        state["turn"] -= place < state["turn"]
        del self._open[place]
        self._s.replica["open"][row] = 0
        self._closed_s[replica] = self._now_s
        self._seat(removed=row)
        return row

    def _seat(self, added: int = -1, removed: int = -1) -> None:
        """Note a replica that came or went; many of one instant are seated together."""
        self._changed = self._unseated = True
        self._come.pop(removed, None)
        if removed >= 0:
            self._went.append(removed)
        if added >= 0:
            self._come[added] = int(self._s.replica["slots"][added])

    def _reseat(self) -> None:
        """Renew the ring of free slots, or the tournament, after replicas have changed."""
        s = self._s
        s.state["replicas"][0] = n = len(self._open)
        come, went = self._come, self._went
        self._come, self._went, self._unseated = {}, [], False
        if s.state["routing"][0] == k.CENTRAL:
            places = s.state["idle_first"][0] + np.arange(s.state["idle"][0])
            free = s.idle[places % len(s.idle)]
            free = free[~np.isin(free, went)]
            fresh = np.repeat(np.array(list(come), np.int64), np.array(list(come.values()), int))
            free = np.concatenate((free, fresh))
            ring = np.zeros(max(1, int(s.replica["slots"][self._open].sum())), np.int64)
            ring[: len(free)] = free
            s.state["idle_first"][0], s.state["idle"][0] = 0, len(free)
            self._s = s._replace(idle=ring)
            return
        leaves = 1 << max(0, (n - 1).bit_length())
        tree = np.full(2 * leaves, -1, np.int64)
        tree[leaves : leaves + n] = self._open
        self._s = s._replace(tree=tree)
        k.seat(self._s)

    def _row(self, replica: int) -> int:
        row = self._rows.get(replica)
        if row is None:
            raise InputError(f"there is no replica {replica}", remedy="open it first")
        return row

    def _make_room(self, arrivals: int) -> None:
        s = self._s
        need = self.in_flight() + arrivals
        held = len(s.request)
        if need > held:
            # Room for a whole block at least, and half as much again: growth is rare.
            size = max(need + need // 2, held, min(BLOCK, 4 * need))
            request = _longer(s.request, size)
            request["next"][held:] = np.arange(held + 1, size + 1)
            request["next"][-1] = s.state["free"][0]
            s.state["free"] = held
            s = s._replace(request=request, heap=_longer(s.heap, size))
        if s.state["told"][0] + need > len(s.told):
            if s.state["told"][0]:
                self._ended.keep(s.told[: s.state["told"][0]])
                s.state["told"] = 0
            s = s._replace(told=np.empty(need + need // 2 + LEAST, TOLD))
        self._s = s

    def _grow_replicas(self, rows: int) -> None:
        s = self._s
        if rows <= len(s.replica):
            return
        size = 2 * rows + 8
        s = s._replace(replica=_longer(s.replica, size))
        if s.state["routing"][0] != k.CENTRAL:
            s = s._replace(queues=_longer(s.queues, size + 1, -1))
        self._s = s

    @staticmethod
    def _refuse(*rules: tuple[bool, str, object, str]) -> None:
        for wrong, name, value, wanted in rules:
            if wrong:
                raise InputError(
                    f"{name} is {shorten(value)}", where="PlainEngine", remedy=f"give {wanted}"
                )


def _service(requests: Requests) -> Array:
    if requests.service_s is None:
        raise InputError(
            "the requests bring no service_s",
            where="PlainEngine",
            remedy="give a trace with service_s, or serve them with batched or fluid replicas",
        )
    return requests.service_s


def _longer(array: npt.NDArray[Any], size: int, fill: int = 0) -> npt.NDArray[Any]:
    new = np.empty((size, *array.shape[1:]), array.dtype)
    new[: len(array)] = array
    new[len(array) :] = fill
    return new
