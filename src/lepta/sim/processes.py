"""Seeded requests: when they come, of which kind and tenant, and how much work they bring.

Arrivals are a renewal process on the scale of the expected number of arrivals: the k-th comes when
the integral of the rate reaches the sum of k gaps of mean 1. With exponential gaps that is the
Poisson process of the rate, exactly for a rate that is constant within each `step_s`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.errors import InputError
from lepta.numerics.weibull import weibull_shape
from lepta.sim.rates import Rate
from lepta.units import Count, Quantity, check

__all__ = ["Law", "Stream", "generate"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Shape = Literal["exponential", "deterministic", "lognormal", "gamma", "weibull"]

BLOCK = 4096
"""Requests that are drawn with one child of the seed; part of what a seed means."""
CELLS = 4096
"""Steps of the rate that are summed at once; part of what a seed means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The law of a positive number, by its mean and coefficient of variation (sd / mean).

    "exponential" has cv 1 and "deterministic" 0, whatever `cv` says.
    """

    mean: Quantity
    cv: Quantity = 1.0
    shape: Shape = "lognormal"

    def __post_init__(self) -> None:
        check(self)
        if self.shape not in ("exponential", "deterministic", "lognormal", "gamma", "weibull"):
            raise InputError(
                f"there is no law {self.shape!r}",
                remedy="give exponential, deterministic, lognormal, gamma or weibull",
            )
        if self.shape == "weibull" and not 0.05 <= self.cv <= 20 and self.cv:
            raise InputError(
                f"a Weibull law has the cv {self.cv}", remedy="give a cv from 0.05 to 20, or 0"
            )

    def draw(self, rng: np.random.Generator, size: int) -> Array:
        """Return `size` independent numbers."""
        if self.shape == "deterministic" or (self.cv == 0 and self.shape != "exponential"):
            return np.full(size, float(self.mean))
        if self.shape == "exponential":
            return self.mean * rng.standard_exponential(size)
        if self.shape == "gamma":
            shape = self.cv**-2
            return self.mean / shape * rng.standard_gamma(shape, size)
        if self.shape == "weibull":
            k = weibull_shape(self.cv)
            return self.mean / math.gamma(1 + 1 / k) * rng.weibull(k, size)
        variance = math.log1p(self.cv**2)
        log = -variance / 2 + math.sqrt(variance) * rng.standard_normal(size)
        drawn: Array = self.mean * np.exp(log)
        return drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Requests of one kind of one tenant. What has no law is not brought.

    Tokens are rounded, 1 or more, and at most `longest`.
    """

    rate: Rate
    gaps: Law = Law(mean=1.0, shape="exponential")
    """Between arrivals, in units of the mean gap: the mean is 1."""
    kind: Count = 0
    tenant: Count = 0
    service_s: Law | None = None
    input_tokens: Law | None = None
    output_tokens: Law | None = None
    longest: Count = 1_000_000

    def __post_init__(self) -> None:
        check(self)
        if self.gaps.mean != 1.0:
            raise InputError(
                f"the gaps of a stream have the mean {self.gaps.mean}",
                remedy="give them the mean 1; the rate says how many come",
            )


def generate(
    streams: Sequence[Stream],
    *,
    length_s: float,
    seed: int,
    step_s: float = 1.0,
    chunk: int = 65_536,
) -> Iterator[Requests]:
    """Yield the requests of all streams in order of arrival, `chunk` at a time.

    The same seed gives the same requests to the byte, whatever the chunk; a stream keeps its own
    when streams are added behind it. What comes within 4,096 steps is held at once: smaller steps
    where very many come. A column is brought where any stream has a law for it, and
    then all must.

    Raises
    ------
    InputError
        No stream, a length, step or chunk that is not above 0, a column that only some streams
        bring, or a rate that is negative or no number (its instant is said).
    """
    if not streams or not (0 < length_s < math.inf and 0 < step_s < math.inf and chunk >= 1):
        raise InputError(
            f"{len(streams)} streams over {length_s} s in steps of {step_s} s, {chunk} at a time",
            where="generate",
            remedy="give at least one stream, and a length, step and chunk above 0",
        )
    columns = [n for n in _LAWS if any(getattr(s, n) is not None for s in streams)]
    for i, stream in enumerate(streams):
        for name in columns:
            if getattr(stream, name) is None:
                raise InputError(
                    f"stream {i} has no {name}, but another has",
                    where="generate",
                    remedy=f"give all streams {name}, or none",
                )
    sources = [_Source(s, seed, i, columns, length_s, step_s) for i, s in enumerate(streams)]
    held: list[dict[str, npt.NDArray[Any]]] = []
    size = 0
    for window in range(math.ceil(length_s / (CELLS * step_s))):
        parts = [source.window(window) for source in sources]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.argsort(joined["at_s"], kind="stable")
        held.append({name: column[order] for name, column in joined.items()})
        size += len(order)
        if size >= chunk:
            whole = {name: np.concatenate([h[name] for h in held]) for name in held[0]}
            cut = size - size % chunk
            for first in range(0, cut, chunk):
                yield _requests({n: c[first : first + chunk].copy() for n, c in whole.items()})
            held, size = [{name: column[cut:] for name, column in whole.items()}], size - cut
    if size:
        yield _requests({name: np.concatenate([h[name] for h in held]) for name in held[0]})


_LAWS = ("service_s", "input_tokens", "output_tokens")


class _Source:
    """One stream, window by window of time; what is drawn is drawn in blocks of arrivals."""

    def __init__(
        self,
        stream: Stream,
        seed: int,
        number: int,
        columns: list[str],
        length_s: float,
        step_s: float,
    ) -> None:
        self._stream, self._seed, self._number = stream, seed, number
        self._columns, self._length_s, self._step_s = columns, length_s, step_s
        self._block = 0
        self._mass, self._reached = 0.0, 0.0
        self._held: list[dict[str, npt.NDArray[Any]]] = []
        self._more()

    def _rng(self, purpose: int) -> np.random.Generator:
        key = (self._number, purpose, self._block)
        return np.random.Generator(
            np.random.Philox(np.random.SeedSequence(self._seed, spawn_key=key))
        )

    def _more(self) -> None:
        """Draw the next block: where its arrivals lie in the integral of the rate, and work."""
        reached = self._reached + np.cumsum(self._stream.gaps.draw(self._rng(0), BLOCK))
        self._reached = float(reached[-1])
        new: dict[str, npt.NDArray[Any]] = {"at": reached}
        for name in self._columns:
            drawn = getattr(self._stream, name).draw(self._rng(1 + _LAWS.index(name)), BLOCK)
            if name != "service_s":
                drawn = np.clip(np.rint(drawn), 1, self._stream.longest).astype(np.int64)
            new[name] = drawn
        self._held.append(new)
        self._block += 1

    def window(self, number: int) -> dict[str, npt.NDArray[Any]]:
        """Return the arrivals of one window of CELLS steps."""
        cells = number * CELLS + np.arange(CELLS)
        edges = np.minimum(np.append(cells, cells[-1] + 1) * self._step_s, self._length_s)
        width = np.diff(edges)
        edges, width = edges[: np.count_nonzero(width) + 1], width[width > 0]
        middle = edges[:-1] + width / 2
        rate = np.asarray(self._stream.rate.per_s(middle), float)
        wrong = ~((rate >= 0) & (rate < math.inf))
        if wrong.any():
            i = int(np.argmax(wrong))
            raise InputError(
                f"the rate of stream {self._number} is {rate[i]} per second",
                where=f"generate, {middle[i]:g} s after the start",
                remedy="give finite rates, 0 or more",
            )
        mass = self._mass + np.concatenate(([0.0], np.cumsum(rate * width)))
        self._mass = float(mass[-1])
        while self._reached <= self._mass:
            self._more()
        held = {n: np.concatenate([h[n] for h in self._held]) for n in self._held[0]}
        reached = held.pop("at")
        n = int(np.searchsorted(reached, self._mass, side="right"))
        cell = np.clip(np.searchsorted(mass, reached[:n], side="left") - 1, 0, len(rate) - 1)
        inside = (reached[:n] - mass[cell]) / np.where(rate[cell] > 0, rate[cell], 1.0)
        at = np.clip(edges[cell] + inside, edges[cell], edges[cell + 1])
        rest = {"at": reached, **held}
        self._held = [{name: column[n:].copy() for name, column in rest.items()}]
        return {
            "at_s": np.maximum.accumulate(at) if n else at,
            "kind": np.full(n, self._stream.kind, np.int64),
            "tenant": np.full(n, self._stream.tenant, np.int64),
            **{name: column[:n] for name, column in held.items()},
        }


def _requests(columns: dict[str, npt.NDArray[Any]]) -> Requests:
    return Requests(**columns)
