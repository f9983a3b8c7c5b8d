"""The bad end of equally likely values: mean of the worst share, and quantile."""

import math

import numpy as np
import numpy.typing as npt

__all__ = ["tail_mean", "tail_quantile"]

Array = npt.NDArray[np.float64]


def tail_mean(values: Array, share: float) -> float:
    """Mean of the largest `share` of `values`, the last one in part (CVaR; Rockafellar 2000).

    Of 50 values and a share of 0.05 it is (v1 + v2 + v3 / 2) / 2.5, with v1 the largest.
    """
    ordered = np.sort(values)[::-1]
    count = share * len(ordered)
    weight = np.clip(count - np.arange(len(ordered)), 0.0, 1.0)
    return float(weight @ ordered / count)


def tail_quantile(values: Array, share: float) -> float:
    """Return the value that at most `share` of `values` lie above: one of them, no mean of two."""
    return float(np.sort(values)[::-1][min(math.floor(share * len(values)), len(values) - 1)])
