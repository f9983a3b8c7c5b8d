"""Commitments (M3): usage, contracts, what is owned, and the answer of `lepta commit`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from lepta.domain.plan import Check
from lepta.errors import InputError
from lepta.units import Fraction, Hours, Money, MoneyPerHour, Quantity, check

__all__ = [
    "HOURS_PER_YEAR",
    "Bought",
    "Category",
    "CommitCase",
    "CommitPlan",
    "Contract",
    "Coverage",
    "FocusLine",
    "Forecast",
    "Held",
    "History",
    "Holding",
    "Intended",
    "Pool",
    "Regret",
    "Safety",
    "Saving",
]

Array = npt.NDArray[np.float64]

HOURS_PER_YEAR = 8760.0
"""A year of contracts: 365 days."""


class Category(StrEnum):
    """What a contract promises: the CommitmentDiscountCategory of FOCUS."""

    USAGE = "Usage"
    SPEND = "Spend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Usage that has one on-demand price; None is not known."""

    family: str
    region: str
    price_per_hour: MoneyPerHour | None

    def __post_init__(self) -> None:
        check(self)
        # A price of 0 is one that nobody knows: nothing is free.
        object.__setattr__(self, "price_per_hour", self.price_per_hour or None)

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.family} in {self.region}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A commitment that can be bought.

    A unit is one unit running (Usage) or one unit of currency per hour (Spend). `price_per_hour`
    is paid for each unit and hour, used or not; None with neither `discount` nor `upfront_per_unit`
    is not known. `family` and `region` None cover any. `start` None begins when it is bought.
    """

    id: str
    type: str = ""
    category: Category = Category.USAGE
    family: str | None = None
    region: str | None = None
    hours: Hours
    start: datetime | None = None
    price_per_hour: MoneyPerHour | None = None
    discount: Fraction | None = None
    upfront_share: Fraction = 0.0
    upfront_per_unit: Money = 0.0
    minimum: Quantity = 0.0
    maximum: Quantity | None = None
    lot: Quantity | None = None

    def __post_init__(self) -> None:
        check(self)
        if self.start is not None:
            _check_zone(f"contract {self.id}", self.start)
        spend = self.category is Category.SPEND
        most = self.maximum
        for wrong, column, remedy in (
            (self.hours < 1, "hours", "give a term of at least one hour"),
            (self.upfront_per_unit < 0, "upfront_per_unit", "give an amount of at least 0"),
            (
                most is not None and self.minimum > most,
                "minimum",
                f"the maximum is {most}: raise it, or lower the minimum",
            ),
            (
                most is not None and self.lot is not None and 0 < most < self.lot,
                "lot",
                f"the maximum is {most}, below one lot: raise it, or lower the lot",
            ),
            (
                self.price_per_hour is not None and self.discount is not None,
                "discount",
                "give price_per_hour or discount, not both",
            ),
            (
                spend and self.price_per_hour is not None,
                "price_per_hour",
                "a spend contract costs what it commits: give its discount, and no price",
            ),
            (
                (spend or self.upfront_share > 0) and self.upfront_per_unit > 0,
                "upfront_per_unit",
                "give upfront_share (all that a spend contract can have) or this, not both",
            ),
        ):
            if wrong:
                raise InputError(
                    f"is {getattr(self, column)!r}, which contradicts the rest of the row",
                    where=f"contract {self.id}, column {column!r}",
                    remedy=remedy,
                )

    def covers(self, pool: Pool) -> bool:
        """Tell whether it applies to usage of this family and region."""
        return self.family in (None, pool.family) and self.region in (None, pool.region)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Units of a contract that are owned over [start, end)."""

    contract: str
    units: Quantity
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        check(self)
        _check_zone(f"what is owned of {self.contract}", self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Usage that was: `units[hour, pool]` from `start` on, hour by hour; NaN is not known."""

    start: datetime
    pools: tuple[tuple[str, str], ...]
    """(family, region) per column."""
    units: Array

    def __post_init__(self) -> None:
        _check_grid(self.start, self.pools, self.units, 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """Usage that may be: `units[scenario, hour, pool]` from `start` on; all equally likely."""

    start: datetime
    pools: tuple[tuple[str, str], ...]
    units: Array
    notes: tuple[str, ...] = ()
    """How it was made, in sentences."""

    def __post_init__(self) -> None:
        _check_grid(self.start, self.pools, self.units, 3)


def _check_zone(what: str, *moments: datetime) -> None:
    for moment in moments:
        if moment.tzinfo is None:
            raise InputError(f"{what} has a naive time {moment}", remedy="give its zone, as UTC")


def _check_grid(start: datetime, pools: tuple[tuple[str, str], ...], units: Array, n: int) -> None:
    _check_zone("usage", start)
    if units.ndim != n or units.shape[-1] != len(pools):
        raise InputError(
            f"usage has the shape {units.shape} for {len(pools)} families and regions",
            remedy="give " + ("(hours, pools)" if n == 2 else "(scenarios, hours, pools)"),
        )
    if (units < 0).any() or np.isinf(units).any():
        raise InputError(
            "usage has a number that is negative or infinite",
            remedy="give units of at least 0; NaN where they are not known",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitCase:
    """What can be bought, what is owned, and what usage costs without either."""

    pools: tuple[Pool, ...]
    contracts: tuple[Contract, ...]
    owned: tuple[Holding, ...] = ()
    currency: str = "USD"
    capital: Fraction = 0.0
    """Cost of capital per year: money later is worth less by so much."""

    def __post_init__(self) -> None:
        check(self)
        names = [contract.id for contract in self.contracts]
        twice = sorted({name for name in names if names.count(name) > 1})
        strange = sorted({row.contract for row in self.owned} - set(names))
        if twice or strange:
            raise InputError(
                f"contract {twice[0]} stands twice"
                if twice
                else f"{strange[0]} is owned, but no contract has that name",
                remedy="give each contract one name, and use it for what is owned",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What is saved against buying nothing new, over the scenarios; money of the horizon."""

    expected: float
    worst: float
    """Mean of the worst 5 % of the scenarios."""
    quantile: float
    """5 % of the scenarios save less than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One contract: how much of it to buy now, what it earns, and why not more.

    Amounts are expected ones over its term, at present value. `break_even` is the share of its
    hours that a unit must be used to earn its price, `used` the share it is used, `next_used` the
    share that one more lot would be. None: not known, or nothing to divide by.
    """

    contract: str
    type: str
    category: str
    units: float
    hours: float
    cost: float
    upfront: float
    price_per_hour: float | None
    """Of one unit, with its upfront payment spread over the term."""
    saving: float
    """Lost if this one were not bought, and all others were."""
    break_even: float | None
    used: float | None
    next_used: float | None
    break_even_hours: float | None
    """Hours of use that pay for one unit."""
    upfront_back_months: float | None
    """Months of 730 h until what is paid upfront has come back; None: nothing is, or never."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """A purchase that the plan reckons with later; not signed, and in no saving."""

    contract: str
    start: datetime
    units: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A contract that is owned: how much it is used until it expires or the horizon ends."""

    contract: str
    units: float
    end: datetime
    used: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A family in a region: its usage, and how much of it commitments cover (expected)."""

    family: str
    region: str
    usage: float
    """Unit-hours."""
    covered_now: float
    """Unit-hours covered by what is owned."""
    covered: float
    """Unit-hours covered by what is owned and bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusLine:
    """Expected charges of the horizon as FOCUS would group them; they sum to the bill."""

    pricing_category: str
    commitment: str | None
    category: str | None
    type: str | None
    status: str | None
    quantity: float
    unit: str
    effective_cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """The same purchase where demand is another share of the forecast."""

    demand: float
    """1 is the forecast."""
    saving: Saving
    regret: float
    """Expected cost above the best purchase that was found for that demand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """What caution costs: this purchase against the one with the least expected cost."""

    risk: Fraction
    expected_saving: float
    """Of the purchase with the least expected cost."""
    worst_saving: float
    price: float
    """Expected saving given up for safety, with later purchases as intended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitPlan:
    """The answer of `lepta commit`. Money is of the whole horizon, at present value."""

    status: str
    currency: str
    start: datetime
    hours: Hours
    scenarios: int
    risk: float
    capital: float
    objective: float
    """Cost with the later purchases as intended, weighed by risk: what the bound belongs to."""
    bound: float
    gap: float
    cost_on_demand: float
    """Expected, with no commitment at all."""
    cost_now: float
    """Expected, with what is owned and nothing new."""
    cost: float
    """Expected, with what is owned and what is bought now."""
    saving: Saving
    coverage_now: float | None
    coverage: float | None
    """Share of the usage, valued on demand, that commitments cover."""
    utilization: float | None
    """Share of what is bought now that is used, valued at its price."""
    bought: tuple[Bought, ...] = ()
    intended: tuple[Intended, ...] = ()
    held: tuple[Held, ...] = ()
    pools: tuple[Coverage, ...] = ()
    focus: tuple[FocusLine, ...] = ()
    regret: tuple[Regret, ...] = ()
    safety: Safety | None = None
    checks: tuple[Check, ...] = ()
    explanation: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    scenario_costs: tuple[tuple[float, float, float], ...] = field(default=(), repr=False)
    """Per scenario: cost with what is owned, with what is bought now, with what is intended too."""
