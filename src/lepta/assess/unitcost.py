"""What a unit of work cost: tokens, images, hours of audio, hours of an accelerator."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ibis

from lepta.domain.assessment import IDLE, UNALLOCATED, UNKNOWN, UnitCost, Unknown
from lepta.domain.charges import OUTPUT_WEIGHT, Category
from lepta.errors import listing
from lepta.units import MICROS

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "accelerator_hours",
    "accelerator_units",
    "held_hours",
    "sizes",
    "work",
    "work_units",
]

TIMES = (
    (1, ("hour", "hours", "h", "hr", "hrs")),
    (60, ("minute", "minutes", "min", "mins")),
    (3600, ("second", "seconds", "s", "sec", "secs")),
)
"""Units of ConsumedQuantity that tell time: how many make an hour, and their names."""

Cost = dict[tuple[str, str], int]


def work(usage: "ir.Table") -> "ir.Table":
    """Sum up what each workload did, and count the blank cells of each quantity.

    Columns: team, workload, then per quantity its sum and the number of blank cells.
    """
    named = usage.filter(usage.workload.notnull()).mutate(
        team=ibis.coalesce(usage.team, UNALLOCATED)
    )
    sums = {}
    for name in ("input_tokens", "output_tokens", "images", "audio_s"):
        sums[name] = named[name].sum()
        sums[f"{name}_blank"] = (named[name].isnull() & (named.workload_kind == "service")).sum()
    return (
        named.group_by("team", "workload")
        .aggregate(**sums, services=(named.workload_kind == "service").sum())
        .order_by("team", "workload")
    )


def work_units(
    rows: Sequence[tuple[Any, ...]], cost: Cost, output_weight: float = OUTPUT_WEIGHT
) -> tuple[list[UnitCost], list[Unknown]]:
    """Divide the cost of each workload by what it did.

    `cost` maps (team, workload) to micro-units. A workload with tokens and images at once is not
    split between them: how its machine time was shared is not known.
    """
    units: list[UnitCost] = []
    unknown: list[Unknown] = []
    unpaid: list[str] = []
    for team, workload, *numbers, services in rows:
        amounts = dict(zip(("input", "output", "images", "audio"), numbers[0::2], strict=True))
        blanks = dict(zip(("input", "output", "images", "audio"), numbers[1::2], strict=True))
        micros = cost.get((team, workload))
        if micros is None:
            if any(amounts.values()):
                unpaid.append(workload)
            continue
        who = {"team": team, "workload": workload}
        text = bool(amounts["input"] or amounts["output"])
        kinds = [text, bool(amounts["images"]), bool(amounts["audio"])]
        if sum(kinds) > 1:
            unknown.append(_mixed(workload, micros))
        elif text:
            units.extend(_tokens(amounts, micros, output_weight, **who))
        elif amounts["images"]:
            units.append(_one("image", micros, amounts["images"], **who))
        elif amounts["audio"]:
            units.append(_one("audio hour", micros, amounts["audio"] / 3600, **who))
        elif services:
            quiet = all(amounts[k] is None for k in amounts)
            unknown.append(_no_quantity(workload, micros, quiet=quiet))
        seen = [k for k in amounts if amounts[k]]
        if any(blanks[k] for k in seen):
            unknown.append(
                Unknown(
                    what=f"part of what {workload} did: {sum(blanks[k] for k in seen):.0f} cells "
                    "are blank, so its unit cost is an upper bound",
                    remedy="fill the quantities of every hour in the usage table",
                    cost_micros=micros,
                )
            )
    if unpaid:
        unknown.append(_unpaid(unpaid))
    return units, unknown


def accelerator_hours(charges: "ir.Table") -> "ir.Table":
    """Sum charges of accelerators: accelerator, billed, effective, hours, blank, derived.

    Hours: accelerators of the machine x consumed hours, or x the period where the unit is no hour;
    null where the bill does not say how many accelerators a machine has. Where the accelerator is
    `derived` from a machine type only consumed hours count, for the charge may be for anything.
    `blank` and `derived` are numbers of charges.
    """
    rows = charges.filter(
        (charges.category == str(Category.USAGE)) & (charges.accelerator_key != UNKNOWN)
    )
    unit = rows.consumed_unit.lower()
    lengths = [
        (unit.isin(names) & rows.consumed.notnull(), rows.consumed / n) for n, names in TIMES
    ]
    period = (rows.end.epoch_seconds() - rows.start.epoch_seconds()) / 3600
    derived = rows.accelerator_from.notnull()
    # A refund without a quantity gives money back for hours that another charge counts.
    back = (rows.billed < 0) | (rows.effective < 0)
    hours = ibis.cases(*lengths, (back, 0.0), (~derived, period))
    # Parts of a machine that are charged on their own add cost, and no accelerator-hours.
    hours = ibis.cases((rows.accelerators == 0, 0.0), else_=hours * rows.accelerators)
    return (
        rows.group_by(accelerator=rows.accelerator_key)
        .aggregate(
            billed=rows.billed.sum(),
            effective=rows.effective.sum(),
            hours=hours.sum(),
            blank=hours.isnull().sum(),
            derived=derived.sum(),
        )
        .order_by("accelerator")
    )


def held_hours(pieces: "ir.Table", capacity: "ir.Table") -> "ir.Table":
    """Sum what teams held: team, accelerator, billed, effective, hours.

    `capacity` gives `resource, size`: accelerators per machine, from usage.
    """
    rows = pieces.filter((pieces.accelerator != UNKNOWN) & (pieces.state == "held"))
    # A machine may have several charges for the same hour: its hours count once.
    hours = (
        rows.select("resource", "team", "workload", "accelerator", "a", "seconds", "fraction")
        .distinct()
        .left_join(capacity, "resource")
    )
    held = hours.group_by("team", "accelerator").aggregate(
        hours=(hours.seconds / 3600 * hours.fraction * hours["size"]).sum()
    )
    money = rows.group_by("team", "accelerator").aggregate(
        billed=rows.billed.sum(), effective=rows.effective.sum()
    )
    return (
        money.left_join(held, ["team", "accelerator"])
        .select("team", "accelerator", "billed", "effective", "hours")
        .order_by("team", "accelerator")
    )


def sizes(usage: "ir.Table") -> "ir.Table":
    """Give `resource, size`: the accelerators of each machine, by the usage table."""
    return usage.group_by("resource").aggregate(size=usage.capacity.max())


def accelerator_units(
    paid: Sequence[tuple[str, int, float | None, int, int]],
    held: Sequence[tuple[str, str, int, float | None]],
) -> tuple[list[UnitCost], list[Unknown]]:
    """Divide the cost of accelerators by their hours.

    `paid`: accelerator, micro-units, hours, charges without hours, charges of which the accelerator
    is derived; `held`: team, accelerator, micro-units, hours.
    """
    units, unknown = [], []
    told = {accelerator: _derived(derived) for accelerator, *_, derived in paid}
    for accelerator, micros, hours, blank, _ in paid:
        known = hours if not blank else None
        units.append(
            _one(
                "GPU-hour",
                micros,
                known,
                team="",
                workload="",
                accelerator=accelerator,
                rule="charges of machines with this accelerator / accelerator-hours paid for, "
                "idle hours included" + told[accelerator] + _free(micros),
            )
        )
        if known is None:
            unknown.append(
                Unknown(
                    what=f"hours of {accelerator}: {blank} charges do not say how many of them "
                    "their machine has, or for how many hours",
                    remedy="add the column x_AcceleratorCount to the bill, and ConsumedQuantity "
                    "in Hours",
                    cost_micros=micros,
                )
            )
    for team, accelerator, micros, hours in held:
        if team in (IDLE, UNALLOCATED):
            continue
        units.append(
            _one(
                "GPU-hour",
                micros,
                hours,
                team=team,
                workload="",
                accelerator=accelerator,
                rule="charges shared to the team / accelerator-hours that it held"
                + told.get(accelerator, "")
                + _free(micros),
            )
        )
    return units, unknown


def _tokens(
    amounts: dict[str, float], micros: int, weight: float, *, team: str, workload: str
) -> list[UnitCost]:
    into, out = amounts["input"] or 0.0, amounts["output"] or 0.0
    weighted = into + weight * out
    rule = (
        f"the workload's whole cost, split by input tokens + {weight:g} x output tokens "
        "(a stated weight, not a measurement)"
    )
    share = round(micros * into / weighted)
    parts = (("1M input tokens", into, share), ("1M output tokens", out, micros - share))
    return [
        _one(unit, cost, tokens / 1e6, team=team, workload=workload, rule=rule)
        for unit, tokens, cost in parts
        if tokens
    ]


def _one(
    unit: str,
    micros: int,
    quantity: float | None,
    *,
    team: str,
    workload: str,
    accelerator: str = "",
    rule: str = "the workload's whole cost / quantity",
) -> UnitCost:
    known = quantity if quantity else None
    return UnitCost(
        unit=unit,
        team=team,
        workload=workload,
        accelerator=accelerator,
        cost_micros=micros,
        quantity=quantity,
        per_unit=micros / MICROS / known if known else None,
        rule=rule,
    )


def _derived(charges: int) -> str:
    """Say so when the bill names machine types, not accelerators."""
    if not charges:
        return ""
    return f"; accelerator derived from the machine type or SKU that {charges} charges name"


def _free(micros: int) -> str:
    """Say why a machine may cost nothing: its use is billed 0 under a commitment."""
    return "" if micros else "; billed 0, so paid by a commitment or a credit: see --cost effective"


def _unpaid(workloads: Sequence[str]) -> Unknown:
    return Unknown(
        what=f"what a unit of {listing(sorted(workloads), 4)} costs: the usage table tells of "
        "work, but no charge was shared to it",
        remedy="write resource_id, team and workload as they stand in the bill",
    )


def _mixed(workload: str, micros: int) -> Unknown:
    return Unknown(
        what=f"the unit costs of {workload}: it serves several modalities, and how its time "
        "was shared between them is not known",
        remedy="report each modality as a workload of its own in the usage table",
        cost_micros=micros,
    )


def _no_quantity(workload: str, micros: int, *, quiet: bool) -> Unknown:
    said = "no quantity is given" if quiet else "every quantity given is zero"
    return Unknown(
        what=f"what a unit of {workload} costs: {said}",
        remedy="fill input_tokens, output_tokens, images or audio_s in the usage table",
        cost_micros=micros,
    )
