"""Renewal processes whose rate changes by windows; each client has its own stream of chance."""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lepta.numerics.weibull import weibull_shape

__all__ = ["Gaps"]

Array = npt.NDArray[np.float64]


@dataclass(slots=True)
class Gaps:
    """Draws arrivals, window after window; `left` is what each client still waits, in mean gaps."""

    seed: int
    left: dict[int, float] = field(default_factory=dict)

    def arrivals(
        self, client: int, window: int, expected: float, pattern: str, cv: float
    ) -> tuple[Array, np.random.Generator]:
        """Return where in the window (0 to 1) the client's requests arrive, about `expected` many.

        Time is counted in mean gaps, in which the process has the rate 1 whatever the window. The
        first gap of all is cut at a uniform place, as if the process had run before. The generator
        is returned for what else is to be drawn of these requests.
        """
        chance = np.random.Generator(
            np.random.Philox(np.random.SeedSequence((self.seed, client, window)))
        )
        if client not in self.left:
            self.left[client] = float(_draw(chance, 1, pattern, cv)[0] * chance.random())
        at = self.left[client]
        parts = []
        while at <= expected:
            room = expected - at
            steps = _draw(chance, int(room + 4 * cv * math.sqrt(room) + 8), pattern, cv)
            times = at + np.concatenate(([0.0], np.cumsum(steps)))
            parts.append(times[:-1][times[:-1] <= expected])
            at = float(times[len(parts[-1])])
        self.left[client] = at - expected
        places = np.concatenate(parts) / expected if parts else np.empty(0)
        return places, chance


def _draw(chance: np.random.Generator, count: int, pattern: str, cv: float) -> Array:
    """Draw gaps of mean 1."""
    if pattern == "Gamma":
        shape = cv**-2
        return chance.gamma(shape, 1 / shape, count)
    if pattern == "Weibull":
        shape = weibull_shape(cv)
        return chance.weibull(shape, count) / math.gamma(1 + 1 / shape)
    return chance.exponential(1.0, count)
