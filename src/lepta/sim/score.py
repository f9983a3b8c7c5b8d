"""The books of a run: how requests ended, what they were promised, what they were worth."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lepta.domain.replay import Bound
from lepta.sim.engine import Finished, Outcome
from lepta.sim.figures import Times

__all__ = ["Amounts", "Score"]

Array = npt.NDArray[np.float64]


class Amounts:
    """The amount of each request in flight, by number; what has ended is forgotten in runs."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._parts: list[Array] = []
        self._left: list[int] = []
        self._next = 0

    def add(self, amounts: Array) -> None:
        """Give the amounts of the next requests."""
        self._first.append(self._next)
        self._parts.append(amounts)
        self._left.append(len(amounts))
        self._next += len(amounts)

    def take(self, numbers: npt.NDArray[np.int64]) -> float:
        """Return the sum of the amounts of requests that have ended."""
        total = 0.0
        part = np.searchsorted(np.array(self._first), numbers, side="right") - 1
        for k in np.unique(part):
            mine = numbers[part == k]
            total += float(self._parts[k][mine - self._first[k]].sum())
            self._left[k] -= len(mine)
        while self._left and not self._left[0]:
            del self._first[0], self._parts[0], self._left[0]
        return total


class Score:
    """Counts what has ended; figures in seconds."""

    def __init__(self, objective: Sequence[Bound]) -> None:
        self.objective = tuple(objective)
        self.wait, self.latency, self.ttft, self.tpot = Times(), Times(), Times(), Times()
        self.shown = self.objective[0].what if self.objective else "latency"
        self.served = self.dropped = self.broken = 0
        self.broken_of = [0] * len(self.objective)
        self.last_end_s = 0.0

    def add(self, done: Finished) -> tuple[Array, Array]:
        """Count requests that ended; returns their arrivals and what is promised (NaN: dropped).

        That is the time of the first objective; latency where there is none.
        """
        if not len(done.request):
            return done.arrival_s, done.arrival_s
        ok = done.outcome == Outcome.SERVED
        latency = np.where(ok, done.end_s - done.arrival_s, math.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            tpot = np.where(
                done.amount > 0, (done.end_s - done.first_token_s) / done.amount, math.nan
            )
        times = {
            "wait": np.where(ok, done.start_s - done.arrival_s, math.nan),
            "latency": latency,
            "ttft": np.where(ok, done.first_token_s - done.arrival_s, math.nan),
            "tpot": np.where(ok, tpot, math.nan),
        }
        for name, seconds in times.items():
            getattr(self, name).add(seconds)
        broken = ~ok
        for k, bound in enumerate(self.objective):
            late = times[bound.what] > bound.bound_s  # NaN is not late: it has no such time
            self.broken_of[k] += int((late | ~ok).sum())
            broken = broken | late
        self.broken += int(broken.sum())
        self.served += int(ok.sum())
        self.dropped += int((~ok).sum())
        self.last_end_s = max(self.last_end_s, float(done.end_s.max()))
        return done.arrival_s, times[self.shown]

    def kept(self, arrived: int, in_flight: int) -> bool:
        """Tell whether every promised share of the arrived requests was kept."""
        return all(
            broken + in_flight <= (1 - bound.share) * arrived + 1e-9 * arrived
            for bound, broken in zip(self.objective, self.broken_of, strict=True)
        )
