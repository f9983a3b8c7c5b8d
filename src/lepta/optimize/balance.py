"""The most balanced of all cheapest answers: the longest run is as short as it can be.

Among the points of an optimal face, the largest of `weight * x` is made as small as possible, then
the next largest, and so on (leximin; Ogryczak & Sliwinski 2006). The answer is unique, so it does
not depend on the solver, and columns that are equal run equally long.
"""

import numpy as np
import numpy.typing as npt

from lepta.numerics.face import Face
from lepta.numerics.linear import Matrix, Program, Status, solve
from lepta.numerics.program import Array, Mask

__all__ = ["balance"]

Places = npt.NDArray[np.intp]

MOST_ROUNDS = 20
MOST_GROUPS = 2_000
"""Beyond so many different columns in a tie only the largest run is made small."""


def balance(face: Face, weight: Array) -> Array:
    """Return the most balanced x of the face; `weight` is 1 / availability, or 1 without one."""
    x = face.x.copy()
    if len(face.free) == 0:
        return x
    alike, count, group = _groups(face, weight)
    free, right = face.free, face.covering.need - face.fixed
    block, load = face.block[:, alike] * count, weight[free][alike]
    high = face.covering.high[free][alike]
    totals = np.bincount(group, x[free]) / count
    if len(alike) > int(face.tight.sum()):
        totals = _level(block, right, face.tight, high, load, totals)
    x[free] = np.clip(totals, 0.0, high)[group]
    return x


def _groups(face: Face, weight: Array) -> tuple[Places, Places, Places]:
    """Merge free columns that are equal: the first of each, how many, and which is in which."""
    free, c = face.free, face.covering
    table = np.vstack((c.cost[free], c.high[free], weight[free], face.block))
    _, first, group, count = np.unique(
        table, axis=1, return_index=True, return_inverse=True, return_counts=True
    )
    return first, count, group.reshape(-1)


def _level(block: Array, right: Array, tight: Mask, high: Array, load: Array, now: Array) -> Array:
    """Lower the largest run, hold what must run that long, and go on with the rest."""
    x, left, right = now.copy(), np.arange(len(now)), right.copy()
    for _ in range(MOST_ROUNDS):
        found = _lowest_peak(block[:, left], right, tight, high[left], load[left])
        if found is None:
            break
        part, peak, held = found
        x[left] = part
        if peak <= 0 or not held.any() or held.all() or len(left) > MOST_GROUPS:
            break
        x[left[held]] = peak / load[left[held]]
        right -= block[:, left[held]] @ x[left[held]]
        left = left[~held]
    return x


def _lowest_peak(
    block: Array, right: Array, tight: Mask, high: Array, load: Array
) -> tuple[Array, float, Mask] | None:
    """Minimise z subject to the face and load * x <= z; also tell which x must be at the peak."""
    rows, size = block.shape
    row, column = np.nonzero(block)
    own = np.arange(size)
    matrix = Matrix.triplets(
        np.concatenate((row, rows + own, rows + own)),
        np.concatenate((column, own, np.full(size, size))),
        np.concatenate((block[row, column], load, -np.ones(size))),
        shape=(rows + size, size + 1),
    )
    answer = solve(
        Program(
            cost=np.concatenate((np.zeros(size), [1.0])),
            matrix=matrix,
            row_low=np.concatenate((right, np.full(size, -np.inf))),
            row_high=np.concatenate((np.where(tight, right, np.inf), np.zeros(size))),
            low=np.zeros(size + 1),
            high=np.concatenate((high, [np.inf])),
        )
    )
    if answer.status is not Status.OPTIMAL:
        return None
    return answer.x[:-1], float(answer.x[-1]), answer.row_dual[rows:] < -1e-9
