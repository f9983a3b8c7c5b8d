"""Which work of a usage table a bill paid for: the quantity below every unit cost.

A usage table may run longer than the bill, or tell of machines of another bill. Their work must not
make the work of this bill look cheap, so quantities are counted by the part of their time in which
the bill charges the machine.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import ibis

from lepta.domain.assessment import Unknown

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "absent",
    "merged",
    "paid",
    "resolved",
    "unbilled",
    "uncovered",
    "unseen_hours",
    "upper_bounds",
    "within",
]

QUANTITIES = ("requests", "input_tokens", "output_tokens", "images", "audio_s")
Work = Sequence[tuple[Any, ...]]


def resolved(usage: "ir.Table", shared: "ir.Table") -> "ir.Table":
    """Fill blank teams and workloads as the money does: by the only owner of the machine's charges.

    `shared` holds the charges that are split by usage.
    """
    owners = shared.group_by(owned_resource=shared.resource).aggregate(
        only_team=shared.own_team.min(),
        teams=shared.own_team.nunique(),
        only_workload=shared.own_workload.min(),
        workloads=shared.own_workload.nunique(),
    )
    table = usage.left_join(owners, usage.resource == owners.owned_resource)
    none = ibis.null("string")
    return table.select(
        *(usage[name] for name in usage.columns if name not in ("team", "workload")),
        team=ibis.coalesce(
            usage.team, ibis.cases((owners.teams == 1, owners.only_team), else_=none)
        ),
        workload=ibis.coalesce(
            usage.workload, ibis.cases((owners.workloads == 1, owners.only_workload), else_=none)
        ),
    )


def paid(usage: "ir.Table", shared: "ir.Table") -> "ir.Table":
    """Scale quantities by the part of each row's time in which the bill charges its machine."""
    spans = _spans(shared)
    joined = usage.filter(usage.end > usage.begin).inner_join(
        spans, [("resource", "resource"), usage.begin < spans.hi, usage.end > spans.lo]
    )
    seconds = ibis.least(joined.end, joined.hi) - ibis.greatest(joined.begin, joined.lo)
    return _scaled(joined, usage, seconds / (joined.end - joined.begin))


def within(usage: "ir.Table", start: datetime, end: datetime) -> "ir.Table":
    """Scale quantities by the part of each row's time that lies in the period of the bill."""
    lo, hi = (round(at.replace(tzinfo=UTC).timestamp()) for at in (start, end))
    rows = usage.filter((usage.end > usage.begin) & (usage.begin < hi) & (usage.end > lo))
    seconds = ibis.least(rows.end, hi) - ibis.greatest(rows.begin, lo)
    return _scaled(rows, rows, seconds / (rows.end - rows.begin))


def merged(paid: Work, rest: Work) -> list[tuple[Any, ...]]:
    """Take the work on charged machines; of workloads that had none of them, all of the period.

    The latter are charged by their tags alone.
    """
    seen = {row[:2] for row in paid}
    return sorted([*paid, *(row for row in rest if row[:2] not in seen)], key=lambda row: row[:2])


def uncovered(counted: Work, whole: Work) -> list[Unknown]:
    """Say whose work was left out, because the bill does not charge its hours or machines.

    Both as `unitcost.work` gives them.
    """
    known = {row[:2]: row[2:10:2] for row in counted}
    less = sorted(
        row[1]
        for row in whole
        if any(
            full and full > (part or 0.0) * (1 + 1e-9)
            for full, part in zip(row[2:10:2], known.get(row[:2], (0.0,) * 4), strict=True)
        )
    )
    if not less:
        return []
    return [
        Unknown(
            what=f"what part of the work of {len(less)} workload(s) cost, such as {less[0]}: it "
            "was done in hours or on machines that the bill does not charge; no unit cost holds it",
            remedy="give the bills of the same hours and machines as the usage table",
        )
    ]


def unbilled(usage: "ir.Table", charges: "ir.Table") -> "ir.Table":
    """Sum up resources of the usage table that no charge names: `resources, all, first`."""
    named = charges.select(billed="resource").distinct()
    seen = usage.select("resource").distinct()
    joined = seen.left_join(named, seen.resource == named.billed)
    none = joined.billed.isnull()
    return joined.aggregate(
        resources=none.sum(), all=joined.count(), first=joined.resource.min(where=none)
    )


def absent(found: tuple[int | None, int, str | None]) -> list[Unknown]:
    """Say that resources of the usage table stand in no bill: often ids written in two ways."""
    resources, count, first = found
    if not resources:
        return []
    return [
        Unknown(
            what=f"what {resources} of {count} resources of the usage table cost, such as {first}: "
            "no charge of the bill names them",
            remedy="write resource_id exactly as ResourceId stands in the bill, or give their bill",
        )
    ]


def unseen_hours(pieces: "ir.Table") -> "ir.Table":
    """Sum per owner what lies in hours without usage: `team, workload, billed, effective`."""
    rows = pieces.filter(pieces.state == "outside")
    return rows.group_by("team", "workload").aggregate(
        billed=rows.billed.sum(), effective=rows.effective.sum()
    )


def upper_bounds(priced: Mapping[tuple[str, str], int]) -> list[Unknown]:
    """Say which unit costs hold money of hours of which the work is not known."""
    return [
        Unknown(
            what=f"what {workload} of {team} did in hours without usage rows: their cost is in its "
            "unit cost, which is an upper bound",
            remedy="give usage rows for every hour that is billed",
            cost_micros=micros,
        )
        for (team, workload), micros in sorted(priced.items())
        if micros
    ]


def _spans(shared: "ir.Table") -> "ir.Table":
    """Give the spans of time in which each resource is charged, without overlaps."""
    rows = shared.select("resource", "begin", "stop").distinct()
    order = [rows.begin, rows.stop]
    before = ibis.window(group_by=rows.resource, order_by=order, preceding=(None, 1))
    rows = rows.mutate(reached=rows.stop.max().over(before))
    fresh = (rows.reached.isnull() | (rows.begin > rows.reached)).cast("int64")
    rows = rows.mutate(fresh=fresh)
    upto = ibis.window(
        group_by=rows.resource, order_by=[rows.begin, rows.stop], preceding=(None, 0)
    )
    rows = rows.mutate(span=rows.fresh.sum().over(upto))
    return rows.group_by("resource", "span").aggregate(lo=rows.begin.min(), hi=rows.stop.max())


def _scaled(table: "ir.Table", usage: "ir.Table", part: Any) -> "ir.Table":
    return table.select(
        *(table[name] for name in usage.columns if name not in QUANTITIES),
        **{name: (table[name] * part).name(name) for name in QUANTITIES},
    )
