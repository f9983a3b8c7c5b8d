"""The load that arrived in each interval, as a policy may see it: whole intervals, none ahead."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["LoadHistory"]

Array = npt.NDArray[np.float64]


class LoadHistory:
    """Mean load per interval and class; grows with the trace, shows only what is past.

    `missing` are times (from, to; s) that the record of the trace lost: NaN, never zero.
    """

    def __init__(
        self,
        tick_s: float,
        classes: int,
        earlier: Array | None = None,
        missing: Sequence[tuple[float, float]] = (),
    ) -> None:
        before = np.empty((0, classes)) if earlier is None else np.asarray(earlier, float)
        self.tick_s, self.earlier = tick_s, len(before)
        self._rate = np.zeros((len(before) + 1024, classes))
        self._rate[: len(before)] = before
        self._missing = sorted(missing)

    def add(self, at_s: Array, kind: npt.NDArray[np.int64] | None, load: Array) -> None:
        """Count arrivals; those at k x tick belong to the interval that begins there."""
        if not len(at_s):
            return
        row = self.earlier + (at_s // self.tick_s).astype(np.int64)
        self._reach(int(row[-1]) + 1)
        columns = np.zeros_like(row) if kind is None else kind
        np.add.at(self._rate, (row, columns), load / self.tick_s)

    def until(self, tick: int) -> Array:
        """Return (ticks, classes) the mean load per second of the intervals before `tick`."""
        self._reach(self.earlier + tick)
        while self._missing and self._missing[0][0] < tick * self.tick_s:
            # An interval that was seen in part is not known as a whole.
            from_s, to_s = self._missing[0]
            first = self.earlier + max(0, int(from_s // self.tick_s))
            last = self.earlier + min(tick, math.ceil(to_s / self.tick_s))
            self._rate[first : max(first, last)] = np.nan
            if to_s > tick * self.tick_s:
                break
            del self._missing[0]
        seen = self._rate[: self.earlier + tick]
        seen.flags.writeable = False  # of this view
        return seen

    def _reach(self, rows: int) -> None:
        if rows > len(self._rate):
            grown = np.zeros((2 * rows, self._rate.shape[1]))
            grown[: len(self._rate)] = self._rate
            self._rate = grown
