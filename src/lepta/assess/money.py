"""Charges in one currency."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from lepta.domain.charges import MONEY

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["changed"]


def changed(charges: "ir.Table", target: str, rates: Mapping[str, Decimal]) -> "ir.Table":
    """Change both costs to `target`: exact decimals, each charge to 1e-12.

    `rates`: units of `target` for one unit of the currency; others stay as they are.
    """
    rate = charges.currency.cases(
        *((name, ibis.literal(value, type="decimal(18, 9)")) for name, value in rates.items()),
        else_=ibis.literal(Decimal(1), type="decimal(18, 9)"),
    )
    return charges.mutate(
        currency=ibis.literal(target),
        # Narrowed first, so that the product of two decimals keeps 38 digits or fewer.
        billed=(charges.billed.cast("decimal(29, 12)") * rate).cast(MONEY),
        effective=(charges.effective.cast("decimal(29, 12)") * rate).cast(MONEY),
    )
