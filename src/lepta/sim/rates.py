"""Curves of how many requests come per second, which add and multiply."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError
from lepta.units import PerHour, PerSecond, Quantity, Seconds, check

__all__ = [
    "Bursts",
    "Constant",
    "Diurnal",
    "Drift",
    "FlashCrowd",
    "Product",
    "Rate",
    "Sum",
    "Weekly",
]

Array = npt.NDArray[np.float64]

DAY_S = 86_400.0


class Rate(Protocol):
    """Anything with a rate; or, as a factor, with a number per second of which it is a part."""

    def per_s(self, at_s: Array) -> Array:
        """Return the rate at each instant, >= 0, depending on nothing but the instant."""
        ...


class _Curve:
    """Lets curves be written as sums and products."""

    __slots__ = ()

    def __add__(self: Rate, other: Rate) -> "Sum":
        return Sum((self, other))

    def __mul__(self: Rate, other: Rate) -> "Product":
        return Product((self, other))


@dataclass(frozen=True, slots=True)
class Sum(_Curve):
    """One crowd beside another."""

    parts: tuple[Rate, ...]

    def per_s(self, at_s: Array) -> Array:
        """Return the sum of the parts."""
        total = np.zeros(len(at_s))
        for part in self.parts:
            total = total + part.per_s(at_s)
        return total


@dataclass(frozen=True, slots=True)
class Product(_Curve):
    """A crowd whose size follows a shape."""

    parts: tuple[Rate, ...]

    def per_s(self, at_s: Array) -> Array:
        """Return the product of the parts."""
        total = np.ones(len(at_s))
        for part in self.parts:
            total = total * part.per_s(at_s)
        return total


@dataclass(frozen=True, slots=True)
class Constant(_Curve):
    """The same at all times."""

    rate_per_s: PerSecond

    def __post_init__(self) -> None:
        check(self)

    def per_s(self, at_s: Array) -> Array:
        """Return the rate."""
        return np.full(len(at_s), float(self.rate_per_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Diurnal(_Curve):
    """A shape with mean 1 over a day: high once, low twelve hours later.

    exp(sharpness cos(...)) / I0(sharpness), of von Mises: 0 is flat, 1 has 7.4 times as much at
    the peak as in the trough, and stays above zero.
    """

    peak_at_s: Seconds = 14 * 3600.0
    """Second of the day of the peak; the run starts at midnight."""
    sharpness: Quantity = 1.0

    def __post_init__(self) -> None:
        check(self)

    def per_s(self, at_s: Array) -> Array:
        """Return the factor."""
        angle = 2 * math.pi * (at_s - self.peak_at_s) / DAY_S
        shape: Array = np.exp(self.sharpness * np.cos(angle)) / np.i0(self.sharpness)
        return shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly(_Curve):
    """A factor per day of the week, the first of which is that on which the run starts."""

    days: tuple[float, ...] = (1.15, 1.15, 1.15, 1.15, 1.1, 0.65, 0.65)

    def __post_init__(self) -> None:
        if len(self.days) != 7 or not all(0 <= day < math.inf for day in self.days):
            raise InputError(
                f"the days of a week are {self.days}", remedy="give seven finite factors >= 0"
            )

    def per_s(self, at_s: Array) -> Array:
        """Return the factor of the day."""
        return np.array(self.days)[(at_s // DAY_S).astype(np.int64) % 7]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bursts(_Curve):
    """A factor that jumps to `height` for `length_s`, at instants of a Poisson process.

    Bursts that overlap count once. The same seed has its bursts at the same instants.
    """

    per_hour: PerHour
    height: Quantity = 3.0
    length_s: Seconds = 120.0
    seed: int = 0

    def __post_init__(self) -> None:
        check(self)

    def per_s(self, at_s: Array) -> Array:
        """Return the factor: 1 between the bursts."""
        if not len(at_s):
            return np.ones(0)
        first = max(0, int((at_s.min() - self.length_s) // 3600))
        starts = np.concatenate(
            [self._starts(hour) for hour in range(first, int(at_s.max() // 3600) + 1)]
        )
        # The last burst that began before each instant, if any, is the one that may still last.
        last = np.searchsorted(starts, at_s, side="right") - 1
        began = np.concatenate(([-math.inf], starts))[last + 1]
        return np.where(at_s - began < self.length_s, float(self.height), 1.0)

    def _starts(self, hour: int) -> Array:
        rng = np.random.Generator(
            np.random.Philox(np.random.SeedSequence(self.seed, spawn_key=(hour,)))
        )
        return 3600.0 * (hour + np.sort(rng.random(rng.poisson(self.per_hour))))


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashCrowd(_Curve):
    """A factor that climbs to `height` in a straight line and falls back exponentially."""

    at_s: Seconds
    height: Quantity = 8.0
    rise_s: Seconds = 60.0
    decay_s: Seconds = 900.0

    def __post_init__(self) -> None:
        check(self)

    def per_s(self, at_s: Array) -> Array:
        """Return the factor: 1 before."""
        since = at_s - self.at_s
        up = np.clip(since / max(self.rise_s, 1e-9), 0.0, 1.0)
        down = np.exp(-np.maximum(since - self.rise_s, 0.0) / max(self.decay_s, 1e-9))
        shape: Array = 1.0 + (self.height - 1.0) * np.where(since < 0, 0.0, up * down)
        return shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(_Curve):
    """A factor that grows by the same share each week; it shrinks below 1."""

    per_week: Quantity = 1.1

    def __post_init__(self) -> None:
        check(self)

    def per_s(self, at_s: Array) -> Array:
        """Return the factor: 1 at the start."""
        shape: Array = np.power(float(self.per_week), at_s / (7 * DAY_S))
        return shape
