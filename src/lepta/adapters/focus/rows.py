"""Rows of a FOCUS bill to charges, and what is wrong with a row in words."""

from typing import TYPE_CHECKING, Any

import ibis

from lepta.adapters.focus.cells import NULLS, Dates, instant, money, number, text
from lepta.adapters.focus.columns import Layout
from lepta.domain.charges import CATEGORIES, CHARGES, NO_CURRENCY
from lepta.errors import InputError

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["complaint", "faults", "normalize", "sightings"]


def normalize(
    raw: "ir.Table",
    plan: Layout,
    *,
    source: str | None = None,
    dates: Dates = Dates.ISO,
    semicolons: bool = False,
    currency: str | None = None,
) -> "ir.Table":
    """Give the charges of a bill, column for column as `CHARGES` says; extra columns of `raw` whose
    names start with `lepta_` are carried along.

    A cell that cannot be read is null in a column where FOCUS allows none: `faults` finds it.
    """

    def words(name: str) -> Any:
        return text(raw[plan.places[name]]) if plan.has(name) else ibis.null("string")

    def amount(name: str) -> Any:
        return money(raw[plan.places[name]], semicolons=semicolons)

    def quantity(name: str) -> Any:
        return number(raw[plan.places[name]]) if plan.has(name) else ibis.null("float64")

    category = words("ChargeCategory").lower()
    status = words("CommitmentDiscountStatus").lower()
    named = words("BillingCurrency").upper()
    columns = {
        "source": ibis.literal(source) if source is not None else raw["filename"],
        "billed": amount("BilledCost"),
        "effective": amount("EffectiveCost"),
        "currency": ibis.coalesce(named, currency or NO_CURRENCY),
        "category": category.cases(*((name.lower(), name) for name in CATEGORIES)),
        "start": instant(raw[plan.places["ChargePeriodStart"]], dates),
        "end": instant(raw[plan.places["ChargePeriodEnd"]], dates),
        "service": words("ServiceName"),
        "region": ibis.coalesce(words("RegionId"), words("RegionName")),
        "resource": words("ResourceId"),
        "commitment": status.cases(("used", "Used"), ("unused", "Unused")),
        "accelerator": words("x_Accelerator"),
        "accelerators": quantity("x_AcceleratorCount"),
        "consumed": quantity("ConsumedQuantity"),
        "consumed_unit": words("ConsumedUnit"),
        "team": words("x_Team"),
        "workload": words("x_Workload"),
        "tags": _tags(raw, plan),
    }
    extra = {name: raw[name] for name in raw.columns if name.startswith("lepta_")}
    return raw.select(
        **{name: columns[name].cast(kind).name(name) for name, kind in CHARGES.items()}, **extra
    )


def _tags(raw: "ir.Table", plan: Layout) -> Any:
    """Tags as one JSON object in text; those of the allocated resource (FOCUS 1.3) come first."""
    found = []
    for name in ("AllocatedTags", "Tags"):
        if plan.has(name):
            column = raw[plan.places[name]]
            kind = column.type()
            if kind.is_struct() or kind.is_map():
                column = column.cast("json")
            found.append(ibis.cases((text(column).isin(["{}"]), None), else_=text(column)))
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
    )


def sightings(charges: "ir.Table") -> "ir.Table":
    """Sum up per source, currency and category: what a bill holds, and how many rows are faulty."""
    keyed = charges.mutate(faulty=is_fault(charges).fill_null(True).cast("int64"))
    return keyed.group_by("source", "currency", "category").aggregate(
        rows=keyed.count(),
        faulty=keyed.faulty.sum(),
        billed=keyed.billed.sum(),
        effective=keyed.effective.sum(),
        start=keyed.start.min(),
        end=keyed.end.max(),
    )


def complaint(
    source: str, plan: Layout, row: "dict[str, Any]", raw: "dict[str, Any]", line: int | None
) -> InputError:
    """Say what is wrong with the first faulty row.

    `row` holds the charge, `raw` the cells as they stood; `line` is the line of a CSV file.
    """
    needed = (
        ("billed", "BilledCost", "a number such as 12.34; in a semicolon file without commas"),
        (
            "effective",
            "EffectiveCost",
            "a number such as 12.34; in a semicolon file without commas",
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
    return InputError.at(
        source,
        "is before ChargePeriodStart",
        row=line,
        column=plan.places["ChargePeriodEnd"],
        value=str(raw[plan.places["ChargePeriodEnd"]]),
        remedy="mend the period: the end is exclusive and comes after the start",
    )
