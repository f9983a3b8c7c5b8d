"""How numbers and moments are written in the sentences of a plan."""

from datetime import datetime

__all__ = ["count", "moment", "money"]


def moment(when: datetime) -> str:
    """Write an instant, UTC."""
    return f"{when:%Y-%m-%d %H:%MZ}"


def count(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def money(amount: float) -> str:
    """Write money with cents, or with four significant digits below one."""
    if amount == 0 or abs(amount) >= 1:
        return f"{amount:,.2f}"
    return f"{amount:.4g}" if abs(amount) >= 1e-4 else f"{amount:.3e}"
