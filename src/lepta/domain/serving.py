"""What model servers were seen to do, what is asked of them, and what they can carry."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from lepta.errors import InputError
from lepta.units import Count, GiB, PerSecond, Seconds, Unit, check

__all__ = [
    "BacktestLine",
    "Bucket",
    "Bucketing",
    "Capacity",
    "Objective",
    "Profiles",
    "SeenLatency",
    "ServerSeen",
    "ServiceProfile",
    "ServingClass",
    "ServingRow",
    "Setting",
    "Source",
    "parse_duration",
    "parse_objective",
]

Tokens = Annotated[float, Unit("tokens", low=1.0, high=1e8)]
Load = Annotated[float, Unit("requests", low=0.0)]
Share = Annotated[float, Unit("1", low=0.0, high=1.0)]
TokensPerSecond = Annotated[float, Unit("tokens/s", low=0.0)]


class Source(StrEnum):
    """Where a rate comes from; the words of the published documents."""

    MEASURED = "measured"
    """Read off the table between two measured loads, at measured lengths."""
    FITTED = "fitted"
    """From the iteration-time model fitted to the table, inside the measured lengths."""
    EXTRAPOLATED = "extrapolated"
    """From the same model outside the measured lengths; only where asked for."""
    HISTOGRAM = "histogram"
    """Seen at one operating point of a running server: a bound, not a capacity."""
    BENCHMARK = "benchmark"
    """Read off a load test between two of its loads."""
    ESTIMATE = "estimate"
    """From published figures of GPU and model; never measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The latency that a request is promised; None: nothing is promised of it.

    `share` of the requests shall keep it.
    """

    ttft: Seconds | None = None
    tpot: Seconds | None = None
    e2e: Seconds | None = None
    share: Share = 0.95

    def __post_init__(self) -> None:
        check(self)
        given = [value for value in (self.ttft, self.tpot, self.e2e) if value is not None]
        if not given or min(given) <= 0:
            raise InputError(
                "the latency objective is " + ("0" if given else "empty"),
                remedy="give one above 0, such as --slo ttft=2s,tpot=50ms",
            )
        if not 0 < self.share < 1:
            raise InputError(
                f"the share of requests inside the objective is {self.share:g}",
                remedy="give a share between 0 and 1, such as 0.95",
            )

    def __str__(self) -> str:
        parts = (("TTFT", self.ttft), ("TPOT", self.tpot), ("end to end", self.e2e))
        said = ", ".join(f"{name} {_span(value)}" for name, value in parts if value is not None)
        return f"{said} for {self.share:.4g} of the requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingClass:
    """Requests that are planned alike: their mean lengths and what they are promised."""

    name: str
    input_tokens: Tokens
    output_tokens: Tokens
    objective: Objective
    model: str | None = None

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What was measured together: one model on one kind of replica. Settings are never mixed."""

    model: str
    gpu: str
    gpus: Count
    """GPUs of one replica."""
    backend: str = ""
    backend_version: str = ""
    precision: str = ""
    attention_dp: Count | None = None

    def __post_init__(self) -> None:
        check(self)

    def __str__(self) -> str:
        parts = (f"{self.gpus}x {self.gpu}", self.backend, self.backend_version, self.precision)
        dp = f"attention dp {self.attention_dp}" if (self.attention_dp or 0) > 1 else ""
        return ", ".join(part for part in (*parts, dp) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingRow:
    """One measurement of a replica under a steady number of requests."""

    setting: Setting
    input_tokens: Tokens
    output_tokens: Tokens
    concurrency: Load
    ttft: Seconds
    tpot: Seconds

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The largest load of one replica inside an objective, and the range that it lies in.

    `rate` is the Poisson arrival rate at which the promised share of requests starts in a batch
    inside the objective; `steady_rate` the throughput with always `concurrency` requests. `high`
    is None where no load that breaks the objective was seen.
    """

    rate: PerSecond
    low: PerSecond
    high: PerSecond | None
    steady_rate: PerSecond
    concurrency: Load
    ttft: Seconds
    tpot: Seconds
    at_edge: bool = False
    """The objective holds at the largest load that is known: there may be more."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProfile:
    """What one unit of an offer serves of a class inside the objective; the row of profiles.csv.

    None is "not known": no `rate_low` where only a broken objective was seen, no `rate_high`
    where none was broken, no memory without figures of the model.
    """

    demand_class: str
    offer: str
    source: Source
    rate: PerSecond | None
    rate_low: PerSecond | None
    rate_high: PerSecond | None
    concurrency: Load | None = None
    """Most requests at once in one replica inside the objective; of a running server: just now."""
    replicas: Count = 1
    """Replicas that one unit of the offer holds."""
    setting: Setting | None = None
    tokens_per_s: TokensPerSecond | None = None
    """Output tokens per second at `rate`."""
    ttft: Seconds | None = None
    """Of a replica with that many requests."""
    tpot: Seconds | None = None
    memory: GiB | None = None
    """Weights and KV cache of one replica at that concurrency, over all its GPUs."""
    note: str = ""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Requests of one class with lengths in a box; half-open: low < tokens <= high."""

    name: str
    demand_class: str
    input_low: float
    input_high: float
    output_low: float
    output_high: float
    requests: Count
    mean_input: Tokens
    mean_output: Tokens

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucketing:
    """Size buckets of a request log, the error that they make, and the demand in each."""

    buckets: tuple[Bucket, ...]
    error: Annotated[float, Unit("1", low=0.0)]
    """Bound of the relative error in replica-seconds from taking means, for every replica whose
    cost of a request is a non-negative sum of 1, i, o, i², i·o and o²."""
    asked: Annotated[float, Unit("1", low=0.0)]
    demand: tuple[tuple[str, str, float, float], ...]
    """Rows of demand.csv: class, start (ISO 8601), hours, rate per second."""
    requests: Count
    replicas: tuple[str, ...] = ()
    """Measured replicas for whose own cost inside the objective the bound holds too."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestLine:
    """Relative errors of one kind of test on rows that the fit had not seen."""

    test: str
    target: str
    rows: Count
    groups: Count
    mean: float
    median: float
    p90: float
    worst_group: float
    covered: float | None = None
    """Share of the truths inside the stated band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLatency:
    """What a histogram says of one latency: mean, quantile and share, up to its buckets."""

    name: str
    bound: Seconds | None
    """What is promised; None: nothing."""
    mean: Seconds | None
    quantile_low: Seconds
    quantile_high: Seconds | None
    """None: above the last edge."""
    inside_low: Share | None
    inside_high: Share | None
    """Least and greatest share of requests inside the bound; None: nothing is promised."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSeen:
    """One model of a running server at its operating point."""

    model: str
    engine: str
    rate: PerSecond
    interval: Seconds
    latencies: tuple[SeenLatency, ...]
    mean_input: Annotated[float, Unit("tokens", low=0.0)] | None
    mean_output: Annotated[float, Unit("tokens", low=0.0)] | None
    running: Load | None
    waiting: Load | None

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The answer of `lepta profile`."""

    profiles: tuple[ServiceProfile, ...] = ()
    bucketing: Bucketing | None = None
    backtest: tuple[BacktestLine, ...] = ()
    seen: tuple[ServerSeen, ...] = ()
    """Per model of a running server: what its histograms say."""
    classes: tuple[ServingClass, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def _span(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"


_DURATION = re.compile(r"([0-9.]+(?:e-?\d+)?)\s*(us|ms|s|m|min|h|d)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


def parse_duration(text: str, what: str) -> float:
    """Turn "50ms", "2s" or "10m" into seconds.

    Raises
    ------
    InputError
        It is no positive duration with a unit.
    """
    found = _DURATION.fullmatch(text.strip())
    try:
        seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e10:
        raise InputError(
            f"{what} is {text!r}", remedy="give a number above 0 with its unit: 50ms, 2s, 10m, 1h"
        )
    return seconds


def parse_objective(text: str, share: float = 0.95) -> Objective:
    """Turn "ttft=2s,tpot=50ms,e2e=30s" into an objective.

    Raises
    ------
    InputError
        A part is not one of the three, stands twice, or is no duration.
    """
    parts: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in ("ttft", "tpot", "e2e") or name in parts:
            raise InputError(
                f"the objective {text!r} has the part {part.strip()!r}"
                + (" twice" if name in parts else ""),
                remedy="write ttft=2s,tpot=50ms,e2e=30s, each at most once",
            )
        parts[name] = parse_duration(value, f"the objective of {name}")
    return Objective(**parts, share=share)
