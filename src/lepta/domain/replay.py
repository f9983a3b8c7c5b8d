"""What a replay of a trace under a policy found."""

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from lepta.domain.serving import parse_duration
from lepta.errors import InputError
from lepta.units import Count, Fraction, Money, Seconds, check

__all__ = ["Bound", "Change", "Course", "PolicyRun", "Replay", "Spread", "parse_bounds"]

SHARE: Final = 0.95
"""Promised where an objective names no quantile, as for `lepta profile`."""
_NAMES: Final = {name: name for name in ("latency", "wait", "ttft", "tpot")} | {"e2e": "latency"}
_QUANTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d+)?)")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a request is promised: `what` (latency, wait, ttft, tpot) within `bound_s`.

    `share` of the requests shall keep it: p99=2s is the share 0.99 of latency.
    """

    what: str
    bound_s: Seconds
    share: Fraction

    def __post_init__(self) -> None:
        check(self)

    def __str__(self) -> str:
        return f"{self.what} p{self.share * 100:.6g} <= {self.bound_s:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Mean and quantiles of a time, in seconds."""

    mean: Seconds
    p50: Seconds
    p90: Seconds
    p99: Seconds
    max: Seconds

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A decision that asked for other levels than the one before."""

    at_s: float
    want: tuple[int, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a run went, in equal intervals of `step_s` from the start; arrays (intervals,).

    p50_s and p99_s are of the time that the first objective is about (latency where there is none),
    of requests that arrived in the interval; NaN where none did.
    """

    step_s: float
    load_per_s: Array
    """All classes, each as a share of what one replica of the first variant carries."""
    capacity: Array
    """Of the serving replicas, in the same unit."""
    waiting: Array
    p50_s: Array
    p99_s: Array
    replicas: Array
    """(intervals, variants) paid for, mean over the interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRun:
    """One policy on one trace."""

    policy: str
    cost: Money
    replica_hours: float
    replica_hours_by_variant: tuple[tuple[str, float], ...]
    arrived: Count
    served: Count
    dropped: Count
    in_flight: Count
    """Left waiting or unfinished at the end."""
    violations: Fraction
    """Share of the arrived requests that broke their objective, were dropped, or never ended."""
    kept: bool
    """Whether every promised share was kept."""
    wait: Spread | None
    latency: Spread | None
    ttft: Spread | None
    tpot: Spread | None
    changes: tuple[Change, ...]
    changes_per_hour: float
    idle_share: Fraction
    """Of the time paid for: starting, or with nothing to do."""
    losses: Count
    """Replicas lost to spot markets, failures and zones."""
    units: float
    """Of what cost_per_unit is counted in, served."""
    cost_per_unit: float | None
    """None: nothing was served."""
    end_s: float
    course: Course | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """All policies on one trace; the answer of `lepta replay`."""

    trace: str
    requests: Count
    span_s: Seconds
    """From the start to the last arrival."""
    unit: str
    """What cost_per_unit counts, such as "1M output tokens"."""
    engine: str
    """How replicas were simulated, in words."""
    objective: tuple[Bound, ...]
    policies: tuple[PolicyRun, ...]
    currency: str
    seed: int
    tick_s: float
    version: str
    shown: str
    """The time that the first objective is about: latency, wait, ttft or tpot."""
    variants: tuple[str, ...]
    epoch_s: float = float("nan")
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default=())


def parse_bounds(text: str) -> tuple[Bound, ...]:
    """Turn "p99=2s" or "ttft:p95=500ms,tpot=50ms,wait:p99.9=2s" into what is promised.

    A quantile alone is one of latency; a name alone is promised to 95 % of the requests.

    Raises
    ------
    InputError
        A part is no objective, or stands twice.
    """
    found: list[Bound] = []
    for part in text.split(","):
        left, _, value = (word.strip() for word in part.partition("="))
        name, _, quantile = (word.strip() for word in left.partition(":"))
        if not quantile and _QUANTILE.fullmatch(name):
            name, quantile = "latency", name
        hit = _QUANTILE.fullmatch(quantile) if quantile else None
        if name not in _NAMES or bool(quantile) != bool(hit):
            raise InputError(
                f"the objective {text!r} has the part {part.strip()!r}",
                remedy="write p99=2s for latency, or wait:p99=2s, ttft:p95=500ms, tpot=50ms",
            )
        share = float(hit[1]) / 100 if hit else SHARE
        if not 0 < share < 1:
            raise InputError(
                f"the quantile of {part.strip()!r} is {share:g}",
                remedy="give one between p1 and p99.99",
            )
        bound_s = parse_duration(value, f"the objective of {name}")
        if any(bound.what == _NAMES[name] for bound in found):
            raise InputError(
                f"the objective {text!r} has {_NAMES[name]} twice", remedy="give each once"
            )
        found.append(Bound(what=_NAMES[name], bound_s=bound_s, share=share))
    return tuple(found)
