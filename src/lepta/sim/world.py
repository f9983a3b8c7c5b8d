"""A simulated pool behind the ports of the loop: it can be looked at, and brought to levels."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lepta.domain.pool import Array, Decision, Pool, Snapshot
from lepta.domain.requests import Requests
from lepta.sim.engine import Engine
from lepta.sim.faults import Faults
from lepta.sim.load import LoadHistory
from lepta.sim.roster import Roster, State
from lepta.sim.servers import Weigh

__all__ = ["World"]


class World:
    """Observer and actuator of a pool that an engine serves; time goes forward by `run`.

    What is ordered before anything has run serves at once: the pool that was there already.
    earlier (ticks, classes): the mean load before the start that a policy may learn from.
    """

    def __init__(
        self,
        pool: Pool,
        engine: Engine,
        requests: Iterable[Requests],
        weigh: Weigh,
        *,
        seed: int = 0,
        tick_s: float = 15.0,
        faults: Faults | None = None,
        earlier: Array | None = None,
        missing: Sequence[tuple[float, float]] = (),
        epoch_s: float = float("nan"),
    ) -> None:
        self.pool, self.engine, self.tick_s, self.epoch_s = pool, engine, tick_s, epoch_s
        self.roster = Roster(pool, engine, faults or Faults(), seed)
        self.load = LoadHistory(tick_s, len(pool.classes), earlier, missing)
        self.tick = 0
        self.last_arrival_s = 0.0
        self.begun = False
        self._chunks: Iterator[Requests] = iter(requests)
        self._weigh, self._fed_s, self._over = weigh, -np.inf, False
        self._capacity_s = self._busy_s = 0.0

    @property
    def now_s(self) -> float:
        """The present instant, in seconds from the start."""
        return self.tick * self.tick_s

    @property
    def over(self) -> bool:
        """Whether every request has arrived and ended."""
        return self.fed and not self.engine.in_flight()

    @property
    def fed(self) -> bool:
        """Whether every request has arrived."""
        return self._over and self._fed_s <= self.now_s

    def run(self) -> None:
        """Let one tick pass."""
        self.begun = True
        until = (self.tick + 1) * self.tick_s
        self._feed(until)
        before, at_s = self.engine.gauge().busy_s, self.now_s
        self._capacity_s = 0.0
        while True:
            due = min(self.roster.next_s(), until)
            self.engine.run(due)
            alive = self.roster.counts(State.SERVING) + self.roster.counts(State.DRAINING)
            self._capacity_s += float(alive.sum()) * (due - at_s)
            at_s = due
            self._capacity_s -= self.roster.settle(due)
            self.roster.step(due)
            if due >= until and self.roster.next_s() > until:
                break
        self._busy_s = self.engine.gauge().busy_s - before
        self.tick += 1

    def observe(self) -> Snapshot:
        """Return what is known now; of the future nothing."""
        if not self.begun:
            self._feed(0.0)
            self.engine.run(0.0)
            self.roster.step(0.0)
        gauge, roster = self.engine.gauge(), self.roster
        roster.settle(self.now_s)
        used = self._busy_s / self._capacity_s if self._capacity_s > 0 else float("nan")
        return Snapshot(
            at_s=self.now_s,
            pool=self.pool,
            tick_s=self.tick_s,
            load_per_s=self.load.until(self.tick),
            serving=roster.counts(State.SERVING),
            starting=roster.counts(State.STARTING),
            draining=roster.counts(State.DRAINING),
            wanted=roster.want.copy(),
            ready_in_s=roster.ready_in_s(self.now_s),
            noticed=roster.noticed(),
            price_per_hour=roster.prices(self.now_s),
            available=roster.away == 0,
            waiting=float(gauge.waiting),
            waiting_work=gauge.waiting_work,
            running=float(gauge.running),
            utilization=min(used, 1.0),
            earlier=self.load.earlier,
            epoch_s=self.epoch_s,
        )

    def apply(self, decision: Decision) -> None:
        """Bring each variant to its level; what starts takes its time, what ends drains."""
        self.roster.apply(decision.want, self.now_s, at_once=not self.begun)

    def _feed(self, until_s: float) -> None:
        while self._fed_s <= until_s and not self._over:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._over = True
                break
            if not len(chunk):
                continue
            self._fed_s = self.last_arrival_s = float(chunk.at_s[-1])
            self.load.add(chunk.at_s, chunk.kind, self._weigh(chunk))
            self.engine.feed(chunk)
