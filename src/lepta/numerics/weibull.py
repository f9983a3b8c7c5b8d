"""The shape of a Weibull distribution from its coefficient of variation."""

import math
from functools import lru_cache

__all__ = ["weibull_shape"]


@lru_cache(maxsize=4096)
def weibull_shape(cv: float) -> float:
    """Return the shape k of a Weibull distribution with this coefficient of variation (sd / mean).

    It solves Gamma(1 + 2/k) / Gamma(1 + 1/k)^2 = 1 + cv^2, whose left side falls with k.
    """
    low, high = 0.05, 100.0
    aim = math.log1p(cv * cv)
    for _ in range(60):
        middle = math.sqrt(low * high)
        if math.lgamma(1 + 2 / middle) - 2 * math.lgamma(1 + 1 / middle) > aim:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)
