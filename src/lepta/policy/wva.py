"""One more of the cheapest where it is saturated, one less of the dearest where there is room."""

import math
from dataclasses import dataclass

import numpy as np

from lepta.domain.pool import Array, Counts, Decision, Snapshot
from lepta.policy.parameters import Parameter
from lepta.policy.single import clock, latest_load

__all__ = ["PARAMETERS", "WVA"]

PARAMETERS = (
    Parameter(
        "threshold", 0.8, 0.05, 1.0, "share of capacity", "a replica is saturated here", tune=True
    ),
    Parameter(
        "spare", 0.1, 0.0, 0.9, "share of capacity", "less than this below it: grow", tune=True
    ),
    Parameter("queue", 5.0, 0.0, 1e6, "requests", "waiting per replica: saturated", tune=True),
    Parameter("queuespare", 3.0, 0.0, 1e6, "requests", "less than this below it: grow"),
    Parameter("interval", 60.0, 0.0, 3_600.0, "s", "between two steps", tune=True),
    Parameter("min", 1, 0, 1e9, "replicas", "never fewer in all", whole=True),
)


@dataclass(frozen=True, slots=True)
class WVA:
    """The greedy rule of the workload variant autoscaler of llm-d, on load over capacity.

    Saturated: the mean load over capacity of the serving replicas passes threshold - spare, or
    those that wait per replica pass queue - queuespare. Then one replica more of the cheapest
    variant per load that has room. Spare: what is left of the load on one replica less of the
    dearest variant is still not saturated. Then one less of it. While one starts neither is done
    (as there: a variant in transition blocks all steps).
    """

    threshold: float = 0.8
    spare: float = 0.1
    queue: float = 5.0
    queuespare: float = 3.0
    interval_s: float = 60.0
    least: int = 1
    name: str = "wva"

    def start(self) -> float:
        """The last step was never."""
        return -math.inf

    def decide(self, seen: Snapshot, memory: float) -> tuple[Decision, float]:
        """Return the levels of this turn."""
        want = [int(level) for level in seen.level]
        load = seen.load_per_s[-1] if len(seen.load_per_s) else np.array([math.nan])
        if sum(want) < max(self.least, 1):
            return self._step(seen, want, +1, "below the minimum"), seen.at_s
        if np.isnan(load).any():
            return self._told(seen, want, "load not seen, nothing changed"), memory
        used = self._used(seen, load, seen.serving)
        line = max(seen.waiting, 0.0) / max(int(seen.serving.sum()), 1)
        said = (
            f"load {latest_load(seen):.3g} at {clock(seen)}: {used:.0%} used, {line:.3g} wait each"
        )
        most, longest = self.threshold - self.spare, self.queue - self.queuespare
        if seen.at_s - memory < self.interval_s:
            return self._told(seen, want, f"{said}, next step later"), memory
        if seen.starting.any():
            return self._told(seen, want, f"{said}, one starts"), memory
        if used > most or line > longest:
            return self._step(seen, want, +1, said), seen.at_s
        dearest = self._dearest(seen)
        if dearest is not None and sum(want) > max(self.least, 1):
            fewer = seen.serving.copy()
            fewer[dearest] -= 1
            again = seen.waiting / max(int(fewer.sum()), 1)
            if self._used(seen, load, fewer) <= most and again <= longest:
                want[dearest] -= 1
                return self._told(seen, want, said), seen.at_s
        return self._told(seen, want, f"{said}, as it is"), memory

    def _used(self, seen: Snapshot, load: Array, replicas: Counts) -> float:
        """Load over capacity, the load of each class on all that serve it."""
        able = seen.pool.capacity_per_s @ replicas
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.where(load > 0, load / able, 0.0).sum())

    def _per_load(self, seen: Snapshot) -> Array:
        rate = seen.pool.capacity_per_s.sum(axis=0)
        with np.errstate(divide="ignore"):
            return np.where(rate > 0, seen.price_per_hour / rate, np.inf)

    def _dearest(self, seen: Snapshot) -> int | None:
        cost = np.where(seen.serving > 0, self._per_load(seen), -np.inf)
        return int(np.argmax(cost)) if (seen.serving > 0).any() else None

    def _step(self, seen: Snapshot, want: list[int], by: int, why: str) -> Decision:
        room = seen.available & (np.array(want) < seen.pool.limits)
        cost = np.where(room, self._per_load(seen), np.inf)
        best = int(np.argmin(cost))
        if math.isfinite(cost[best]):
            want[best] += by
        return self._told(seen, want, why)

    def _told(self, seen: Snapshot, want: list[int], why: str) -> Decision:
        moves = ", ".join(
            f"{variant.name} {n - int(had):+d}"
            for variant, n, had in zip(seen.pool.variants, want, seen.level, strict=True)
            if n != had
        )
        return Decision(
            at_s=seen.at_s,
            policy=self.name,
            want=tuple(want),
            why=f"{why}, {moves}" if moves else why,
        )
