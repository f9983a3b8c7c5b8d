"""What single requests cost a known replica inside an objective, for the choice of buckets.

The cost of a request of some lengths is 1 / (the rate that the replica serves of its like): what a
plan pays for it. It is computed on a grid of lengths and read off between grid points, straight in
the logarithms. Lengths that break the objective even at the smallest batch known are charged as if
that batch were inside: among other requests they are served too, and their cost is not infinite.
"""

import math
from collections.abc import Sequence

import numpy as np

from lepta.domain.serving import Objective
from lepta.numerics.program import Array
from lepta.profile.buckets import Cost
from lepta.profile.capacity import largest_batch, poisson_rate
from lepta.profile.table import Fitted

__all__ = ["request_cost"]

POINTS = 24
"""Grid points per axis, even in the logarithm."""


def request_cost(model: Fitted, objective: Objective, inputs: Array, outputs: Array) -> Cost:
    """Return the cost of requests of a known replica, over the range of these lengths."""
    axes = _axis(inputs), _axis(outputs)
    table = np.array([[_log_cost(model, objective, i, o) for o in axes[1]] for i in axes[0]])

    def cost(i: Array, o: Array) -> Array:
        return np.exp(_between(axes, table, (i, o)))

    return cost


def _log_cost(model: Fitted, objective: Objective, i: float, o: float) -> float:
    curve = model.curve(i, o, *model.loads)
    batch = largest_batch(curve, objective) or curve.least
    return -math.log(poisson_rate(curve.throughput(), batch, objective.share))


def _axis(lengths: Array) -> Array:
    low, high = float(lengths.min()), float(lengths.max())
    return np.geomspace(low, high, POINTS) if high > low else np.array([low, 2 * low])


def _between(axes: Sequence[Array], table: Array, at: Sequence[Array]) -> Array:
    """Interpolate a table bilinearly in the logarithms of its axes."""
    place, part = [], []
    for axis, values in zip(axes, at, strict=True):
        k = np.clip(np.searchsorted(axis, values, side="right") - 1, 0, len(axis) - 2)
        place.append(k)
        part.append(np.log(values / axis[k]) / np.log(axis[k + 1] / axis[k]))
    (r, c), (u, v) = place, part
    seen: Array = (
        table[r, c] * (1 - u) * (1 - v)
        + table[r + 1, c] * u * (1 - v)
        + table[r, c + 1] * (1 - u) * v
        + table[r + 1, c + 1] * u * v
    )
    return seen
