"""Numbers and names as people read them: money, prices, shares, periods, ages, labels.

Shared by the terminal and the page, so that both say a figure with the same digits.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from lepta.domain.assessment import IDLE, UNALLOCATED, UNKNOWN
from lepta.units import HOURS_PER_MONTH

__all__ = [
    "ALWAYS_SHOWN",
    "NO_DATA",
    "age",
    "clip",
    "count",
    "day",
    "decimals",
    "instant",
    "label",
    "money",
    "owner",
    "per_month",
    "period",
    "plain",
    "price",
    "share",
    "signed",
    "span",
]

MINUS: Final = "\N{MINUS SIGN}"
DASH: Final = "\N{EN DASH}"
NO_DATA: Final = "unknown"
"""How a missing number reads; never 0, never blank."""

_LABELS: Final = {IDLE: "Idle", UNALLOCATED: "Unallocated", UNKNOWN: "Not stated"}
ALWAYS_SHOWN: Final = frozenset(_LABELS)
"""Keys that are never folded into an "other" row, however small they are."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """Replace what could steer a terminal or turn the reading direction of its neighbors."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def clip(text: str, longest: int) -> str:
    """Cut a name in the middle: its two ends tell it from its neighbors."""
    text = plain(text)
    if len(text) <= longest:
        return text
    head = (longest - 1) * 3 // 5
    return f"{text[:head]}…{text[len(text) - (longest - 1 - head) :]}"


def label(key: str) -> str:
    """Name a member of a dimension as people would; the three special lines get words."""
    return _LABELS.get(key, plain(key) if key.strip() else "(no name)")


def owner(team: str, workload: str) -> str:
    """Name who something belongs to: team / workload, each once, or all."""
    names = [label(name) for name in (team, workload) if name]
    return " / ".join(dict.fromkeys(names)) or "all"


def decimals(total: float) -> int:
    """Choose the digits after the point for a table whose largest amount is `total`."""
    size = abs(total)
    if size >= 10_000:
        return 0
    if size >= 0.1 or size == 0:
        return 2
    return 6 if size < 0.001 else 4


def money(amount: float | None, digits: int = 2) -> str:
    """Write an amount; one that would round to nothing reads "<0.01" instead of "0.00"."""
    if amount is None:
        return NO_DATA
    sign = MINUS if amount < 0 else ""
    text = f"{abs(amount):,.{digits}f}"
    if amount and not text.strip("0."):
        text = f"<{10.0**-digits:.{digits}f}"
    return sign + text


def signed(amount: float | None, digits: int = 2) -> str:
    """Write a change of money with its sign; unknown stays unknown."""
    text = money(amount, digits)
    return f"+{text}" if amount and not text.startswith(MINUS) else text


def price(amount: float | None) -> str:
    """Write a price per unit of work with four significant digits."""
    if amount is None:
        return NO_DATA
    if amount == 0:
        return "0"
    digits = min(12, max(2, 3 - math.floor(math.log10(abs(amount)))))
    text = f"{abs(amount):,.{digits}f}"
    if digits > 2:
        whole, _, rest = text.partition(".")
        text = f"{whole}.{rest.rstrip('0').ljust(2, '0')}"
    return f"{MINUS}{text}" if amount < 0 else text


def count(number: float | None) -> str:
    """Write a quantity: whole where it is whole, else four significant digits."""
    if number is None:
        return NO_DATA
    if abs(number) >= 1000 or number == int(number):
        return f"{number:,.0f}"
    return price(number)


def share(part: float | None, whole: float | None, digits: int = 0) -> str:
    """Write a part of a whole in percent; blank where there is no whole to compare with."""
    if part is None or not whole:
        return ""
    percent = 100 * part / whole
    if part and abs(percent) < 10.0**-digits / 2:
        return f"<{10.0**-digits:.{digits}f}%"
    if digits == 0 and abs(percent) < 100 and round(percent) == 100:
        return ">99%"
    return f"{percent:.{digits}f}%".replace("-", MINUS)


def per_month(amount: float | None, hours: float) -> float | None:
    """Scale the money of a horizon to a month of 730 h."""
    return None if amount is None or hours <= 0 else amount / hours * HOURS_PER_MONTH


def day(moment: datetime) -> str:
    """Write a day: Sep 1, 2026."""
    return f"{moment:%b} {moment.day}, {moment.year}"


def instant(moment: datetime) -> str:
    """Write an instant in UTC to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def period(start: datetime | None, end: datetime | None) -> str:
    """Write a half-open period by its first and its last day."""
    if start is None or end is None:
        return "period unknown"
    start, last = start.astimezone(UTC), end.astimezone(UTC) - timedelta(microseconds=1)
    if start.date() >= last.date():
        return day(start)
    if start.year != last.year:
        return f"{day(start)} {DASH} {day(last)}"
    if start.month != last.month:
        return f"{start:%b} {start.day} {DASH} {last:%b} {last.day}, {last.year}"
    return f"{start:%b} {start.day}{DASH}{last.day}, {last.year}"


def span(hours: float) -> str:
    """Write a length of time: hours up to four days, then days and hours."""
    if hours <= 96:
        return f"{count(hours)} h"
    days = hours / 24
    return f"{count(days)} days" if days == int(days) else f"{count(hours)} h"


def age(then: datetime, now: datetime) -> str:
    """Say how old something is, in its largest unit."""
    seconds = max(0.0, (now - then).total_seconds())
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {name}{'s' if number != 1 else ''} old"
    return "less than a minute old"
