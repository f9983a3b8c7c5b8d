"""Rows of a FOCUS bill to charges, and what is wrong with a row in words."""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import add
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import ibis

from lepta.adapters.focus.cells import NULLS, Dates, instant, money, number, text
from lepta.adapters.focus.columns import Layout
from lepta.domain.charges import CATEGORIES, CHARGES, NO_CURRENCY
from lepta.errors import InputError

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["blank", "complaint", "distinct_texts", "faults", "is_tidy", "normalize", "sightings"]

STATUSES = ("Used", "Unused")
MANY = 20_000
TIDIED = (
    "ChargeCategory",
    "BillingCurrency",
    "ServiceName",
    "RegionId",
    "RegionName",
    "CommitmentDiscountStatus",
    "ConsumedUnit",
    "Tags",
    "AllocatedTags",
    "x_Team",
    "x_Workload",
    "x_Accelerator",
)


def normalize(
    raw: "ir.Table",
    plan: Layout,
    *,
    source: str | None = None,
    dates: Dates = Dates.ISO,
    commas: bool = True,
    currency: str | None = None,
    clean: Collection[str] = (),
    same: Mapping[str, str] = MappingProxyType({}),
) -> "ir.Table":
    """Give the charges of a bill, column for column as `CHARGES` says; extra columns of `raw` whose
    names start with `lepta_` are carried along.

    A cell that cannot be read is null in a column where FOCUS allows none: `faults` finds it.
    `clean` names columns that `is_tidy` found to need no tidying: then none is done, row by row.
    `same` gives columns of which every row holds one value: grouping by them costs nothing then.
    """

    def words(name: str) -> Any:
        if not plan.has(name):
            return ibis.null("string")
        if name in same:
            return ibis.literal(same[name])
        column = raw[plan.places[name]]
        return column if name in clean else text(column)

    def amount(name: str) -> Any:
        return money(raw[plan.places[name]], commas=commas)

    def quantity(name: str) -> Any:
        return number(raw[plan.places[name]]) if plan.has(name) else ibis.null("float64")

    def one_of(name: str, choices: Sequence[str]) -> Any:
        column = words(name)
        if name in clean:
            return column
        known = column.lower().cases(*((choice.lower(), choice) for choice in choices))
        return ibis.coalesce(known, column) if name == "CommitmentDiscountStatus" else known

    named = words("BillingCurrency")
    if "BillingCurrency" not in clean:
        named = named.upper()
    columns = {
        "source": ibis.literal(source) if source is not None else raw["filename"],
        "billed": amount("BilledCost"),
        "effective": amount("EffectiveCost"),
        "currency": ibis.coalesce(named, currency or NO_CURRENCY),
        "category": one_of("ChargeCategory", CATEGORIES),
        "start": instant(raw[plan.places["ChargePeriodStart"]], dates),
        "end": instant(raw[plan.places["ChargePeriodEnd"]], dates),
        "service": words("ServiceName"),
        "region": ibis.coalesce(words("RegionId"), words("RegionName")),
        "resource": words("ResourceId"),
        "commitment": one_of("CommitmentDiscountStatus", STATUSES),
        "accelerator": words("x_Accelerator"),
        "accelerators": quantity("x_AcceleratorCount"),
        "consumed": quantity("ConsumedQuantity"),
        "consumed_unit": words("ConsumedUnit"),
        "team": words("x_Team"),
        "workload": words("x_Workload"),
        "tags": _tags(raw, plan, clean),
        "sku_details": _as_is(raw, plan, "SkuPriceDetails"),
        "sku_extras": _as_is(raw, plan, "x_SkuDetails"),
        "machine_type": _as_is(raw, plan, "x_InstanceType", "x_SkuInstanceType"),
        "resource_type": _as_is(raw, plan, "ResourceType"),
        "description": _as_is(raw, plan, "ChargeDescription"),
        "meter": _as_is(raw, plan, "SkuMeter"),
    }
    extra = {name: raw[name] for name in raw.columns if name.startswith("lepta_")}
    return raw.select(
        **{name: columns[name].cast(kind).name(name) for name, kind in CHARGES.items()}, **extra
    )


def distinct_texts(raw: "ir.Table", plan: Layout) -> "dict[str, ir.Table]":
    """Ask for the distinct values of each column of text that repeats few of them.

    In Parquet text repeats: looking at distinct values is much cheaper than tidying every row.
    More than `MANY` values are not looked at.
    """
    return {
        name: raw.select(value=plan.places[name]).distinct().limit(MANY)
        for name in TIDIED
        if plan.has(name) and raw[plan.places[name]].type().is_string()
    }


def is_tidy(name: str, values: Collection[str | None]) -> bool:
    """Tell whether `normalize` would leave all of these values of a column as they are."""
    if len(values) >= MANY:
        return False
    allowed = {"ChargeCategory": CATEGORIES, "CommitmentDiscountStatus": STATUSES}.get(name)
    for value in values:
        if value is None:
            continue
        if value != value.strip() or value in NULLS or (allowed and value not in allowed):
            return False
        if (name == "BillingCurrency" and value != value.upper()) or value == "{}":
            return False
    return True


def _tags(raw: "ir.Table", plan: Layout, clean: Collection[str]) -> Any:
    """Tags as one JSON object in text; those of the allocated resource (FOCUS 1.3) come first."""
    found = []
    for name in ("AllocatedTags", "Tags"):
        if plan.has(name):
            column = raw[plan.places[name]]
            if name in clean:
                found.append(column)
                continue
            kind = column.type()
            if kind.is_struct() or kind.is_map():
                column = column.cast("json")
            found.append(ibis.cases((text(column).isin(["{}"]), None), else_=text(column)))
    return ibis.coalesce(*found) if found else ibis.null("string")


def _as_is(raw: "ir.Table", plan: Layout, *names: str) -> Any:
    """A column that is only searched, so its cells are not tidied, row by row."""
    found = []
    for name in names:
        if plan.has(name):
            column = raw[plan.places[name]]
            kind = column.type()
            if kind.is_struct() or kind.is_map():
                column = column.cast("json")
            found.append(column if kind.is_string() else column.cast("string"))
    return ibis.coalesce(*found) if found else ibis.null("string")


def blank(raw: "ir.Table") -> Any:
    """Tell rows of a CSV without any cell: a line of delimiters only."""
    return ibis.and_(*(raw[name].isnull() | (raw[name].strip() == "") for name in raw.columns))


def faults(charges: "ir.Table") -> "ir.Table":
    """Keep the charges that cannot be added up: a needed cell is null, or the period ends early."""
    return charges.filter(is_fault(charges))


def is_fault(charges: "ir.Table") -> Any:
    """Tell charges that cannot be added up."""
    return (
        charges.billed.isnull()
        | charges.effective.isnull()
        | charges.category.isnull()
        | charges.start.isnull()
        | charges.end.isnull()
        | (charges.end < charges.start)
        | charges.commitment.notin(STATUSES).fill_null(False)
    )


def sightings(
    charges: "ir.Table", *, same: Mapping[str, str] = MappingProxyType({}), sound: bool = False
) -> "ir.Table":
    """Sum up per source, currency and category: what a bill holds, and how many cells are faulty.

    `same` gives those of the three that are one value in every row; `sound` says that every
    commitment status was looked at already. Faults are counted column by column: all that costs
    half the time of grouping by everything and judging each row.
    """
    keys = ("source", "currency", "category")
    needed = ("billed", "effective", "category", "start", "end")
    rows = charges.count()
    faulty = [rows - charges[name].count() for name in needed]
    faulty.append(charges.count(where=charges.end < charges.start))
    if not sound:
        faulty.append(charges.count(where=charges.commitment.notin(STATUSES)))
    found = charges.group_by(*(key for key in keys if key not in same)).aggregate(
        rows=rows,
        faulty=reduce(add, faulty),
        billed=charges.billed.sum(),
        effective=charges.effective.sum(),
        start=charges.start.min(),
        end=charges.end.max(),
    )
    found = found.mutate(**{key: ibis.literal(value) for key, value in same.items()})
    return found.select(*keys, "rows", "faulty", "billed", "effective", "start", "end")


def complaint(
    source: str, plan: Layout, row: "dict[str, Any]", raw: "dict[str, Any]", line: int | None
) -> InputError:
    """Say what is wrong with the first faulty row.

    `row` holds the charge, `raw` the cells as they stood; `line` is the line of a CSV file.
    """
    needed = (
        (
            "billed",
            "BilledCost",
            "a number such as 12.34; commas only in cells of a comma-separated file",
        ),
        (
            "effective",
            "EffectiveCost",
            "a number such as 12.34; commas only in cells of a comma-separated file",
        ),
        ("category", "ChargeCategory", f"one of {', '.join(CATEGORIES)}"),
        ("start", "ChargePeriodStart", "an ISO 8601 time such as 2026-11-23T14:00:00Z"),
        ("end", "ChargePeriodEnd", "an ISO 8601 time such as 2026-11-23T15:00:00Z"),
    )
    for key, name, wanted in needed:
        if row[key] is None:
            cell = raw[plan.places[name]]
            if cell is None or str(cell).strip() in NULLS:
                what = "is blank, but FOCUS wants it on every row"
            elif key in ("billed", "effective"):
                what = "is not an amount of money that can be read without a guess"
            elif key == "category":
                what = "is none of the categories of FOCUS"
            else:
                what = "is not a time that can be read"
            return InputError.at(
                source,
                what,
                row=line,
                column=plan.places[name],
                value=cell,
                remedy=f"give {wanted}",
            )
    if row["commitment"] not in (None, *STATUSES):
        return InputError.at(
            source,
            "is no status of a commitment that FOCUS knows",
            row=line,
            column=plan.places["CommitmentDiscountStatus"],
            value=row["commitment"],
            remedy=f"give one of {', '.join(STATUSES)}, or leave it blank",
        )
    return InputError.at(
        source,
        "is before ChargePeriodStart",
        row=line,
        column=plan.places["ChargePeriodEnd"],
        value=str(raw[plan.places["ChargePeriodEnd"]]),
        remedy="mend the period: the end is exclusive and comes after the start",
    )
