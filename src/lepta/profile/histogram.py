"""Latency histograms of running servers: what a cumulative count proves, what it leaves open."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lepta.errors import InputError

__all__ = ["Histogram", "added", "since"]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts below each edge; the last edge is infinite.

    edges (k,) in seconds or tokens, strictly rising; counts (k,), never falling.
    """

    edges: tuple[float, ...]
    counts: tuple[float, ...]
    total: float | None = None
    """The sum of all values; None: not exposed."""

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.edges, self.edges[1:], strict=False))
        if not self.edges or self.edges[-1] != math.inf or not rising:
            raise InputError(
                f"the bucket edges are {self.edges[:8]}",
                remedy="give rising edges that end with +Inf",
            )
        steps = zip((0.0, *self.counts), self.counts, strict=False)
        if not all(math.isfinite(b) and a <= b for a, b in steps):
            raise InputError(
                f"the cumulative counts are {self.counts[:8]}",
                remedy="take the snapshot again: counts are finite and never fall with the edge",
            )

    @property
    def count(self) -> float:
        """How many values were counted."""
        return self.counts[-1]

    @property
    def mean(self) -> float | None:
        """The mean value; None: nothing was counted, or no sum is exposed."""
        return None if self.total is None or not self.count else self.total / self.count

    def quantile(self, share: float) -> tuple[float, float]:
        """Return the two edges between which the quantile lies; the upper one may be infinite."""
        place = next(k for k, count in enumerate(self.counts) if count >= share * self.count)
        return (self.edges[place - 1] if place else 0.0), self.edges[place]

    def share_within(self, bound: float) -> tuple[float, float]:
        """Return the least and the greatest share of values that may lie at or below `bound`."""
        below = [c for edge, c in zip(self.edges, self.counts, strict=True) if edge <= bound]
        above = next(c for edge, c in zip(self.edges, self.counts, strict=True) if edge >= bound)
        return (below[-1] if below else 0.0) / self.count, above / self.count


def added(parts: Sequence[Histogram]) -> Histogram:
    """Sum histograms of the same edges: engines of one server.

    Raises
    ------
    InputError
        Their edges differ.
    """
    first = parts[0]
    if any(part.edges != first.edges for part in parts):
        raise InputError(
            "series of one metric have different buckets", remedy="give one server per snapshot"
        )
    sums = [part.total for part in parts]
    known = [value for value in sums if value is not None]
    return Histogram(
        first.edges,
        tuple(sum(counts) for counts in zip(*(part.counts for part in parts), strict=True)),
        sum(known) if len(known) == len(sums) else None,
    )


def since(later: Histogram, earlier: Histogram) -> Histogram:
    """Return what was counted between two snapshots.

    Raises
    ------
    InputError
        The edges differ, or a count fell: the server was started anew between them.
    """
    if later.edges != earlier.edges:
        raise InputError("the buckets of the two snapshots differ", remedy="give one server's two")
    counts = tuple(b - a for a, b in zip(earlier.counts, later.counts, strict=True))
    if min(counts) < 0:
        raise InputError(
            "a count is smaller in the later snapshot",
            remedy="give the earlier one first; if the server was started anew, snapshot again",
        )
    both = later.total is not None and earlier.total is not None
    total = later.total - earlier.total if both else None  # type: ignore[operator]
    return Histogram(later.edges, counts, total)
