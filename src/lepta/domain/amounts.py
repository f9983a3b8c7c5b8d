"""Amounts as people write them in options: shares (90%), times (300ms, 24h), changes (-20%, x2)."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from lepta.errors import InputError, shorten

__all__ = ["Change", "change_of", "hours_of", "milliseconds_of", "number_of", "share_of"]

NUMBER = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?")
TIME = re.compile(r"(?P<number>[^a-zA-Z]+)\s*(?P<unit>[a-zA-Z]+)")
UNITS = {
    "ms": Decimal(1),
    "s": Decimal(1_000),
    "min": Decimal(60_000),
    "h": Decimal(3_600_000),
    "d": Decimal(86_400_000),
}
"""Milliseconds in each unit of time; decimals, so that 0.3s and 300ms are one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A number is set to `value`, or multiplied by `factor`; with neither, a promise is lifted."""

    value: float | None = None
    factor: float | None = None

    @property
    def lifts(self) -> bool:
        """Whether the promise goes, instead of getting another number."""
        return self.value is None and self.factor is None

    def of(self, before: float) -> float:
        """Return what a known number becomes."""
        if self.value is not None:
            return self.value
        after = before * (1.0 if self.factor is None else self.factor)
        if not math.isfinite(after):
            raise InputError(f"{before:g} becomes too large", remedy="give a smaller factor")
        return after


def number_of(text: str, where: str) -> float:
    """Read a finite number.

    Raises
    ------
    InputError
        The text is none; `where` names the option.
    """
    return float(_decimal(text, where, "give a number, such as 2.5"))


def share_of(text: str, where: str) -> float:
    """Read a share from 0 to 1: 90% or 0.9.

    Raises
    ------
    InputError
        It is no share, or lies outside.
    """
    remedy = "give a share from 0 to 1, such as 90% or 0.9"
    said = text.strip()
    share = _decimal(said.removesuffix("%"), where, remedy)
    share = share / 100 if said.endswith("%") else share
    if not 0 <= share <= 1:
        if 1 < share <= 100:
            remedy = f"is {share:f}% meant?"
        raise InputError(f"{shorten(text)} is not between 0 and 1", where=where, remedy=remedy)
    return float(share)


def milliseconds_of(text: str, where: str) -> float:
    """Read a length of time (300ms, 2s, 5min) in milliseconds.

    Raises
    ------
    InputError
        It has no unit, or is negative.
    """
    return float(_time(text, where, "300ms"))


def hours_of(text: str, where: str) -> float:
    """Read a length of time (24h, 2d, 30min) in hours.

    Raises
    ------
    InputError
        It has no unit, or is negative.
    """
    return float(_time(text, where, "24h") / UNITS["h"])


def change_of(text: str, where: str, absolute: Callable[[str, str], float]) -> Change:
    """Read a change: relative (+10%, -20%), a factor (x2), or a new value that `absolute` reads.

    Raises
    ------
    InputError
        It is none of them, or what it leaves is below 0.
    """
    said = text.strip()
    if said.endswith("%"):
        size = said[:-1].strip()
        percent = _decimal(size, where, "write -20%, +10%, x2 or a new value")
        if size[:1] not in ("+", "-"):
            raise InputError(
                f"{shorten(text)} may mean by or to",
                where=where,
                remedy=f"write +{size}% for a rise by it, or x{percent / 100:f} for that share",
            )
        if percent < -100:
            raise InputError(
                f"{shorten(text)} leaves less than nothing",
                where=where,
                remedy="give -100% or more",
            )
        return Change(factor=float((100 + percent) / 100))
    if said[:1] in ("x", "*"):
        factor = _decimal(said[1:], where, "write a factor like x2 or x0.5")
        if factor < 0:
            raise InputError(
                f"the factor {shorten(text)} is below 0", where=where, remedy="write one like x0.5"
            )
        return Change(factor=float(factor))
    if said[:1] in ("+", "-"):
        raise InputError(
            f"{shorten(text)} has no percent sign",
            where=where,
            remedy=f"write {said}% for a change by that share, or the new value without a sign",
        )
    return Change(value=absolute(said, where))


def _decimal(text: str, where: str, remedy: str) -> Decimal:
    said = text.strip()
    if not NUMBER.fullmatch(said) or not math.isfinite(float(said)):
        raise InputError(f"{shorten(text)} is not a number", where=where, remedy=remedy)
    return Decimal(said)


def _time(text: str, where: str, example: str) -> Decimal:
    units = ", ".join(UNITS)
    remedy = f"write a number and its unit ({units}), such as {example}"
    found = TIME.fullmatch(text.strip())
    if found is None or found["unit"] not in UNITS:
        raise InputError(f"{shorten(text)} is not a length of time", where=where, remedy=remedy)
    number = _decimal(found["number"], where, remedy)
    if number < 0:
        raise InputError(f"{shorten(text)} is a negative time", where=where, remedy=remedy)
    return number * UNITS[found["unit"]]
