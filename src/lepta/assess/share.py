"""How a shared machine is split: by what was held, hour by hour, against what there was.

The usage of a resource is cut at every instant where a holding begins or ends. In each segment

    share of a holding   = allocated / max(capacity, sum of allocated)
    share of idle        = what is left of the capacity, when every holding is known
    share of unknown     = the same, when the allocation of some holding is not known

and a charge is spread over its period evenly, so a segment carries (its overlap with the period) /
(the length of the period) of the charge. The part of a period that usage does not cover stays with
the charge's own owner. Work is bucketed by hour, so that joins stay small.
"""

from typing import TYPE_CHECKING, Any

import ibis

from lepta.assess.owners import or_nobody
from lepta.domain.assessment import IDLE, UNKNOWN
from lepta.domain.charges import MONEY, Category

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["HELD", "excess", "holdings", "overlaps", "pieces", "shareable", "sizes", "split"]

HOUR = 3600
HELD, LEFT, DARK, OUTSIDE = "held", "idle", "unknown", "outside"
"""State of a piece: held by somebody, idle, not known, outside the hours that usage covers."""


def overlaps(usage: "ir.Table") -> "ir.Table":
    """Find rows of usage that begin before an earlier row of the same holding ended."""
    window = ibis.window(
        group_by=["resource", "team_key", "workload_key"], order_by=["begin", "end"]
    )
    keyed = usage.mutate(
        team_key=ibis.coalesce(usage.team, ""), workload_key=ibis.coalesce(usage.workload, "")
    )
    before = keyed.mutate(
        earlier_end=keyed.end.lag().over(window), earlier_begin=keyed.begin.lag().over(window)
    )
    clash = before.filter(before.earlier_end > before.begin)
    return clash.select(
        "resource", "team", "workload", "begin", "end", "earlier_begin", "earlier_end"
    ).order_by("resource", "begin", "workload")


def shareable(charges: "ir.Table", usage: "ir.Table") -> Any:
    """Tell charges that usage can split: use of a resource of which usage is known.

    Purchases, taxes, credits, adjustments and unused commitments are nobody's use.
    """
    seen = usage.select(seen="resource").distinct()
    return (
        (charges.category == str(Category.USAGE))
        & ((charges.commitment != "Unused") | charges.commitment.isnull())
        & (charges.end > charges.start)
        & charges.resource.isin(seen.seen).fill_null(False)
    )


def split(charges: "ir.Table", usage: "ir.Table") -> "tuple[ir.Table, ir.Table]":
    """Part owned charges: `(kept whole, to be shared)`; the latter per period, with an id."""
    yes = shareable(charges, usage)
    keys = [
        "day",
        "category",
        "resource",
        "commitment",
        "own_team",
        "own_workload",
        "service_key",
        "region_key",
        "accelerator_key",
    ]
    shared = charges.filter(yes).mutate(
        begin=charges.start.epoch_seconds(), stop=charges.end.epoch_seconds()
    )
    shared = shared.filter(shared.stop > shared.begin)
    grouped = shared.group_by(*keys, "begin", "stop").aggregate(
        billed=shared.billed.sum().cast(MONEY), effective=shared.effective.sum().cast(MONEY)
    )
    numbered = grouped.mutate(
        charge=ibis.row_number().over(ibis.window(order_by=[*keys, "begin", "stop"]))
    )
    short = charges.end.epoch_seconds() <= charges.start.epoch_seconds()
    return charges.filter(~yes | short), numbered


def holdings(usage: "ir.Table") -> "ir.Table":
    """Cut usage into segments and give the share of each holder in each.

    Columns: resource, bucket (hour since 1970), a, b (seconds), kind, state, team, workload,
    workload_kind, fraction, utilization, requests, held (0: nobody held anything, null: unknown),
    over (whether more was allocated than there is).
    """
    hours = _hours(usage, "begin", "end").filter(lambda t: t.a < t.b)
    cuts = hours.select("resource", "bucket", cut="a").union(
        hours.select("resource", "bucket", cut="b"), distinct=True
    )
    order = ibis.window(group_by=["resource", "bucket"], order_by="cut")
    segments = (
        cuts.mutate(next=cuts.cut.lead().over(order))
        .filter(lambda t: t.next.notnull())
        .select("resource", "bucket", lo="cut", hi="next")
    )
    parts = segments.inner_join(
        hours,
        [
            segments.resource == hours.resource,
            segments.bucket == hours.bucket,
            hours.a <= segments.lo,
            hours.b >= segments.hi,
        ],
    ).select(
        segments.resource,
        segments.bucket,
        segments.lo,
        segments.hi,
        *(
            hours[name]
            for name in [
                "kind",
                "team",
                "workload",
                "workload_kind",
                "allocated",
                "capacity",
                "utilization",
                "requests",
            ]
        ),
    )
    known = parts.group_by("resource", "bucket", "lo", "hi").aggregate(
        segment_kind=parts.kind.max(),
        size=parts.capacity.max(),
        taken=parts.allocated.sum(),
        dark=parts.allocated.isnull().sum(),
    )
    known = known.mutate(taken=ibis.coalesce(known.taken, 0.0))
    known = known.mutate(whole=ibis.greatest(known.size, known.taken))
    # Of a machine of unknown size nobody can tell which share a holding is.
    known = known.mutate(seen=known.size.notnull() & (known.whole > 0))
    at = ["resource", "bucket", "lo", "hi"]
    held = parts.inner_join(known, at).filter(lambda t: t.seen & (t.allocated > 0))
    text, real = ibis.null("string"), ibis.null("float64")
    common = {"a": "lo", "b": "hi"}
    over = (known.taken > known.size * (1 + 1e-9)) & known.seen
    first = held.select(
        "resource",
        "bucket",
        **common,
        kind=held.segment_kind,
        state=ibis.literal(HELD),
        team=held.team,
        workload=held.workload,
        workload_kind=held.workload_kind,
        fraction=held.allocated / held.whole,
        utilization=held.utilization,
        requests=held.requests,
        taken=held.taken,
        over=(held.taken > held.size * (1 + 1e-9)),
    )
    rest = ibis.cases((known.seen, 1 - known.taken / known.whole), else_=1.0)
    unseen = ~known.seen | (known.dark > 0)
    second = known.select(
        "resource",
        "bucket",
        **common,
        kind=known.segment_kind,
        state=ibis.cases((unseen, DARK), else_=LEFT),
        team=text,
        workload=text,
        workload_kind=text,
        fraction=rest,
        utilization=real,
        requests=real,
        taken=ibis.cases((unseen, real), else_=known.taken),
        over=over.fill_null(False),
    ).filter(lambda t: t.fraction > 1e-12)
    return first.union(second, distinct=False)


def pieces(shared: "ir.Table", holdings: "ir.Table") -> "ir.Table":
    """Split shared charges: one row per charge, segment and holder, and one for what is outside.

    Both costs are exact decimals; their sum differs from the charge by rounding at 1e-12 only.
    """
    hours = _hours(shared, "begin", "stop").rename(p="a", q="b")
    joined = hours.inner_join(
        holdings,
        [
            hours.resource == holdings.resource,
            hours.bucket == holdings.bucket,
            holdings.a < hours.q,
            holdings.b > hours.p,
        ],
        rname="u_{name}",
    )
    joined = joined.mutate(
        seconds=ibis.least(joined.q, joined.b) - ibis.greatest(joined.p, joined.a)
    )
    weight = joined.seconds / (joined.stop - joined.begin) * joined.fraction
    own = (or_nobody(joined.own_team), or_nobody(joined.own_workload))
    dark = (ibis.coalesce(joined.own_team, UNKNOWN), ibis.coalesce(joined.own_workload, UNKNOWN))
    inside = joined.select(
        *_CARRIED,
        a=ibis.greatest(joined.p, joined.a),
        seconds=joined.seconds,
        kind=joined.kind,
        state=joined.state,
        team=joined.state.cases(
            (LEFT, IDLE), (DARK, dark[0]), else_=ibis.coalesce(joined.team, own[0])
        ),
        workload=joined.state.cases(
            (LEFT, IDLE), (DARK, dark[1]), else_=ibis.coalesce(joined.workload, own[1])
        ),
        workload_kind=joined.workload_kind,
        fraction=joined.fraction,
        utilization=joined.utilization,
        requests=joined.requests,
        taken=joined.taken,
        over=joined.over,
        billed=_part(joined.billed, weight),
        effective=_part(joined.effective, weight),
    )
    both = inside.union(_outside(shared, joined), distinct=False)
    return both.rename(service="service_key", region="region_key", accelerator="accelerator_key")


def sizes(pieces: "ir.Table") -> "ir.Table":
    """Count pieces, and sum their absolute amounts: `pieces, billed, effective`."""
    return pieces.aggregate(
        pieces=pieces.count(),
        billed=pieces.billed.abs().sum().cast(MONEY),
        effective=pieces.effective.abs().sum().cast(MONEY),
    )


def excess(pieces: "ir.Table") -> "ir.Table":
    """Count the resource-hours in which more was allocated than there is: `hours, resources`."""
    slots = pieces.filter(pieces.over).select("resource", "a", "seconds").distinct()
    return slots.aggregate(
        hours=slots.seconds.sum().fill_null(0) / 3600, resources=slots.resource.nunique()
    )


_CARRIED = [
    "charge",
    "day",
    "category",
    "resource",
    "commitment",
    "service_key",
    "region_key",
    "accelerator_key",
]


def _outside(shared: "ir.Table", joined: "ir.Table") -> "ir.Table":
    """Give the hours of each charge that no usage covers to the charge's own owner."""
    segments = joined.select("charge", "a", "b", "seconds").distinct()
    covered = segments.group_by("charge").aggregate(covered=segments.seconds.sum())
    table = shared.left_join(covered, "charge")
    length = table.stop - table.begin
    missing = length - ibis.coalesce(table.covered, 0)
    table = table.mutate(seconds=missing, weight=missing / length).filter(missing > 0)
    text, real = ibis.null("string"), ibis.null("float64")
    return table.select(
        *_CARRIED,
        a=table.begin,
        seconds=table.seconds,
        kind=text,
        state=ibis.literal(OUTSIDE),
        team=or_nobody(table.own_team),
        workload=or_nobody(table.own_workload),
        workload_kind=text,
        fraction=ibis.literal(1.0),
        utilization=real,
        requests=real,
        taken=real,
        over=ibis.literal(False),
        billed=_part(table.billed, table.weight),
        effective=_part(table.effective, table.weight),
    )


def _part(amount: Any, weight: Any) -> Any:
    return (amount.cast("float64") * weight).cast(MONEY)


def _hours(table: "ir.Table", begin: str, end: str) -> "ir.Table":
    """Repeat a row for each hour that it touches; `a` and `b` bound its part of the hour."""
    first = (table[begin] / HOUR).floor().cast("int64")
    last = ((table[end] - 1) / HOUR).floor().cast("int64") + 1
    rows = table.mutate(bucket=ibis.range(first, last).unnest())
    return rows.mutate(
        a=ibis.greatest(rows[begin], rows.bucket * HOUR),
        b=ibis.least(rows[end], (rows.bucket + 1) * HOUR),
    )
