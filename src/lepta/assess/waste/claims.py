"""Which waste claims which piece of the bill: each piece once, the surest kind first."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from lepta.assess.partition import picos
from lepta.assess.waste import computing, idle, traffic, volumes
from lepta.assess.waste.base import CLAIM_COLUMNS, Claims
from lepta.domain.assessment import UNKNOWN, Basis, Confidence, Finding, Thresholds
from lepta.numerics.apportion import PICOS, apportion
from lepta.units import HOURS_PER_MONTH, MICROS

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["blind", "claim", "findings"]

KINDS = (volumes, idle, traffic, computing)
"""In the order in which they claim."""


def claim(pieces: "ir.Table", limits: Thresholds, basis: Basis) -> "ir.Table":
    """Sum up what each finding claims: columns as `Claims`, one row per finding.

    A piece is (charge, hour, holder). It goes to the first kind that asks for it, so that findings
    cannot share a dollar. What is paid under a commitment goes on whether used or not: it is shown
    beside the saving, not in it.
    """
    marks = _marks(pieces, limits)
    first = ibis.cases(*((marks[_flag(k)], k.KIND) for k in KINDS))
    later = [
        ibis.cases((marks[_flag(k)] & (first != k.KIND), " " + k.KIND), else_="") for k in KINDS[1:]
    ]
    amount = marks[basis.value]
    committed = (marks.commitment == "Used").fill_null(False)
    zero = ibis.literal(Decimal(0), type="decimal(38, 12)")
    by_resource = first.isin([volumes.KIND, idle.KIND])
    whose = _whose(pieces)
    rows = marks.mutate(
        claimed=first,
        subject=ibis.cases((by_resource, marks.resource), else_=marks.workload),
        also=ibis.literal("").concat(*later),
        saved=ibis.cases((committed, zero), else_=amount),
        bound=ibis.cases((committed, amount), else_=zero),
        clocked=marks.utilization * marks.seconds,
    ).filter(lambda t: t.claimed.notnull())
    keys = ["claimed", "subject", "team", "workload", "accelerator"]
    money = rows.group_by(*keys).aggregate(
        cost=rows.saved.sum(), committed=rows.bound.sum(), also=rows.also.max()
    )
    slots = rows.select(*keys, "resource", "a", "seconds", "utilization", "clocked").distinct()
    facts = slots.group_by(*keys).aggregate(
        seconds=slots.seconds.sum(),
        resources=slots.resource.nunique(),
        resource=slots.resource.min(),
        utilization=slots.clocked.sum() / slots.seconds.sum(where=slots.clocked.notnull()),
    )
    joined = money.inner_join(facts, keys).left_join(whose, ["subject", "team", "workload"])
    named = joined.mutate(
        kind=joined.claimed, observed=ibis.coalesce(joined.observed, joined.seconds)
    )
    return named.select(*CLAIM_COLUMNS)


def findings(
    rows: Sequence[tuple[Any, ...]], *, spend: int, hours: float, currency: str
) -> tuple[Finding, ...]:
    """Turn claims into findings, the largest first; their sum never exceeds the spend.

    `spend` in micro-units; `hours` of the bill's period. Claims at or below zero are no findings. A
    bill with large credits may owe less than its waste cost: then the last findings are cut down.
    """
    claims = [Claims(**dict(zip(CLAIM_COLUMNS, row, strict=True))) for row in rows]
    worth = [c for c in claims if picos(c.cost) >= PICOS]
    worth.sort(key=lambda c: (-c.cost, c.kind, c.subject, c.team, c.workload, c.accelerator))
    amounts = apportion([picos(c.cost) for c in worth])
    found = []
    left = max(spend, 0)
    for place, (it, micros) in enumerate(zip(worth, amounts, strict=True)):
        saving, left = min(micros, left), left - min(micros, left)
        if saving > 0:
            before = [f"F{i + 1}" for i, other in enumerate(worth) if _took_first(other, it)]
            found.append(_finding(place + 1, it, micros, saving, hours, currency, tuple(before)))
    return tuple(found)


def _took_first(other: Claims, it: Claims) -> bool:
    """Tell whether `other` claimed money that `it` would have claimed too."""
    same = (other.team, other.workload) == (it.team, it.workload)
    return same and other.kind != it.kind and it.kind in other.also.split()


def blind(pieces: "ir.Table", basis: Basis) -> "ir.Table":
    """Sum up held pieces whose utilization is not known, and pieces whose holder is not known.

    Columns: state, accelerator, cost, resources.
    """
    rows = pieces.filter(
        ((pieces.state == "held") & pieces.utilization.isnull() & (pieces.kind == "machine"))
        | (pieces.state == "unknown")
    )
    return (
        rows.group_by("state", has=rows.accelerator != UNKNOWN)
        .aggregate(cost=rows[basis.value].sum(), resources=rows.resource.nunique())
        .order_by("state", "has")
    )


def _marks(pieces: "ir.Table", limits: Thresholds) -> "ir.Table":
    """Add a column per kind: whether it asks for the piece."""
    free = volumes.marked(pieces, limits).select(free_volume="resource")
    idlers = idle.marked(pieces, limits).select(idle_machine="resource")
    quiet = traffic.marked(pieces, limits).select(
        quiet_team="team", quiet_workload="workload", quiet_from="quiet_from"
    )
    lazy = computing.marked(pieces, limits).select(
        lazy_team="team", lazy_workload="workload", lazy_accelerator="accelerator"
    )
    table = pieces.left_join(free, pieces.resource == free.free_volume)
    table = table.left_join(idlers, table.resource == idlers.idle_machine)
    table = table.left_join(
        quiet, [table.team == quiet.quiet_team, table.workload == quiet.quiet_workload]
    )
    table = table.left_join(
        lazy,
        [
            table.team == lazy.lazy_team,
            table.workload == lazy.lazy_workload,
            table.accelerator == lazy.lazy_accelerator,
        ],
    )
    nobody = (table.state == "idle") & (table.taken == 0)
    flags = {
        _flag(volumes): table.free_volume.notnull() & (table.kind == "volume") & nobody,
        _flag(idle): table.idle_machine.notnull() & (table.kind == "machine") & nobody,
        _flag(traffic): (table.state == "held")
        & (table.workload_kind == "service")
        & (table.a >= table.quiet_from),
        _flag(computing): computing.is_low(table, limits)
        & (table.kind == "machine")
        & table.lazy_team.notnull(),
    }
    return table.mutate(**{name: flag.fill_null(False) for name, flag in flags.items()})


def _whose(pieces: "ir.Table") -> "ir.Table":
    """Sum the observed seconds: of each resource, and of each workload's holdings."""
    slots = (
        pieces.filter(pieces.taken.notnull())
        .select("resource", "kind", "team", "workload", "state", "a", "seconds")
        .distinct()
    )
    machines = slots.select("resource", "a", "seconds").distinct()
    of_machine = machines.group_by(subject=machines.resource).aggregate(
        observed=machines.seconds.sum()
    )
    # A workload's volumes are no machine-hours of it.
    holders = slots.filter((slots.state == "held") & (slots.kind == "machine"))
    of_holder = holders.group_by("team", "workload").aggregate(observed=holders.seconds.sum())
    idle_rows = slots.filter(slots.state == "idle").select(
        "team", "workload", subject=slots.resource
    )
    first = idle_rows.distinct().inner_join(of_machine, "subject")
    second = of_holder.mutate(subject=of_holder.workload)
    shape = ("subject", "team", "workload", "observed")
    return first.select(*shape).union(second.select(*shape), distinct=False)


def _flag(kind: Any) -> str:
    return "asks_" + str(kind.KIND).replace("-", "_")


def _finding(
    place: int,
    it: Claims,
    micros: int,
    saving: int,
    hours: float,
    currency: str,
    before: tuple[str, ...],
) -> Finding:
    kinds = {k.KIND: k for k in KINDS}
    said = kinds[it.kind].words(it)
    evidence = list(said["evidence"])
    if picos(it.committed) >= PICOS:
        evidence.append(
            f"{it.committed:.2f} {currency} more is paid under a commitment and is not saved by "
            "stopping: give it to other work"
        )
    if saving < micros:
        evidence.append("cut down to what the bill comes to after credits")
    month = round(saving * HOURS_PER_MONTH / hours) if hours > 0 else saving
    return Finding(
        id=f"F{place}",
        kind=it.kind,
        title=said["title"],
        resource=it.resource if it.resources == 1 else f"{it.resource} and {it.resources - 1} more",
        team=it.team,
        workload=it.workload,
        saving_micros=saving,
        saving_per_month_micros=month,
        evidence=(*evidence, f"cost in the period: {micros / MICROS:.2f} {currency}"),
        confidence=Confidence(said["sure"]),
        remedy=said["remedy"],
        overlaps=before,
    )
