"""The life of replicas: ordered, starting, serving, draining, gone; and what is paid for them.

Like a Deployment, the roster holds a level: a replica that is lost is replaced without being asked.
A replica is paid from the order until it is gone, whatever it does.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lepta.domain.pool import Counts, Pool
from lepta.errors import InputError
from lepta.sim.engine import Engine
from lepta.sim.faults import Faults, lifetime_s

__all__ = ["Replica", "Roster", "State"]

SPOT, FAILURE = 1, 2
"""Causes of a loss, each with random numbers of its own."""
HOUR_S = 3600.0
MOST = 1_000_000
"""Replicas at one time."""


class State(IntEnum):
    """Where a replica is in its life."""

    STARTING = 0
    SERVING = 1
    DRAINING = 2
    GONE = 3


class Event(IntEnum):
    """What may happen by itself, in the order in which it does at one instant."""

    BACK = 0
    READY = 1
    NOTICE = 2
    LOSS = 3
    AWAY = 4


@dataclass(slots=True)
class Replica:
    """One replica; `gone_s` is inf while it is paid for."""

    number: int
    variant: int
    ordered_s: float
    ready_s: float
    state: State
    noticed: bool = False
    lost: bool = False
    gone_s: float = np.inf


class Roster:
    """All replicas of a pool, driven from event to event; time only goes forward."""

    def __init__(self, pool: Pool, engine: Engine, faults: Faults, seed: int) -> None:
        self.pool, self.engine, self.faults, self.seed = pool, engine, faults, seed
        count = len(pool.variants)
        self.replicas: list[Replica] = []
        self.alive: list[Replica] = []
        """Those not gone, oldest first."""
        self.want = np.zeros(count, np.int64)
        self.away = np.zeros(count, np.int64)
        """How many spans hold each variant back now."""
        self.losses = 0
        """Replicas lost so far to markets, failures and zones."""
        self._ordinal = [0] * count
        self._count = np.zeros((len(State), count), np.int64)
        self._steps = [_price_steps(pool, v, faults) for v in range(count)]
        self._events: list[tuple[float, int, int, int]] = []
        self._serial = 0
        names = {variant.name: v for v, variant in enumerate(pool.variants)}
        for span in faults.zone_losses:
            for v, variant in enumerate(pool.variants):
                if variant.zone and variant.zone == span.name:
                    self._push(span.from_s, Event.AWAY, -1 - v)  # below 0: takes what is there
                    self._push(span.to_s, Event.BACK, v)
        for span in faults.dry_markets:
            if span.name in names:
                self._push(span.from_s, Event.AWAY, names[span.name])
                self._push(span.to_s, Event.BACK, names[span.name])

    def next_s(self) -> float:
        """Return when something happens next by itself; inf: never."""
        return self._events[0][0] if self._events else np.inf

    def step(self, now_s: float) -> None:
        """Let happen what is due at `now_s`, to which the engine has been run."""
        while self._events and self._events[0][0] <= now_s:
            _, kind, _, subject = heapq.heappop(self._events)
            if kind == Event.READY:
                self._ready(self.replicas[subject], now_s)
            elif kind == Event.NOTICE:
                self._notice(self.replicas[subject], now_s)
            elif kind == Event.LOSS:
                self._lose(self.replicas[subject], now_s)
            elif kind == Event.BACK:
                self.away[subject] -= 1
                self._refill(subject, now_s)
            else:
                self._leave(subject, now_s)

    def apply(self, want: Sequence[int], now_s: float, *, at_once: bool = False) -> None:
        """Order or release until each variant has its level; `at_once`: what is ordered serves.

        Raises
        ------
        InputError
            The levels are more replicas than can be simulated.
        """
        if sum(want) > MOST:
            raise InputError(
                f"the pool would hold {sum(want):,} replicas at {now_s:g} s",
                where=self.pool.name,
                remedy=f"simulate at most {MOST:,}: set limits, or check the capacity",
            )
        for v, level in enumerate(want):
            self.want[v] = level
            mine = [r for r in self.alive if r.variant == v and r.state <= State.SERVING]
            if len(mine) > level:
                # What does not serve yet goes first, then the youngest.
                mine.sort(key=lambda r: (r.state, -r.number))
                for replica in mine[: len(mine) - level]:
                    self._release(replica, now_s)
            else:
                self._order(v, level - len(mine), now_s, at_once=at_once)

    def settle(self, now_s: float) -> float:
        """Let drained replicas go, at the instant at which they ended their last request.

        Return the replica-seconds by which they went before `now_s`.
        """
        before_s = 0.0
        for replica in [r for r in self.alive if r.state == State.DRAINING]:
            idle = self.engine.idle_since(replica.number)
            if idle <= now_s:
                self._go(replica, max(idle, replica.ordered_s))
                before_s += now_s - replica.gone_s
        return before_s

    def lost(self, until_s: float) -> int:
        """Return how many replicas were lost up to an instant."""
        return sum(replica.lost and replica.gone_s <= until_s for replica in self.replicas)

    def counts(self, state: State) -> Counts:
        """Return (variants,) how many replicas are in a state."""
        found: Counts = self._count[state].copy()
        return found

    def noticed(self) -> Counts:
        """Return (variants,) how many drain because a spot market takes them back."""
        found = np.zeros(len(self.pool.variants), np.int64)
        for replica in self.alive:
            found[replica.variant] += replica.noticed and replica.state == State.DRAINING
        return found

    def ready_in_s(self, now_s: float) -> tuple[tuple[int, float], ...]:
        """Return (variant, seconds until it serves) of what starts."""
        return tuple(
            (r.variant, r.ready_s - now_s) for r in self.alive if r.state == State.STARTING
        )

    def prices(self, now_s: float) -> npt.NDArray[np.float64]:
        """Return (variants,) price per hour now."""
        return np.array([_price_at(steps, now_s) for steps in self._steps])

    def paid(self, until_s: float) -> tuple[float, float, npt.NDArray[np.float64]]:
        """Return cost, replica-seconds, and replica-seconds per variant, up to an instant."""
        seconds = np.zeros(len(self.pool.variants))
        cost = 0.0
        ends = [[at_s for at_s, _ in steps[1:]] + [np.inf] for steps in self._steps]
        for replica in self.replicas:
            first, last = replica.ordered_s, min(replica.gone_s, until_s)
            if last <= first:
                continue
            seconds[replica.variant] += last - first
            for (at_s, price), end_s in zip(
                self._steps[replica.variant], ends[replica.variant], strict=True
            ):
                cost += price * max(0.0, min(last, end_s) - max(first, at_s)) / HOUR_S
        return cost, float(seconds.sum()), seconds

    def _push(self, at_s: float, kind: Event, subject: int) -> None:
        heapq.heappush(self._events, (at_s, int(kind), self._serial, subject))
        self._serial += 1

    def _order(self, v: int, count: int, now_s: float, *, at_once: bool = False) -> None:
        if self.away[v]:
            return  # pending: ordered again when the zone or the market is back
        variant = self.pool.variants[v]
        for _ in range(count):
            ready = now_s if at_once else now_s + variant.startup_s
            replica = Replica(len(self.replicas), v, now_s, ready, State.STARTING)
            self.replicas.append(replica)
            self.alive.append(replica)
            self._count[State.STARTING, v] += 1
            if ready <= now_s:
                self._ready(replica, now_s)
            else:
                self._push(ready, Event.READY, replica.number)

    def _refill(self, v: int, now_s: float) -> None:
        held = self._count[State.STARTING, v] + self._count[State.SERVING, v]
        self._order(v, int(self.want[v] - held), now_s)

    def _ready(self, replica: Replica, now_s: float) -> None:
        if replica.state != State.STARTING:
            return
        self._move(replica, State.SERVING)
        self.engine.open(replica.number, replica.variant)
        variant = self.pool.variants[replica.variant]
        ordinal = self._ordinal[replica.variant]
        self._ordinal[replica.variant] += 1
        spot = variant.interruptions_per_hour if variant.spot else 0.0
        taken = lifetime_s(self.seed, replica.variant, ordinal, spot, SPOT)
        failed = lifetime_s(
            self.seed, replica.variant, ordinal, self.faults.failures_per_hour, FAILURE
        )
        if taken < failed:
            self._push(now_s + max(0.0, taken - variant.notice_s), Event.NOTICE, replica.number)
            self._push(now_s + max(taken, variant.notice_s), Event.LOSS, replica.number)
        elif failed < np.inf:
            self._push(now_s + failed, Event.LOSS, replica.number)

    def _notice(self, replica: Replica, now_s: float) -> None:
        replica.noticed = replica.state != State.GONE
        if replica.state == State.SERVING:
            self._drain(replica, now_s)
            self._refill(replica.variant, now_s)

    def _lose(self, replica: Replica, now_s: float) -> None:
        self.settle(now_s)  # a drained replica has gone before it could be lost
        if replica.gone_s < np.inf:
            return
        served = replica.state == State.SERVING
        if replica.state != State.STARTING:
            self.engine.kill(replica.number)
        self.losses += 1
        replica.lost = True
        self._go(replica, now_s)
        if served:
            self._refill(replica.variant, now_s)

    def _leave(self, subject: int, now_s: float) -> None:
        v = subject if subject >= 0 else -1 - subject
        self.away[v] += 1
        if subject < 0:
            for replica in [r for r in self.alive if r.variant == v]:
                self._lose(replica, now_s)

    def _release(self, replica: Replica, now_s: float) -> None:
        if replica.state == State.STARTING:
            self._go(replica, now_s)
        else:
            self._drain(replica, now_s)

    def _drain(self, replica: Replica, now_s: float) -> None:
        self._move(replica, State.DRAINING)
        self.engine.close(replica.number)
        idle = self.engine.idle_since(replica.number)
        if idle <= now_s:
            self._go(replica, now_s)  # idle before: paid until it was released

    def _go(self, replica: Replica, at_s: float) -> None:
        self._move(replica, State.GONE)
        replica.gone_s = at_s
        self.alive.remove(replica)

    def _move(self, replica: Replica, state: State) -> None:
        self._count[replica.state, replica.variant] -= 1
        self._count[state, replica.variant] += 1
        replica.state = state


def _price_steps(pool: Pool, v: int, faults: Faults) -> list[tuple[float, float]]:
    """Return (from when on, price per hour), the list price first."""
    variant = pool.variants[v]
    mine = [change for change in faults.prices if change.variant == variant.name]
    later = sorted((change.at_s, change.price_per_hour) for change in mine)
    return [(-np.inf, variant.price_per_hour), *later]


def _price_at(steps: Sequence[tuple[float, float]], now_s: float) -> float:
    return [price for at_s, price in steps if at_s <= now_s][-1]
