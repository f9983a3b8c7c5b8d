"""The most balanced of all cheapest answers: the longest run is as short as it can be.

Among the points of an optimal face, the largest of `weight * x` is made as small as possible, then
the next largest, and so on (leximin; Ogryczak & Sliwinski 2006). The answer is unique, so it does
not depend on the solver, and columns that are equal run equally long.
"""

import numpy as np

from lepta.numerics.columns import Places
from lepta.numerics.face import Face
from lepta.numerics.linear import Matrix, Program, Status, solve
from lepta.numerics.program import Array, Mask

__all__ = ["balance"]

NOTHING = 1e-10
"""Relative size below which a row misses nothing."""
MOST_CUTS = 50
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
    order = np.lexsort(table)
    table = table[:, order]
    new = np.concatenate(([True], (table[:, 1:] != table[:, :-1]).any(axis=0)))
    group = np.empty(len(free), dtype=np.intp)
    group[order] = np.cumsum(new) - 1
    return order[new], np.bincount(group), group


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
    """Minimise z subject to the face and load * x <= z; also tell which x must be at the peak.

    With z as a variable there would be one row per column. With z fixed there are only the few rows
    of the face: the least that they miss is a convex, falling function of z, whose root is found
    from below by Newton's method. Each price vector of what is missed is a cut, of finitely many.
    """
    peak, held = 0.0, np.zeros(len(load), dtype=bool)
    for _ in range(MOST_CUTS):
        missed, part, price = _missed(block, right, tight, np.minimum(high, peak / load))
        if missed <= NOTHING * max(float(np.abs(right).max()), 1.0):
            return part, peak, held
        gain = price @ block
        held = gain > NOTHING * np.abs(gain).max(initial=0.0)
        lifted = _root(gain[held], high[held], load[held], float(price @ right))
        if not lifted > peak:
            return part, peak, held
        peak = lifted
    return None


def _missed(block: Array, right: Array, tight: Mask, high: Array) -> tuple[float, Array, Array]:
    """Return the least sum of what the rows miss with x <= high, that x, and the rows' prices."""
    rows, size = block.shape
    if rows == 1 and tight[0] and np.isfinite(high).all():
        most = float(block[0] @ high)
        share = min(1.0, float(right[0]) / most) if most > 0 else 0.0
        return max(float(right[0]) - most, 0.0), high * share, np.ones(1)
    missing = np.eye(rows)
    answer = solve(
        Program(
            cost=np.concatenate((np.zeros(size), np.ones(2 * rows))),
            matrix=Matrix.dense(np.hstack((block, missing, -missing))),
            row_low=right,
            row_high=np.where(tight, right, np.inf),
            low=np.zeros(size + 2 * rows),
            high=np.concatenate((high, np.full(2 * rows, np.inf))),
        )
    )
    if answer.status is not Status.OPTIMAL:  # a limit of time: what is in hand stays
        return np.inf, np.zeros(size), np.zeros(rows)
    return answer.objective, answer.x[:size], answer.row_dual


def _root(gain: Array, high: Array, load: Array, wanted: float) -> float:
    """Return the least z at which sum_j gain_j * min(high_j, z / load_j) reaches `wanted`."""
    full = high * load  # from this z on column j gives no more
    order = np.argsort(full)
    full, gain, load, high = full[order], gain[order], load[order], high[order]
    speed = gain / load
    rest = np.concatenate((np.cumsum(speed[::-1])[::-1], [0.0]))
    finite = np.isfinite(full)
    given = np.concatenate(
        ([0.0], np.cumsum(np.where(finite, gain, 0.0) * np.where(finite, high, 0.0)))
    )
    at = given[:-1] + np.where(finite, full, 0.0) * rest[:-1]
    k = int(np.searchsorted(np.where(finite, at, np.inf), wanted))
    if k >= len(full) or rest[k] <= 0:
        return float(full[finite].max(initial=0.0))
    return float((wanted - given[k]) / rest[k])
