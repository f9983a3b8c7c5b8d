"""The knee of a frontier: where one more step stops being worth what it costs."""

from collections.abc import Sequence

__all__ = ["knee_of"]

FLAT = 1e-9
"""A point this close to the line between the ends (of a distance of at most 0.71) lies on it."""


def knee_of(points: Sequence[tuple[float, float]]) -> int | None:
    """Return the place of the point farthest below the line between the ends; None: none is below.

    `points` are (value, cost) in order. Both are brought to 0..1 first, the value so that 1 is its
    looser end: a point below the line gives up less in one aim than it wins in the other (the
    largest distance from the chord; Das 1999). Units do not matter.
    """
    if len(points) < 3:
        return None
    (loose, cheap), (tight, dear) = points[0], points[-1]
    if loose == tight or cheap == dear:
        return None
    best: tuple[float, int] | None = None
    for place, (value, cost) in enumerate(points[1:-1], start=1):
        x, y = (value - tight) / (loose - tight), (cost - cheap) / (dear - cheap)
        below = (1.0 - x - y) / 2**0.5
        if below > FLAT and (best is None or below > best[0]):
            best = below, place
    return None if best is None else best[1]
