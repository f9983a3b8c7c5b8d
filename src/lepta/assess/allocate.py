"""Who pays what: the bill as a cube of day, category and the five dimensions of the partition.

Without usage a charge goes whole to its owner. With usage, charges of a resource are split among
those who held the resource (`share.py`). Both give rows of one shape, which add up to the bill.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepta.assess.owners import or_nobody
from lepta.domain.assessment import DIMENSIONS

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["CUBE", "by_day", "cells", "cube", "keyed", "rollup", "totals"]

CUBE = ("day", "category", *DIMENSIONS)


def cube(charges: "ir.Table", pieces: "ir.Table | None" = None) -> "ir.Table":
    """Sum owned charges (and pieces of shared ones) over day, category and the dimensions."""
    whole = keyed(charges)
    if pieces is None:
        return rollup(whole, CUBE)
    parts = pieces.select(*(pieces[name] for name in whole.columns))
    return rollup(rollup(whole, CUBE).union(rollup(parts, CUBE), distinct=False), CUBE)


def keyed(charges: "ir.Table") -> "ir.Table":
    """Give owned charges the columns that are summed over, and both costs."""
    return charges.select(
        "day",
        "category",
        "billed",
        "effective",
        team=or_nobody(charges.own_team),
        workload=or_nobody(charges.own_workload),
        service=charges.service_key,
        region=charges.region_key,
        accelerator=charges.accelerator_key,
    )


def rollup(table: "ir.Table", keys: Sequence[str]) -> "ir.Table":
    """Sum both costs over `keys`, exactly: decimals in, decimals out."""
    return table.group_by(*keys).aggregate(
        billed=table.billed.sum().cast("decimal(38, 12)"),
        effective=table.effective.sum().cast("decimal(38, 12)"),
    )


def cells(cube: "ir.Table") -> "ir.Table":
    """Sum the cube over days and categories: one row per cell of the partition, in order."""
    return rollup(cube, DIMENSIONS).order_by(*DIMENSIONS)


def by_day(cube: "ir.Table", dimension: str) -> "ir.Table":
    """Sum the cube per day and member of one dimension, in order."""
    return rollup(cube, ("day", dimension)).order_by("day", dimension)


def totals(cube: "ir.Table") -> "ir.Table":
    """Sum the cube: what must equal the bill."""
    return cube.aggregate(billed=cube.billed.sum(), effective=cube.effective.sum())
