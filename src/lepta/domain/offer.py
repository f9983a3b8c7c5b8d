"""Offers: what can be rented, where, on which terms, at what price."""

from dataclasses import dataclass
from enum import StrEnum

from lepta.errors import InputError
from lepta.units import Count, GiB, GramsPerHour, MoneyPerHour, PerHour, Quantity, Seconds, check

__all__ = ["CatalogEntry", "Offer", "Term"]


class Term(StrEnum):
    """On which terms a machine is held."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A machine shape at a place and on a term.

    `price_per_hour` is None where nobody knows it: such an offer is shown, never planned with.
    `limit` is the largest number that may be held at once (quota, reservation, rack); None is none
    known. `interruptions_per_hour` is the hazard of losing a running machine, `startup_s` the time
    from request to serving; None is not known.
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

    def __post_init__(self) -> None:
        check(self)
        if not self.id:
            raise InputError("an offer has no name", remedy="give each offer a unique name")


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
