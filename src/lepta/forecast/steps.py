"""Steps ahead at which errors are learned: each of the first few, then ever fewer."""

import numpy as np

from lepta.forecast.base import Counts

__all__ = ["knots"]


def knots(horizon: int, most: int = 16) -> Counts:
    """Return rising steps ahead (0 = the next step) from 0 to horizon - 1, spread by ratio."""
    last = max(horizon - 1, 0)
    spread = np.geomspace(1, last + 1, most) - 1
    return np.unique(np.rint(spread).astype(np.int64))
