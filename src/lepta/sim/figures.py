"""Times of many requests, kept until their mean and quantiles are asked for.

All are kept exactly up to `EXACT`; beyond that they are counted in bins whose edges are 0.1 % apart
(Masson, Rim, Lee 2019, DDSketch), so that memory is bounded and quantiles are within 0.05 %.
"""

import math

import numpy as np
import numpy.typing as npt

from lepta.domain.replay import Spread

__all__ = ["EXACT", "Times"]

EXACT = 8_000_000
GROWTH = 1.001
LEAST_S, MOST_S = 1e-9, 1e10
BINS = math.ceil(math.log(MOST_S / LEAST_S) / math.log(GROWTH)) + 2

Array = npt.NDArray[np.float64]


class Times:
    """Collects seconds; NaN is not counted."""

    def __init__(self, exact: int = EXACT) -> None:
        self.count, self.sum_s, self.most_s = 0, 0.0, 0.0
        self._exact, self._parts = exact, list[Array]()
        self._bins: npt.NDArray[np.int64] | None = None

    def add(self, seconds: Array) -> None:
        """Count some more."""
        seconds = seconds[~np.isnan(seconds)]
        if not len(seconds):
            return
        self.count += len(seconds)
        self.sum_s += float(seconds.sum())
        self.most_s = max(self.most_s, float(seconds.max()))
        if self._bins is None:
            self._parts.append(seconds)
            if self.count <= self._exact:
                return
            self._bins = np.zeros(BINS, np.int64)
            seconds, self._parts = np.concatenate(self._parts), []
        place = np.log(np.maximum(seconds, LEAST_S) / LEAST_S) / math.log(GROWTH)
        bins = np.minimum(place, BINS - 2).astype(np.int64) + 1
        bins[seconds < LEAST_S] = 0
        self._bins += np.bincount(bins, minlength=BINS)

    @property
    def exact(self) -> bool:
        """Whether quantiles are exact."""
        return self._bins is None

    def spread(self) -> Spread | None:
        """Return mean and quantiles; None without any time."""
        if not self.count:
            return None
        p50, p90, p99 = self.quantiles((0.5, 0.9, 0.99))
        return Spread(mean=self.sum_s / self.count, p50=p50, p90=p90, p99=p99, max=self.most_s)

    def quantiles(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """Return quantiles, drawn straight between two neighbors as numpy does.

        Where times are counted in bins, the lower of the two neighbors, within 0.05 %.
        """
        if self._bins is None:
            if len(self._parts) > 1:
                self._parts = [np.concatenate(self._parts)]
            return tuple(float(value) for value in np.quantile(self._parts[0], shares))
        ends = np.cumsum(self._bins)
        places = np.searchsorted(ends, np.array(shares) * (self.count - 1), side="right")
        middles = LEAST_S * GROWTH ** (places - 0.5)
        return tuple(
            0.0 if place == 0 else min(float(middle), self.most_s)
            for place, middle in zip(places, middles, strict=True)
        )
