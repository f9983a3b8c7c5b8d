"""What do we pay, for what, and what of it is wasted? The story of `lepta assess`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from lepta.domain.assessment import (
    DIMENSIONS,
    UNKNOWN,
    Assessment,
    Basis,
    DailyCost,
    Finding,
    Spend,
    Thresholds,
    UnitCost,
    Unknown,
)
from lepta.domain.charges import OUTPUT_WEIGHT, TEAM_TAGS, WORKLOAD_TAGS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from lepta.wiring.bills import Bills

__all__ = ["assess"]

Say = Callable[[str], None]


def assess(
    focus: Sequence[str | Path] = (),
    usage: Sequence[str | Path] = (),
    *,
    basis: Basis | str = Basis.BILLED,
    currency: str | None = None,
    rates: Mapping[str, Decimal | str | float] | None = None,
    config: str | Path | None = None,
    team_tags: Sequence[str] = (),
    workload_tags: Sequence[str] = (),
    output_weight: float = OUTPUT_WEIGHT,
    thresholds: Thresholds | None = None,
    say: Say = lambda _: None,
) -> Assessment:
    """Account for bills: who pays for what, what a unit costs, what is wasted, what is unknown.

    Parameters
    ----------
    focus          FOCUS bills: paths or globs of CSV (plain, gzip, zstd) or Parquet
    usage          usage tables: who held which part of which machine, hour by hour
    basis          `billed` (as invoiced) or `effective` (commitments amortized)
    currency       of bills that name none; the target of `rates`
    rates          units of `currency` for one unit of another currency
    config         `lepta.yaml`, whose sources are read when no bill is given
    team_tags      tag keys that name a team, first match wins; so for `workload_tags`; empty: those
                   of lepta.yaml, or lepta's own choice
    output_weight  how many input tokens an output token costs
    thresholds     when something counts as waste
    say            is told what is being done, for progress

    Raises
    ------
    InputError
        A file or a cell is wrong: file, line, column, value, remedy.
    Refused
        Several currencies, and no rate for one of them.
    """
    from lepta.wiring.bills import open_bills, sources

    given = sources(focus, usage, currency, rates, config)
    ask = _Ask(
        Basis(basis),
        tuple(team_tags) or given.team_tags or TEAM_TAGS,
        tuple(workload_tags) or given.workload_tags or WORKLOAD_TAGS,
        output_weight,
        thresholds or Thresholds(),
        say,
    )
    with open_bills(
        given.focus, given.usage, currency=given.currency, rates=given.rates, say=say
    ) as bills:
        return _account(bills, ask)


@dataclass(frozen=True, slots=True)
class _Ask:
    basis: Basis
    team_tags: Sequence[str]
    workload_tags: Sequence[str]
    output_weight: float
    limits: Thresholds
    say: Say


def _account(bills: "Bills", ask: _Ask) -> Assessment:
    from lepta.assess import answer, owners, share

    lake, basis = bills.lake, ask.basis
    ask.say("finding owners")
    tags = lake.keep(
        owners.tag_owners(bills.charges, team_tags=ask.team_tags, workload_tags=ask.workload_tags)
    )
    seen, how = _accelerated(bills, basis)
    charges = owners.owned(seen, tags)
    whole, shared, pieces = charges, None, None
    if bills.usage is not None:
        ask.say("sharing machines among those who held them")
        whole, shared = share.split(charges, bills.usage)
        shared = lake.keep(shared)
        holdings = lake.keep(share.holdings(bills.usage))
        pieces = lake.keep(share.pieces(shared, holdings))
    ask.say("allocating")
    told = _allocated(bills, basis, whole, pieces)
    units, unknown = _units(bills, ask, told, charges, pieces)
    if pieces is not None and shared is not None:
        more_units, more = _work(bills, ask, told, shared, pieces)
        units, unknown = more_units + units, more + unknown
    spend, cells = told.spend, told.allocation
    texts = lake.keep(owners.unreadable(lake.keep(owners.tag_texts(bills.charges))))
    unreadable = lake.rows(owners.with_tags(bills.charges, texts))[0]
    unknown += answer.unknown_of_bill(
        spend,
        unreadable,
        answer.unallocated(cells, "team"),
        answer.unallocated(cells, "region", UNKNOWN),
    )
    notes = [*bills.notes, *how, *answer.RULES]
    found: tuple[Finding, ...] = ()
    if pieces is not None and bills.usage is not None:
        ask.say("looking for waste")
        found, more = _waste(bills, ask, spend, whole, pieces)
        unknown += more
        notes += answer.notes_of_usage(lake.rows(share.excess(pieces))[0])
    else:
        unknown.append(answer.no_usage(spend))
    return replace(
        told,
        units=tuple(units),
        findings=found,
        unknown=(*bills.unknown, *unknown),
        notes=tuple(notes),
        sources=bills.sources,
        usage_seen=bills.usage is not None,
    )


def _accelerated(bills: "Bills", basis: Basis) -> "tuple[ir.Table, list[str]]":
    """Tell accelerators by the machine types that charges name, and say how they were told."""
    from lepta.assess import machines

    lake = bills.lake
    named = bills.named
    charges = machines.accelerated(bills.charges, named)
    if not named:
        return charges, []
    rows = lake.rows(machines.summary(bills.charges, named))
    at = 0 if basis is Basis.BILLED else 1
    return charges, machines.notes_of_machines(rows, list(named), at, bills.currency)


def _allocated(
    bills: "Bills", basis: Basis, whole: "ir.Table", pieces: "ir.Table | None"
) -> Assessment:
    """Part the bill into cells and days that sum to it, or say that they do not."""
    from lepta.assess import allocate, answer, partition, share

    lake = bills.lake
    cube = lake.keep(allocate.cube(whole, pieces))
    splits, *amounts = lake.rows(share.sizes(pieces))[0] if pieces is not None else (0, None, None)
    bill = answer.exact(bills.sightings)
    billed, effective = lake.rows(allocate.totals(cube))[0]
    partition.reconcile("billed cost", billed, bill.billed, roundings=splits, split=amounts[0])
    partition.reconcile(
        "effective cost", effective, bill.effective, roundings=splits, split=amounts[1]
    )
    spend = answer.spent(bills.sightings, basis, bills.currency)
    told = Assessment(
        spend=spend,
        allocation=partition.allocation(
            lake.rows(allocate.cells(cube)),
            basis=basis,
            billed=spend.billed_micros,
            effective=spend.effective_micros,
        ),
        daily=(),
        units=(),
        findings=(),
        unknown=(),
    )
    days: list[DailyCost] = []
    for dimension in DIMENSIONS:
        rows = lake.rows(allocate.by_day(cube, dimension))
        days += partition.daily(rows, dimension, told.by(dimension), basis)
    return replace(told, daily=tuple(days))


def _units(
    bills: "Bills",
    ask: _Ask,
    told: Assessment,
    charges: "ir.Table",
    pieces: "ir.Table | None",
) -> tuple[list[UnitCost], list[Unknown]]:
    from lepta.assess import unitcost
    from lepta.assess.partition import in_micros

    lake, at = bills.lake, 1 if ask.basis is Basis.BILLED else 2
    paid = [
        (row[0], in_micros(row[at]), row[3], row[4], row[5])
        for row in lake.rows(unitcost.accelerator_hours(charges))
    ]
    held = []
    if pieces is not None and bills.usage is not None:
        held = [
            (row[0], row[1], in_micros(row[at + 1]), row[4])
            for row in lake.rows(unitcost.held_hours(pieces, unitcost.sizes(bills.usage)))
        ]
    return unitcost.accelerator_units(paid, held)


def _work(
    bills: "Bills", ask: _Ask, told: Assessment, shared: "ir.Table", pieces: "ir.Table"
) -> tuple[list[UnitCost], list[Unknown]]:
    """Divide the cost of each workload by the work that the bill paid for."""
    from lepta.assess import unitcost, worked
    from lepta.assess.partition import in_micros

    if bills.usage is None or told.spend.start is None or told.spend.end is None:
        return [], []
    lake = bills.lake
    cost: dict[tuple[str, str], int] = {}
    for cell in told.allocation:
        key = (cell.team, cell.workload)
        cost[key] = cost.get(key, 0) + cell.cost_micros
    usage = lake.keep(worked.resolved(bills.usage, shared))
    done = worked.merged(
        lake.rows(unitcost.work(worked.paid(usage, shared))),
        lake.rows(unitcost.work(worked.within(usage, told.spend.start, told.spend.end))),
    )
    units, unknown = unitcost.work_units(done, cost, ask.output_weight)
    unknown += worked.uncovered(done, lake.rows(unitcost.work(usage)))
    unknown += worked.absent(lake.rows(worked.unbilled(bills.usage, bills.charges))[0])
    at = 2 if ask.basis is Basis.BILLED else 3
    priced = {(unit.team, unit.workload) for unit in units}
    dark = {
        (row[0], row[1]): in_micros(row[at])
        for row in lake.rows(worked.unseen_hours(pieces))
        if (row[0], row[1]) in priced
    }
    return units, unknown + worked.upper_bounds(dark)


def _waste(
    bills: "Bills", ask: _Ask, spend: Spend, whole: "ir.Table", pieces: "ir.Table"
) -> tuple[tuple[Finding, ...], list[Unknown]]:
    from lepta.assess import answer, waste

    lake, basis = bills.lake, ask.basis
    found = waste.findings(
        lake.rows(waste.claim(pieces, ask.limits, basis)),
        spend=spend.total_micros,
        hours=answer.hours(bills.sightings),
        currency=bills.currency,
    )
    unseen = lake.rows(answer.seen_of(whole, pieces, basis))[0]
    blind = lake.rows(waste.blind(pieces, basis))
    return found, answer.unknown_of_usage(spend, blind, unseen)
