"""What a replay of a trace under a policy found."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lepta.units import Count, Fraction, Money, Seconds, check

__all__ = ["Bound", "Change", "Course", "PolicyRun", "Replay", "Spread"]

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
    most: Seconds

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

    Latencies are those of requests that arrived in the interval; NaN where none did.
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
    runs: tuple[PolicyRun, ...]
    currency: str
    seed: int
    tick_s: float
    version: str
    variants: tuple[str, ...]
    epoch_s: float = float("nan")
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default=())
