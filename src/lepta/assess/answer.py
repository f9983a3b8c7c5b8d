"""The bill as a whole, and what could not be seen: the frame of an assessment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from lepta.assess.partition import by_category, in_micros, picos
from lepta.domain.assessment import UNALLOCATED, UNKNOWN, Basis, Spend, Unknown
from lepta.domain.charges import Category

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "RULES",
    "Sighting",
    "exact",
    "hours",
    "no_usage",
    "notes_of_usage",
    "seen_of",
    "spent",
    "unallocated",
    "unknown_of_bill",
    "unknown_of_usage",
]

RULES = (
    "A charge belongs to whom x_Team and x_Workload or its tags name, whatever its category; where "
    "they name nobody it is __unallocated__.",
    "A charge lies on the day (UTC) on which its period starts, whole, however long the period is.",
)
USAGE_RULE = (
    "A machine's Usage charges are shared by allocated / capacity in each hour of the usage table; "
    "what nobody held is __idle__; hours that the table does not cover stay with the charge's "
    "owner."
)


class Sighting(Protocol):
    """What one source holds of one currency and category."""

    @property
    def category(self) -> str:
        """ChargeCategory."""
        ...

    @property
    def rows(self) -> int:
        """Number of charges."""
        ...

    @property
    def billed(self) -> Decimal:
        """Exact sum of BilledCost."""
        ...

    @property
    def effective(self) -> Decimal:
        """Exact sum of EffectiveCost."""
        ...

    @property
    def start(self) -> datetime:
        """The first start of a charge period, naive UTC."""
        ...

    @property
    def end(self) -> datetime:
        """The last end of a charge period, naive UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Totals:
    """Exact sums of a bill."""

    billed: Decimal
    effective: Decimal


def exact(sightings: Iterable[Sighting]) -> Totals:
    """Sum the bill exactly, apart from any allocation."""
    seen = list(sightings)
    return Totals(
        sum((s.billed for s in seen), Decimal(0)), sum((s.effective for s in seen), Decimal(0))
    )


def spent(sightings: Sequence[Sighting], basis: Basis, currency: str) -> Spend:
    """Give the bill as a whole, in micro-units."""
    totals = exact(sightings)
    billed, effective = in_micros(totals.billed), in_micros(totals.effective)
    total = billed if basis is Basis.BILLED else effective
    sums: dict[str, int] = {}
    for seen in sightings:
        amount = seen.billed if basis is Basis.BILLED else seen.effective
        sums[seen.category] = sums.get(seen.category, 0) + picos(amount)
    start, end = _span(sightings)
    return Spend(
        currency=currency,
        basis=basis,
        total_micros=total,
        billed_micros=billed,
        effective_micros=effective,
        by_category=by_category(sums, total),
        rows=sum(seen.rows for seen in sightings),
        start=start.replace(tzinfo=UTC),
        end=end.replace(tzinfo=UTC),
    )


def hours(sightings: Sequence[Sighting]) -> float:
    """Give the hours from the first to the last use: what a saving of the period is scaled by."""
    used = [seen for seen in sightings if seen.category == Category.USAGE]
    start, end = _span(used or sightings)
    return (end - start).total_seconds() / 3600


def _span(sightings: Sequence[Sighting]) -> tuple[datetime, datetime]:
    return min(seen.start for seen in sightings), max(seen.end for seen in sightings)


def unknown_of_bill(
    spend: Spend, unreadable: tuple[int, Decimal, Decimal], by_team: int, by_region: int
) -> list[Unknown]:
    """Say what the bill itself leaves open."""
    rows, *amounts = unreadable
    found = []
    if rows:
        amount = amounts[0 if spend.basis is Basis.BILLED else 1]
        found.append(
            _sized(
                f"the tags of {rows} charges: they are no JSON object, so they name no owner",
                "export Tags as a JSON object, as FOCUS prescribes",
                in_micros(amount),
                spend,
            )
        )
    if by_team:
        found.append(
            _sized(
                "whose the unallocated part is: its charges name no team",
                "tag resources with a team, add x_Team to the bill, or give a usage table",
                by_team,
                spend,
            )
        )
    if by_region:
        found.append(
            _sized(
                "the region of part of the bill: its charges have no RegionId",
                "nothing to do where a service has no region; else export RegionId",
                by_region,
                spend,
            )
        )
    return found


def seen_of(charges: "ir.Table", pieces: "ir.Table", basis: Basis) -> "ir.Table":
    """Sum up what the usage table did not see of machines with an accelerator: `cost, resources`.

    Both resources without any usage, and hours of watched resources that usage does not cover.
    """
    unwatched = charges.filter(
        (charges.category == str(Category.USAGE)) & (charges.accelerator_key != UNKNOWN)
    ).select(resource=charges.resource, cost=charges[basis.value])
    gaps = pieces.filter((pieces.state == "outside") & (pieces.accelerator != UNKNOWN)).select(
        resource=pieces.resource, cost=pieces[basis.value]
    )
    both = unwatched.union(gaps, distinct=False)
    return both.aggregate(cost=both.cost.sum(), resources=both.resource.nunique())


def unknown_of_usage(
    spend: Spend,
    blind: Iterable[tuple[Any, ...]],
    unseen: tuple[Decimal | None, int],
) -> list[Unknown]:
    """Say what the usage table leaves open, with the money that it concerns."""
    found = []
    if unseen[0]:
        found.append(
            _sized(
                f"what {unseen[1]} machine(s) with accelerators did in hours without usage rows: "
                "idle or not is not known",
                "give usage rows for every hour that is billed",
                in_micros(unseen[0]),
                spend,
            )
        )
    for state, accelerated, cost, resources in blind:
        if state == "unknown":
            what = f"who held {resources} resource(s): allocated or capacity is blank"
            remedy = "fill allocated and capacity in the usage table"
        elif accelerated:
            what = f"the utilization of accelerators on {resources} machine(s) that were held"
            remedy = "fill utilization from DCGM or nvidia-smi; blank is never taken for idle"
        else:
            continue
        found.append(_sized(what, remedy, in_micros(cost), spend))
    return found


def notes_of_usage(excess: tuple[float, int]) -> list[str]:
    """Say how usage was applied."""
    notes = [USAGE_RULE]
    if excess[1]:
        notes.append(
            f"In {excess[0]:.1f} hours of {excess[1]} resource(s) more was allocated than exists: "
            "there the cost was shared in proportion to what was allocated, nothing is idle."
        )
    return notes


def no_usage(spend: Spend) -> Unknown:
    """Say that without usage nothing can be said of idle or waste."""
    return _sized(
        "what is idle or wasted, and what a unit of work costs: no usage table was given",
        "give one: lepta assess --usage FILE (columns: docs, usage table)",
        max(spend.total_micros, 0),
        spend,
    )


def _sized(what: str, remedy: str, micros: int, spend: Spend) -> Unknown:
    share = None
    if spend.total_micros > 0 and 0 <= micros <= spend.total_micros:
        share = micros / spend.total_micros
    return Unknown(what=what, remedy=remedy, cost_micros=micros, share=share)


def unallocated(cells: Iterable[Any], dimension: str, key: str = UNALLOCATED) -> int:
    """Sum the cells of which a dimension has this key."""
    return sum(cell.cost_micros for cell in cells if getattr(cell, dimension) == key)
