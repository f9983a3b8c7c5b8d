"""How long jobs run, and how long a running one still will, from jobs of which some still run.

A job that is still running (or whose end was not seen) tells only that it lasts longer than so
far. Dropping such jobs makes every duration look short. Here they stay at risk up to the moment
they were last seen: the Kaplan-Meier estimator (1958) on a fine grid of times, the censored of a
bin at risk for half of it. Groups (a tenant, a tenant's jobs of one size) borrow from the
whole: the chance to end in a bin is (ends + prior x the parent's chance) / (at risk + prior), the
mean of a beta process (Hjort 1990); a group of few jobs is the whole, one of many is itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError, shorten
from lepta.forecast.base import LEVELS, Array, Counts, known_levels

__all__ = ["Durations", "fit_durations"]

BINS = 400
PRIOR = 30.0
"""Jobs that the parent group counts for."""
LEAST_JOBS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """The share of jobs that lasts longer, by group; () is the whole.

    edges (bins + 1,) seconds, from 0; log_survival (bins + 1,) per group: it starts at 0.
    """

    edges: Array
    log_survival: dict[tuple[str, ...], Array]
    jobs: dict[tuple[str, ...], int]
    censored: int
    """Jobs whose end was not seen."""

    def known(self, group: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the group, or the nearest of its parents that was seen."""
        name = tuple(group)
        while name not in self.log_survival:
            name = name[:-1]
        return name

    def survival(self, times_s: npt.ArrayLike, group: Sequence[str] = ()) -> Array:
        """Return the share of jobs that last longer than each time; past the last one the last."""
        curve = self.log_survival[self.known(group)]
        lasting: Array = np.exp(np.interp(np.asarray(times_s, float), self.edges, curve))
        return lasting

    def remaining(
        self,
        elapsed_s: npt.ArrayLike = 0.0,
        levels: Sequence[float] = LEVELS,
        group: Sequence[str] = (),
    ) -> Array:
        """Return quantiles of the time that jobs still run, having run for `elapsed_s` (...,).

        (..., levels) seconds. inf: so long that no job seen tells (most were still
        running, or none lasted as long).

        Raises
        ------
        InputError
            A time is negative or no number, or the levels do not rise within 0 and 1.
        """
        held = np.array(known_levels(levels))
        elapsed = np.asarray(elapsed_s, float)
        if not (np.isfinite(elapsed) & (elapsed >= 0)).all():
            raise InputError(
                f"the elapsed time is {shorten(elapsed_s)}", remedy="give seconds of 0 or more"
            )
        curve = self.log_survival[self.known(group)]
        start = np.interp(elapsed, self.edges, curve)
        wanted = start[..., None] + np.log1p(-held)
        # The curve falls; ties (nobody ends in a bin) go to the first edge that is low enough.
        falling = -curve
        above = np.searchsorted(falling, -wanted - 1e-12, side="left")
        inside = np.clip(above, 1, len(curve) - 1)
        high, low = falling[inside], falling[inside - 1]
        part = np.clip((-wanted - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
        end = self.edges[inside - 1] + part * (self.edges[inside] - self.edges[inside - 1])
        end = np.where(above >= len(curve), np.inf, end)
        left: Array = np.maximum(end - elapsed[..., None], 0.0)
        return left


def fit_durations(
    duration_s: Array,
    ended: npt.NDArray[np.bool_],
    groups: Sequence[Sequence[str]] = (),
    *,
    bins: int = BINS,
    prior: float = PRIOR,
) -> Durations:
    """Learn from jobs (n,): how long each ran so far, and whether it ended then.

    `groups`: labels from the widest to the narrowest, such as (tenants, sizes), each (n,): the
    group (a, b) borrows from (a,), and that from the whole.

    Raises
    ------
    InputError
        Lengths differ, a duration is negative or no number, or fewer than 20 jobs ended.
    """
    lasted = np.ascontiguousarray(duration_s, float)
    over = np.ascontiguousarray(ended, bool)
    if lasted.shape != over.shape or any(len(g) != len(lasted) for g in groups):
        raise InputError(
            "jobs, ends and groups have different lengths", remedy="give one of each per job"
        )
    wrong = np.flatnonzero(~(np.isfinite(lasted) & (lasted >= 0)))
    if len(wrong):
        raise InputError(
            f"the duration of job {wrong[0]} is {lasted[wrong[0]]!r}",
            remedy="give seconds of 0 or more; leave out jobs that never started",
        )
    if np.count_nonzero(over) < LEAST_JOBS:
        raise InputError(
            f"{np.count_nonzero(over)} of {len(lasted)} jobs ended",
            remedy=f"wait until {LEAST_JOBS} have: fewer tell no quantiles",
        )
    edges = _edges(lasted[over], float(lasted.max()), bins)
    place = np.clip(np.searchsorted(edges, lasted, side="left") - 1, 0, len(edges) - 2)
    names: dict[tuple[str, ...], int] = {(): len(lasted)}
    chance: dict[tuple[str, ...], Array] = {(): _chance(place, over, len(edges) - 1, None, 0.0)}
    code = np.zeros(len(lasted), np.int64)
    keys: list[tuple[str, ...]] = [()]
    for labels in groups:
        label, inverse = np.unique(np.asarray(labels, str), return_inverse=True)
        pair, code_next = np.unique(code * len(label) + inverse, return_inverse=True)
        order = np.argsort(code_next, kind="stable")
        bounds = np.searchsorted(code_next[order], np.arange(len(pair) + 1))
        new: list[tuple[str, ...]] = []
        for k, number in enumerate(pair):
            rows = order[bounds[k] : bounds[k + 1]]
            parent = keys[int(number) // len(label)]
            name = (*parent, str(label[int(number) % len(label)]))
            new.append(name)
            names[name] = len(rows)
            chance[name] = _chance(place[rows], over[rows], len(edges) - 1, chance[parent], prior)
        keys, code = new, code_next
    return Durations(
        edges=edges,
        log_survival={
            name: np.concatenate(([0.0], np.cumsum(np.log1p(-np.minimum(h, 1 - 1e-12)))))
            for name, h in chance.items()
        },
        jobs=names,
        censored=int(np.count_nonzero(~over)),
    )


def _edges(ends: Array, longest: float, bins: int) -> Array:
    """Return rising times from 0 on: quantiles of the ends, and the longest that was seen."""
    inner = np.quantile(ends, np.linspace(0, 1, bins), method="higher")
    return np.unique(np.concatenate(([0.0], inner, [max(longest, float(ends.max()))])))


def _chance(
    place: Counts,
    over: npt.NDArray[np.bool_],
    bins: int,
    parent: Array | None,
    prior: float,
) -> Array:
    """Return (bins,): the chance that a job at risk in a bin ends in it."""
    ends = np.bincount(place[over], minlength=bins).astype(float)
    lost = np.bincount(place[~over], minlength=bins).astype(float)
    at_risk = np.cumsum((ends + lost)[::-1])[::-1] - lost / 2
    if parent is None:
        chance: Array = np.where(at_risk > 0, ends / np.maximum(at_risk, 1e-12), 0.0)
        return chance
    borrowed: Array = (ends + prior * parent) / (at_risk + prior)
    return borrowed
