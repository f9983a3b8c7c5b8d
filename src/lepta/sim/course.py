"""How a run went, in a bounded number of intervals, whatever the length of the trace."""

import math

import numpy as np
import numpy.typing as npt

from lepta.domain.pool import Array, Snapshot
from lepta.domain.replay import Course

__all__ = ["Recorder"]

INTERVALS = 600
GROWTH = 1.01
LEAST_S, MOST_S = 1e-4, 1e7
BINS = math.ceil(math.log(MOST_S / LEAST_S) / math.log(GROWTH)) + 2


class Recorder:
    """Collects what the page shows: load, capacity, queue, latency per interval.

    Latencies are counted in bins 1 % apart, so that memory is bounded.
    """

    def __init__(self, span_s: float, tick_s: float) -> None:
        ticks = max(1, math.ceil(span_s / tick_s))
        self.tick_s, self.every = tick_s, max(1, math.ceil(ticks / INTERVALS))
        self.step_s = self.every * tick_s
        self._counts = np.zeros((ticks // self.every + 1, BINS), np.int32)
        self._rows: list[tuple[float, ...]] = []

    def look(self, seen: Snapshot) -> None:
        """Note what a policy saw, once per tick."""
        rate = seen.pool.capacity_per_s
        first = np.where(rate[:, 0] > 0, rate[:, 0], np.inf)
        load = seen.load_per_s[-1] if len(seen.load_per_s) else np.zeros(len(first))
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(rate > 0, rate, np.nan) / first[:, None]
        # What a replica of a variant is worth in replicas of the first: its mean over the classes.
        worth = np.where(np.isfinite(shares).any(axis=0), np.nan_to_num(shares).mean(axis=0), 0.0)
        paid = seen.serving + seen.starting + seen.draining
        self._rows.append(
            (
                float((load / first).sum()),
                float(seen.serving @ worth),
                seen.waiting,
                *(float(count) for count in paid),
            )
        )

    def end(self, arrival_s: Array, latency_s: Array) -> None:
        """Count requests that ended."""
        known = ~np.isnan(latency_s)
        if not known.any():
            return
        row = np.minimum(arrival_s[known] // self.step_s, len(self._counts) - 1).astype(np.int64)
        place = np.log(np.maximum(latency_s[known], LEAST_S) / LEAST_S) / math.log(GROWTH)
        np.add.at(self._counts, (row, np.minimum(place, BINS - 1).astype(np.int64)), 1)

    def course(self, end_s: float) -> Course:
        """Return all of it, up to the end of the run.

        Where the run went on long after the trace, intervals are put together.
        """
        rows = np.array(self._rows, float)
        count = max(1, math.ceil(max(end_s, self.tick_s) / self.step_s))
        together = math.ceil(count / (2 * INTERVALS))
        count, every, step_s = math.ceil(count / together), self.every * together, self.step_s
        step_s *= together
        # Load and capacity of an interval are seen at its end.
        looks = rows[1:] if len(rows) > 1 else rows
        parts = [looks[k * every : (k + 1) * every] for k in range(count)]
        means = np.array([part.mean(axis=0) if len(part) else looks[-1] for part in parts])
        counts = np.zeros((count, BINS), np.int32)
        seen = self._counts[: count * together]
        np.add.at(counts, np.arange(len(seen)) // together, seen)
        return Course(
            step_s=step_s,
            load_per_s=means[:, 0],
            capacity=means[:, 1],
            waiting=means[:, 2],
            p50_s=_quantile(counts, 0.5),
            p99_s=_quantile(counts, 0.99),
            replicas=means[:, 3:],
        )


def _quantile(counts: npt.NDArray[np.int32], share: float) -> Array:
    ends = np.cumsum(counts, axis=1)
    total = ends[:, -1]
    place = (ends <= (share * np.maximum(total - 1, 0))[:, None]).sum(axis=1)
    return np.where(total > 0, LEAST_S * GROWTH ** (place + 0.5), np.nan)
