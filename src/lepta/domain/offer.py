"""Offers: what can be rented, where, on which terms, at what price."""

from dataclasses import dataclass
from enum import StrEnum

from lepta.errors import InputError
from lepta.units import (
    Count,
    GiB,
    GramsPerHour,
    Hours,
    MoneyPerHour,
    MoneyPerMillion,
    MoneyPerRequest,
    MoneyPerStart,
    PerHour,
    Quantity,
    Seconds,
    check,
)

__all__ = ["CatalogEntry", "Offer", "Term"]


class Term(StrEnum):
    """On which terms a machine is held."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    RESERVED = "reserved"
    SERVERLESS = "serverless"
    """No machine is held: requests or tokens are paid (an API)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A machine shape at a place and on a term, or an API that is paid by use.

    A unit is one machine, or one group of machines that serve together (tensor parallel).
    `price_per_hour` is None where nobody knows it: such an offer is shown, never planned with.
    `limit` is the largest number that may be held at once (quota, reservation, rack); None is none
    known. `owned` units are held and paid for whether they work or not. `interruptions_per_hour` is
    the hazard of losing a running machine, `startup_s` the time from request to serving, paid as
    machine time; `start_cost` what a start costs beyond that; None is not known.
    """

    id: str
    provider: str = ""
    region: str = ""
    zone: str = ""
    instance_type: str = ""
    accelerator: str = ""
    accelerator_count: Quantity = 0.0
    term: Term = Term.ON_DEMAND
    price_per_hour: MoneyPerHour | None
    limit: Count | None = None
    interruptions_per_hour: PerHour | None = None
    startup_s: Seconds | None = None
    carbon_g_per_hour: GramsPerHour | None = None
    owned: Count = 0
    start_cost: MoneyPerStart | None = None
    min_hours: Hours = 0.0
    """The shortest run of a unit once it serves (billing minimum, or a rule of the house)."""
    pool: str = ""
    """Units of one pool are interrupted together; blank: machine type and zone are the pool."""
    accelerator_memory_gib: GiB | None = None
    """Memory of one accelerator, for models that share a unit; None: not known."""
    price_per_request: MoneyPerRequest | None = None
    price_per_million_input_tokens: MoneyPerMillion | None = None
    price_per_million_output_tokens: MoneyPerMillion | None = None

    def __post_init__(self) -> None:
        check(self)
        if not self.id:
            raise InputError("an offer has no name", remedy="give each offer a unique name")
        if self.limit is not None and self.owned > self.limit:
            raise InputError(
                f"{self.id} owns {self.owned} units, but its limit is {self.limit}",
                where=f"Offer {self.id}",
                remedy="raise the limit to what is owned, or correct one of the two",
            )
        if self.serverless and self.owned:
            raise InputError(
                f"{self.id} is serverless, but owns {self.owned} units",
                where=f"Offer {self.id}",
                remedy="an API has no units: leave owned blank",
            )

    @property
    def serverless(self) -> bool:
        """Whether use is paid instead of machines."""
        return self.term is Term.SERVERLESS

    @property
    def spot_pool(self) -> str:
        """The pool that is interrupted as one; "" for terms that are not interrupted."""
        if self.term is not Term.SPOT:
            return ""
        named = (self.provider, self.region, self.zone, self.instance_type or self.accelerator)
        return self.pool or "/".join(part for part in named if part) or self.id

    @property
    def memory_gib(self) -> float | None:
        """Accelerator memory of one unit; None: not known."""
        if self.accelerator_memory_gib is None:
            return None
        return self.accelerator_memory_gib * max(self.accelerator_count, 1.0)

    @property
    def lead_hours(self) -> float:
        """Hours from request to serving; 0 where it is not known."""
        return (self.startup_s or 0.0) / 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """An offer with what a price list tells about the machine, and where the price was read."""

    offer: Offer
    currency: str
    vcpus: Quantity | None = None
    memory: GiB | None = None
    accelerator_memory: GiB | None = None
    """Memory of one accelerator."""
    source: str
    as_of: str
    """The day of the price, ISO 8601."""
    note: str = ""

    def __post_init__(self) -> None:
        check(self)
