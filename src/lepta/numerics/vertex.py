"""A small exact-minded simplex for covering programs whose numbers lie many powers of ten apart.

    minimise    cost @ x
    subject to  matrix @ x >= need,   0 <= x <= high          (matrix, cost >= 0, few rows)

A general solver works with absolute tolerances: where one column costs 10^-9 of another, a reduced
cost that decides everything is noise to it. With few rows the inverse of the basis can be made anew
in every step, and every test can be relative to the size of what was added up. The start, nothing
runs, is optimal for its prices, so the dual method applies (Lemke 1954), with bounds flipped on the
way (Maros 2003, section 3).
"""

import numpy as np

from lepta.numerics.columns import Places
from lepta.numerics.face import Covering
from lepta.numerics.program import Array, Mask

__all__ = ["sound", "vertex"]

NOISE = 1e-12
"""Relative size below which a sum counts as zero."""


def sound(covering: Covering, x: Array, y: Array, *, within: float = 1e-10) -> bool:
    """Tell whether x meets its needs and y proves its cost, relative to both."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return False
    if not (covering.matrix @ x >= covering.need * (1 - within)).all():
        return False
    margin = covering.cost - y @ covering.matrix
    held = np.isfinite(covering.high)
    if (margin[~held] < -within * covering.cost[~held]).any():
        return False
    cost = float(covering.cost @ x)
    bound = float(y @ covering.need) + float(np.minimum(margin[held], 0.0) @ covering.high[held])
    return bound >= cost * (1 - within)


def vertex(covering: Covering) -> tuple[Array, Array] | None:
    """Return an optimal x and its row prices, or None where it loses its way."""
    rows, columns = covering.matrix.shape
    if not rows:
        return np.zeros(columns), np.zeros(0)
    matrix = np.hstack((covering.matrix, -np.eye(rows)))
    cost = np.concatenate((covering.cost, np.zeros(rows)))
    high = np.concatenate((covering.high, np.full(rows, np.inf)))
    basis = columns + np.arange(rows)
    full = np.zeros(columns + rows, dtype=bool)
    for _ in range(20 * rows + 2 * columns + 100):
        inverse = _inverse(matrix[:, basis])
        if inverse is None:
            return None
        outside = np.where(full, high, 0.0)
        outside[basis] = 0.0
        right = covering.need - matrix @ outside
        values = inverse @ right
        noise = NOISE * (np.abs(inverse) @ (covering.need + np.abs(matrix) @ outside))
        below, above = -values - noise, values - high[basis] - noise
        wrong = np.maximum(below, above)
        if (wrong <= 0).all():
            x = outside
            x[basis] = np.clip(values, 0.0, high[basis])
            price = inverse.T @ cost[basis]
            return x[:columns], np.where(
                price > NOISE * (np.abs(inverse.T) @ cost[basis]), price, 0.0
            )
        leaves = int(np.argmax(np.where(wrong > 0, wrong / np.maximum(noise, 1e-300), 0.0)))
        up = bool(below[leaves] > 0)
        step = _step(matrix, cost, high, basis, full, inverse, leaves, up, wrong[leaves])
        if step is None:
            return None
        enters, flipped = step
        full[flipped] ^= True
        full[basis[leaves]] = not up
        full[enters] = False
        basis[leaves] = enters
    return None


def _inverse(block: Array) -> Array | None:
    """Invert a basis whose rows and columns have very different sizes."""
    row = np.abs(block).max(axis=1)
    if not (row > 0).all():
        return None
    scaled = block / row[:, None]
    column = np.abs(scaled).max(axis=0)
    if not (column > 0).all():
        return None
    try:
        inverse = np.linalg.inv(scaled / column)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(inverse / column[:, None] / row)


def _step(
    matrix: Array,
    cost: Array,
    high: Array,
    basis: Places,
    full: Mask,
    inverse: Array,
    leaves: int,
    up: bool,
    wrong: float,
) -> tuple[int, Places] | None:
    """Return which column enters, and which go to their other bound on the way."""
    speed = inverse[leaves] @ matrix
    speed[np.abs(speed) <= NOISE * (np.abs(inverse[leaves]) @ np.abs(matrix))] = 0.0
    price = inverse.T @ cost[basis]
    margin = cost - price @ matrix
    margin[np.abs(margin) <= NOISE * (cost + np.abs(price) @ np.abs(matrix))] = 0.0
    helps = np.where(full, speed > 0, speed < 0) if up else np.where(full, speed < 0, speed > 0)
    helps[basis] = False
    those = np.flatnonzero(helps & (high > 0))
    pace = np.abs(speed[those])
    ratio = np.abs(margin[those]) / pace
    order = np.lexsort((-pace, ratio))
    left = wrong - np.cumsum(pace[order] * high[those[order]])
    stops = np.flatnonzero(left <= 0)
    if not stops.size:
        return None
    stop = int(stops[0])
    return int(those[order[stop]]), those[order[:stop]]
