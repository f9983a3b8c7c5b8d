"""What goes wrong in a simulated world, and what prices do: all of it a function of the seed."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from lepta.errors import InputError
from lepta.units import PerHour, Unit, check

__all__ = ["Faults", "PriceChange", "Span", "lifetime_s"]

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time from `from_s` up to `to_s` in which a zone, or a variant's market, gives nothing."""

    name: str
    from_s: Annotated[float, Unit("s", low=0.0)]
    to_s: Annotated[float, Unit("s", low=0.0)]

    def __post_init__(self) -> None:
        check(self)
        if self.to_s <= self.from_s:
            raise InputError(
                f"the loss of {self.name} ends at {self.to_s:g} s, not after {self.from_s:g} s",
                remedy="give an end after the start",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """From `at_s` on, a replica of the variant costs this much per hour."""

    variant: str
    at_s: Annotated[float, Unit("s", low=0.0)]
    price_per_hour: Annotated[float, Unit("currency/h", low=0.0)]

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Failures, losses and price changes of one run.

    `failures_per_hour` is the hazard of every serving replica, without notice. A lost zone takes
    its replicas at once; a market that is dry gives no new ones but takes none.
    """

    failures_per_hour: PerHour = 0.0
    zone_losses: tuple[Span, ...] = ()
    dry_markets: tuple[Span, ...] = ()
    prices: tuple[PriceChange, ...] = ()

    def __post_init__(self) -> None:
        check(self)


def lifetime_s(seed: int, variant: int, ordinal: int, per_hour: float, cause: int = 0) -> float:
    """Draw how long a replica lives under a hazard; inf without one.

    The draw belongs to the seed, the cause and the how-manieth replica of its variant, so two
    policies that order replicas in the same order see the same losses.
    """
    if per_hour <= 0:
        return np.inf
    key = np.random.SeedSequence([seed, cause, variant, ordinal])
    return float(np.random.Generator(np.random.Philox(key)).exponential(HOUR_S / per_hour))
