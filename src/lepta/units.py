"""Annotated quantities, checked when a value is born.

A field says its unit and range in its type::

    price_per_hour: UsdPerHour

and a frozen dataclass calls `check(self)` in `__post_init__`. Money also carries its currency in a
field beside it; the unit only says "money per hour". `None` is "unknown" where a type allows it:
never zero, never checked.
"""

import math
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from lepta.errors import InputError, shorten

__all__ = [
    "HOURS_PER_MONTH",
    "MICROS",
    "Count",
    "Fraction",
    "GiB",
    "GramsPerHour",
    "Hours",
    "Kilograms",
    "Milliseconds",
    "Money",
    "MoneyPerHour",
    "MoneyPerMillion",
    "MoneyPerRequest",
    "MoneyPerStart",
    "MoneyPerTonne",
    "PerHour",
    "PerSecond",
    "Quantity",
    "Seconds",
    "Unit",
    "check",
    "from_micros",
    "to_micros",
]

HOURS_PER_MONTH = 730.0
"""A month of price lists: 8,760 h / 12. Bills use the calendar's hours instead."""

MICROS = 1_000_000
"""Micro-units in one unit of a currency."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a number and the closed range in which it makes sense."""

    symbol: str
    low: float = -math.inf
    high: float = math.inf


Money = Annotated[float, Unit("currency")]
MoneyPerHour = Annotated[float, Unit("currency/h", low=0.0)]
MoneyPerRequest = Annotated[float, Unit("currency/request", low=0.0)]
MoneyPerMillion = Annotated[float, Unit("currency/1M", low=0.0)]
MoneyPerStart = Annotated[float, Unit("currency/start", low=0.0)]
MoneyPerTonne = Annotated[float, Unit("currency/tCO2e", low=0.0)]
Hours = Annotated[float, Unit("h", low=0.0)]
Seconds = Annotated[float, Unit("s", low=0.0)]
Milliseconds = Annotated[float, Unit("ms", low=0.0)]
PerSecond = Annotated[float, Unit("1/s", low=0.0)]
PerHour = Annotated[float, Unit("1/h", low=0.0)]
GiB = Annotated[float, Unit("GiB", low=0.0)]
GramsPerHour = Annotated[float, Unit("gCO2e/h", low=0.0)]
Kilograms = Annotated[float, Unit("kgCO2e", low=0.0)]
Fraction = Annotated[float, Unit("1", low=0.0, high=1.0)]
Count = Annotated[int, Unit("1", low=0)]
Quantity = Annotated[float, Unit("the caller's", low=0.0)]


def check(value: Any) -> None:
    """Refuse a dataclass whose numbers are not finite or lie outside the range of their unit.

    Raises
    ------
    InputError
        Names the class, the field, the value and the range.
    """
    kind: Any = type(value)
    for name, unit, whole in _units(kind):
        number = getattr(value, name)
        if number is None:
            continue
        if not isinstance(number, Real) or (whole and number != number // 1):
            raise InputError(
                f"{name} is {shorten(number)}, but must be a {'whole ' if whole else ''}number",
                where=f"{kind.__name__} {getattr(value, 'id', '')!s}".strip(),
                remedy=f"give a number of {unit.symbol}",
            )
        size = _size(number)
        if not math.isfinite(size) or not unit.low <= size <= unit.high:
            raise InputError(
                f"{name} is {shorten(number)}, but must be {_range(unit)} {unit.symbol}",
                where=f"{kind.__name__} {getattr(value, 'id', '')!s}".strip(),
                remedy="give a finite number in that range, or leave it out where it is unknown",
            )


def _size(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


@cache
def _units(kind: Any) -> tuple[tuple[str, Unit, bool], ...]:
    found: list[tuple[str, Unit, bool]] = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        for part in (hint, *get_args(hint)):
            if get_origin(part) is Annotated:
                found.extend(
                    (name, extra, get_args(part)[0] is int)
                    for extra in part.__metadata__
                    if isinstance(extra, Unit)
                )
    return tuple(found)


def _range(unit: Unit) -> str:
    if unit.high < math.inf:
        return f"from {unit.low:g} to {unit.high:g}"
    return f"at least {unit.low:g}" if unit.low > -math.inf else "finite"


def to_micros(amount: float) -> int:
    """Turn money of the numerics (float) into integer micro-units of bills and ledger.

    Raises
    ------
    InputError
        The amount is not finite.
    """
    if not math.isfinite(amount):
        raise InputError(f"an amount of money is {amount!r}", remedy="find the missing price")
    return round(amount * MICROS)


def from_micros(micros: int) -> float:
    """Turn integer micro-units into money of the numerics."""
    return micros / MICROS
