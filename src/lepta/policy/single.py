"""Policies of one variant: which one they scale, and what they leave alone."""

import math

import numpy as np

from lepta.domain.pool import Pool, Snapshot
from lepta.errors import InputError

__all__ = ["ceiling", "clock", "latest_load", "levels", "main_variant", "need", "within"]

ROOM = 1e-9
"""Relative slack of a quotient that should be whole."""


def main_variant(pool: Pool) -> int:
    """Return the variant with the lowest list price per load among those that serve every class.

    The load is taken as equal parts of all classes; ties go to the first.

    Raises
    ------
    InputError
        No variant serves every class.
    """
    full = (pool.capacity_per_s > 0).all(axis=0)
    if not full.any():
        raise InputError(
            f"no variant of {pool.name} serves every class",
            remedy="name one that does, or use a policy for mixed pools (wva, predictive, horizon)",
        )
    with np.errstate(divide="ignore"):
        per_load = pool.prices * np.where(full, (1.0 / pool.capacity_per_s).sum(axis=0), np.inf)
    per_load[~full] = np.inf
    return int(np.argmin(per_load))


def levels(seen: Snapshot, variant: int, level: int) -> tuple[int, ...]:
    """Return the levels with one set anew; the others stay as they are."""
    want = [int(asked) for asked in seen.level]
    want[variant] = level
    return tuple(want)


def need(seen: Snapshot, variant: int) -> float:
    """Return how many replicas of a variant carry the load of the last interval; NaN: not seen."""
    if not len(seen.load_per_s):
        return math.nan
    row = seen.load_per_s[-1]
    if np.isnan(row).any():
        return math.nan
    return float(seen.pool.replicas(row)[variant])


def latest_load(seen: Snapshot) -> float:
    """Return the load of the last interval, summed over classes; NaN: not seen."""
    return float(seen.load_per_s[-1].sum()) if len(seen.load_per_s) else math.nan


def within(ratio: float, tolerance: float) -> bool:
    """Tell whether a ratio is as good as 1, in the comparison of the controller since 1.33."""
    return 1.0 - tolerance <= ratio <= 1.0 + tolerance


def ceiling(number: float) -> int:
    """Round up, but for the rounding errors of a quotient that should be whole."""
    return max(0, math.ceil(number - ROOM * max(1.0, abs(number))))


def clock(seen: Snapshot, later_s: float = 0.0) -> str:
    """Name the instant `later_s` from now: UTC hours and minutes, or seconds of the run."""
    at = seen.at_s + later_s
    if math.isnan(seen.epoch_s):
        return f"{at:.0f} s"
    minute = int((seen.epoch_s + at) // 60)
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
