"""What an assessment says: who pays for what, what a unit costs, what is wasted, what is unknown.

Every amount is in integer micro-units of `Spend.currency`, so that parts sum to the whole exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from lepta.units import Fraction, Hours, Quantity, check

__all__ = [
    "DIMENSIONS",
    "IDLE",
    "UNALLOCATED",
    "UNKNOWN",
    "Allocation",
    "Assessment",
    "Basis",
    "Confidence",
    "DailyCost",
    "Finding",
    "Spend",
    "Thresholds",
    "UnitCost",
    "Unknown",
]

IDLE = "__idle__"
"""Paid capacity that nobody had allocated (OpenCost's name for it)."""
UNALLOCATED = "__unallocated__"
"""A charge that no team or workload owns: untagged, tax, credit, support, unused commitment."""
UNKNOWN = "__unknown__"
"""The source does not say: no region on the row, no accelerator known for the machine."""

DIMENSIONS = ("team", "workload", "service", "region", "accelerator")


class Basis(StrEnum):
    """Which of the two costs of FOCUS the amounts follow."""

    BILLED = "billed"
    """As invoiced: a commitment costs on the day on which it is paid."""
    EFFECTIVE = "effective"
    """Amortized: a commitment costs where and when it is used."""


class Confidence(StrEnum):
    """How sure a finding is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """The bill as a whole."""

    currency: str
    basis: Basis
    total_micros: int
    """By `basis`."""
    billed_micros: int
    effective_micros: int
    by_category: Mapping[str, int]
    """FOCUS ChargeCategory -> micros, by `basis`; sums to `total_micros`."""
    rows: int
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """One cell of the partition of the bill: all cells sum to the bill, billed and effective."""

    team: str
    workload: str
    service: str
    region: str
    accelerator: str
    cost_micros: int
    """By the basis of the assessment."""
    billed_micros: int
    effective_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCost:
    """Cost of one day and one member of a dimension; each dimension sums to the bill."""

    day: date
    dimension: str
    key: str
    cost_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """What one unit of work cost. `per_unit` is in currency units, None where it is unknown."""

    unit: str
    """For example "1M output tokens", "image", "audio hour", "GPU-hour"."""
    team: str
    workload: str
    cost_micros: int
    quantity: Quantity | None
    per_unit: float | None
    rule: str
    """How the cost was shared out between units, in a sentence."""
    accelerator: str = ""
    """Of which accelerator, where the unit is a GPU-hour."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A waste, with money, evidence, confidence and a remedy.

    `saving_micros` is what the remedy would have saved within the period of the bill, after every
    dollar that an earlier finding claims already has been taken out.
    """

    id: str
    kind: str
    title: str
    resource: str
    team: str
    workload: str
    saving_micros: int
    saving_per_month_micros: int
    """The same for a month of 730 h."""
    evidence: tuple[str, ...]
    confidence: Confidence
    remedy: str
    overlaps: tuple[str, ...] = ()
    """Findings that claimed part of the same money first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that could not be seen; never taken for zero."""

    what: str
    remedy: str
    cost_micros: int | None = None
    """The money that it concerns, where that is known."""
    share: Fraction | None = None
    """The share of the spend that it concerns."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The answer of `lepta assess`."""

    spend: Spend
    allocation: tuple[Allocation, ...]
    daily: tuple[DailyCost, ...]
    units: tuple[UnitCost, ...]
    findings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """How the input was read, where a rule of FOCUS or of lepta decided."""
    usage_seen: bool = False
    """Was there any usage? Without it nobody knows what was idle; it is not zero."""

    @property
    def total_saving_micros(self) -> int:
        """The sum of all findings; no dollar is in it twice, and it never exceeds the spend."""
        return sum(finding.saving_micros for finding in self.findings)

    def by(self, dimension: str) -> dict[str, int]:
        """Sum the partition over one dimension; the largest first."""
        sums: dict[str, int] = {}
        for cell in self.allocation:
            key = getattr(cell, dimension)
            sums[key] = sums.get(key, 0) + cell.cost_micros
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When something counts as waste."""

    idle_share: Fraction = 0.9
    """A machine has no work when nobody held it in this share of its observed hours."""
    idle_hours: Hours = 4.0
    """Fewer observed idle hours are no finding."""
    quiet_hours: Hours = 24.0
    """An endpoint is without traffic after so many hours without a request, up to the end."""
    busy: Fraction = 0.05
    """An allocated accelerator does not compute below this utilization."""
    low_hours: Hours = 4.0
    """Fewer hours below `busy` are no finding."""

    def __post_init__(self) -> None:
        check(self)
