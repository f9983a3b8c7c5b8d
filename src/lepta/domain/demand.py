"""Demand: what has to be served, when, and what one unit of an offer can serve of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lepta.errors import InputError
from lepta.units import (
    Fraction,
    GiB,
    Hours,
    Milliseconds,
    MoneyPerRequest,
    PerSecond,
    Quantity,
    check,
)

__all__ = ["Demand", "DemandClass", "Pipeline", "Profile", "Route", "Scenario", "Stage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The arrival rate of one demand class over a half-open interval [start, start + hours)."""

    demand_class: str
    start: datetime
    hours: Hours
    rate_per_s: PerSecond

    def __post_init__(self) -> None:
        check(self)
        if self.start.tzinfo is None:
            raise InputError(
                f"demand of {self.demand_class} starts at a naive time {self.start}",
                remedy="give the zone; UTC ends in Z",
            )
        if self.hours <= 0:
            raise InputError(
                f"demand of {self.demand_class} lasts {self.hours} h", remedy="give hours above 0"
            )
        try:
            # All that follows counts and writes in UTC, whatever zone the caller thinks in.
            object.__setattr__(self, "start", self.start.astimezone(UTC))
            self.start + timedelta(hours=self.hours)
        except OverflowError:
            raise InputError(
                f"demand of {self.demand_class} from {self.start.isoformat()} for {self.hours:g} h "
                "leaves the years 1 to 9999",
                remedy="give fewer hours, or another start",
            ) from None

    @property
    def end(self) -> datetime:
        """The first instant after the interval."""
        return self.start + timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandClass:
    """What is known of a demand class beyond its rate; everything left out is not asked for.

    `latency_ms` is the objective that round trip and profile latency must keep together; `regions`
    are the only ones that may serve it (data residency; empty: any). `memory_gib` is what one
    replica holds of a unit (weights and cache). Token counts are means per request.
    """

    name: str
    latency_ms: Milliseconds | None = None
    regions: tuple[str, ...] = ()
    memory_gib: GiB | None = None
    input_tokens: Quantity | None = None
    output_tokens: Quantity | None = None
    penalty_per_request: MoneyPerRequest | None = None
    """What a request that is not served costs, where demand is uncertain; None: a promise."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The largest rate of a class that one unit of an offer serves inside a latency.

    No profile for a pair (class, offer) means that the offer cannot serve the class. Several rows
    with different `latency_ms` are operating points: less batching answers sooner and serves less.
    Without `latency_ms` the rate is one inside the objective, whatever that is. For a serverless
    offer it is the largest rate that may be sent (its rate limit).
    """

    demand_class: str
    offer: str
    rate_per_s: PerSecond
    latency_ms: Milliseconds | None = None

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What it costs and how long it takes to send a request of a class to an offer's place."""

    demand_class: str
    offer: str
    per_request: MoneyPerRequest = 0.0
    round_trip_ms: Milliseconds | None = None

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a pipeline: which class it is, and how often a request of the whole asks it."""

    demand_class: str
    per_request: Quantity = 1.0

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Stages that a request passes one after the other; its demand is that of the class `name`.

    `latency_ms` is the budget of the whole, which the planner shares out between the stages.
    """

    name: str
    latency_ms: Milliseconds
    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way in which demand may come, with its probability; same intervals as the demand."""

    name: str
    probability: Fraction
    demand: tuple[Demand, ...]

    def __post_init__(self) -> None:
        check(self)
