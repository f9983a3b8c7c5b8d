"""Exact sums to micro-units: every table of an assessment sums to the bill, to the last micro."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from lepta.domain.assessment import DIMENSIONS, Allocation, Basis, DailyCost
from lepta.errors import LeptaError
from lepta.numerics.apportion import apportion, round_half_even

__all__ = ["allocation", "by_category", "daily", "in_micros", "picos", "reconcile"]


FLOAT_STEPS = 2**50
"""An amount that went through a few operations on floats is exact to one of so many steps."""


def picos(amount: Decimal | None) -> int:
    """Turn an exact amount into whole 1e-12 units."""
    return 0 if amount is None else int(amount.scaleb(12).to_integral_exact())


def in_micros(amount: Decimal | None) -> int:
    """Round an exact amount to micro-units."""
    return round_half_even(picos(amount))


def by_category(amounts: Mapping[str, int], total: int) -> dict[str, int]:
    """Round the sums per category (1e-12 units) so that they sum to the total (micro-units)."""
    names = sorted(amounts)
    return dict(zip(names, apportion([amounts[name] for name in names], total), strict=True))


def allocation(
    rows: Sequence[tuple[Any, ...]], *, basis: Basis, billed: int, effective: int
) -> tuple[Allocation, ...]:
    """Round cells (five keys, billed, effective) so that both costs sum to their totals.

    Cells come in order of their keys; cells without any cost in either basis are left out.
    """
    kept = [row for row in rows if row[5] or row[6]] or list(rows[:1])
    costs = {
        Basis.BILLED: apportion([picos(row[5]) for row in kept], billed),
        Basis.EFFECTIVE: apportion([picos(row[6]) for row in kept], effective),
    }
    cells = [
        Allocation(
            **dict(zip(DIMENSIONS, row[:5], strict=True)),
            cost_micros=costs[basis][i],
            billed_micros=costs[Basis.BILLED][i],
            effective_micros=costs[Basis.EFFECTIVE][i],
        )
        for i, row in enumerate(kept)
    ]
    keys = [tuple(getattr(cell, name) for name in DIMENSIONS) for cell in cells]
    order = sorted(range(len(cells)), key=lambda i: (-cells[i].cost_micros, keys[i]))
    return tuple(cells[i] for i in order)


def daily(
    rows: Iterable[tuple[date, str, Decimal, Decimal]],
    dimension: str,
    sums: Mapping[str, int],
    basis: Basis,
) -> list[DailyCost]:
    """Round costs per day and member so that the days of a member sum to its part of the bill."""
    days: dict[str, list[tuple[date, int]]] = {}
    for day, key, billed, effective in rows:
        amount = billed if basis is Basis.BILLED else effective
        days.setdefault(key, []).append((day, picos(amount)))
    found: list[DailyCost] = []
    for key in sorted(days):
        parts = apportion([amount for _, amount in days[key]], sums.get(key, 0))
        found.extend(
            DailyCost(day=day, dimension=dimension, key=key, cost_micros=micros)
            for (day, exact), micros in zip(days[key], parts, strict=True)
            if exact or micros
        )
    return found


def reconcile(
    name: str, parts: Decimal, total: Decimal, *, roundings: int, split: Decimal | None = None
) -> None:
    """Check that the parts sum to the bill, but for one rounding per split piece.

    `split`: the sum of the absolute amounts of split pieces, each a product of floats.

    Raises
    ------
    LeptaError
        They do not: a fault of lepta, never shown as an answer.
    """
    if abs(picos(parts) - picos(total)) > roundings + picos(split) // FLOAT_STEPS:
        raise LeptaError(
            f"the {name} does not reconcile: {parts} of {total}",
            remedy="this is a fault of lepta: please report the columns of the bill",
        )
