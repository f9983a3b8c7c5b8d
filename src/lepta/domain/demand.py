"""Demand: what has to be served, when, and what one unit of an offer can serve of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lepta.errors import InputError
from lepta.units import Hours, Milliseconds, MoneyPerRequest, PerSecond, check

__all__ = ["Demand", "Profile", "Route"]


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
class Profile:
    """The largest rate of a class that one unit of an offer serves inside the latency objective.

    No profile for a pair (class, offer) means that the offer cannot serve the class.
    """

    demand_class: str
    offer: str
    rate_per_s: PerSecond

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
