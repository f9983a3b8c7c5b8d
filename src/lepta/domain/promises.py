"""What a fleet plan promises beyond serving all demand: limits, survival, carbon, calm, risk."""

from dataclasses import dataclass
from enum import StrEnum

from lepta.domain.offer import Offer
from lepta.errors import InputError
from lepta.units import Fraction, Hours, Kilograms, MoneyPerTonne, Quantity, check

__all__ = ["CVAR_TAIL", "NO_MORE", "Measure", "Promises", "Quota", "Scope", "Survival"]

CVAR_TAIL = 0.05
"""CVaR is the mean of the worst so large share of the scenarios."""


class Scope(StrEnum):
    """What may fail as one."""

    ZONE = "zone"
    REGION = "region"
    PROVIDER = "provider"
    POOL = "pool"
    """A spot pool: all its units are taken back at once."""

    def of(self, offer: Offer) -> str:
        """Name the domain of failure that an offer belongs to; "" for none (or not known)."""
        if self is Scope.POOL:
            return offer.spot_pool
        if self is Scope.PROVIDER:
            return offer.provider
        if self is Scope.REGION:
            return "/".join(
                part for part in (offer.provider, offer.region) if offer.region and part
            )
        return "/".join(
            part for part in (offer.provider, offer.region, offer.zone) if offer.zone and part
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """Lose any one of `scope` and still serve `share` of the demand of every class."""

    scope: Scope
    share: Fraction

    def __post_init__(self) -> None:
        check(self)


class Measure(StrEnum):
    """What a quota counts."""

    UNITS = "units"
    ACCELERATORS = "accelerators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The most that may be held at once of all offers that match; blank matches every offer."""

    name: str
    limit: Quantity
    measure: Measure = Measure.UNITS
    provider: str = ""
    region: str = ""
    zone: str = ""
    accelerator: str = ""
    instance_type: str = ""
    term: str = ""

    def __post_init__(self) -> None:
        check(self)
        if not self.name:
            raise InputError("a quota has no name", remedy="give each quota a unique name")

    def weight(self, offer: Offer) -> float:
        """Count what one unit of an offer uses of the quota; 0 where it does not match."""
        if offer.serverless:
            return 0.0
        for name in ("provider", "region", "zone", "accelerator", "instance_type", "term"):
            wanted = getattr(self, name)
            if wanted and wanted != str(getattr(offer, name)):
                return 0.0
        return offer.accelerator_count if self.measure is Measure.ACCELERATORS else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What holds for the whole plan. The defaults ask for nothing beyond serving the demand."""

    survive: tuple[Survival, ...] = ()
    carbon_price: MoneyPerTonne = 0.0
    carbon_limit: Kilograms | None = None
    """Over the horizon; None: no limit."""
    payback_hours: Hours | None = None
    """A change of what runs now must earn its switching cost within so many hours; None: within
    the horizon."""
    risk: Fraction = 0.0
    """Weight of CVaR against the expected cost, where demand is uncertain."""

    def __post_init__(self) -> None:
        check(self)
        scopes = [one.scope for one in self.survive]
        if len(set(scopes)) < len(scopes):
            raise InputError(
                "two shares are promised for the loss of one kind of place",
                where="survive",
                remedy="give each of zone, region, provider and pool once",
            )
        if self.payback_hours is not None and not self.payback_hours > 0:
            raise InputError(
                f"the payback time is {self.payback_hours:g} h",
                remedy="give the hours within which a change must pay, above 0",
            )


NO_MORE = Promises()
"""Nothing beyond serving the demand."""
