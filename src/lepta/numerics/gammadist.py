"""The gamma distribution: share below a value, and quantiles. No library of the core has it."""

from math import exp, inf, lgamma, log

__all__ = ["gamma_below", "gamma_quantile"]

EXACT = 1e-14


def gamma_below(shape: float, value: float) -> float:
    """Return P(X <= value) of a gamma variable of this shape and scale 1.

    The regularized lower incomplete gamma function, by its series below shape + 1 and by the
    continued fraction above (Abramowitz & Stegun 6.5.29, 6.5.31).
    """
    if value <= 0:
        return 0.0
    scale = exp(shape * log(value) - value - lgamma(shape))
    if value < shape + 1:
        term = total = 1.0 / shape
        k = shape
        while abs(term) > EXACT * abs(total):
            k += 1
            term *= value / k
            total += term
        return min(total * scale, 1.0)
    tiny = 1e-300
    b = value + 1 - shape
    c, d = 1 / tiny, 1 / b
    fraction = d
    for i in range(1, 10_000):
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b or tiny)
        c = b + a / c or tiny
        change = d * c
        fraction *= change
        if abs(change - 1) < EXACT:
            break
    return max(1.0 - scale * fraction, 0.0)


def gamma_quantile(shape: float, level: float) -> float:
    """Return the value that a gamma variable of this shape and scale 1 stays below so often.

    By bisection; 0 at level 0, inf at level 1.
    """
    if level <= 0:
        return 0.0
    if level >= 1:
        return inf
    high = shape + 1.0
    while gamma_below(shape, high) < level:
        high *= 2
    low = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if gamma_below(shape, middle) < level else (low, middle)
    return (low + high) / 2
