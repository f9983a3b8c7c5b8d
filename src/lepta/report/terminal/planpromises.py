"""What a plan says of losses, scenarios, pipelines, starts and carbon, where it has any."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.plan import FleetPlan
from lepta.report.fleet import starts
from lepta.report.numbers import clip, count, decimals, instant, money, share

__all__ = ["show_promises"]

MOST = 12
"""Rows of each table; JSON has all."""


def show_promises(plan: FleetPlan, console: Console) -> None:
    """Draw a table for each kind of promise that the plan has."""
    if plan.starts:
        console.print(Text(_starts(plan)), soft_wrap=True)
    if plan.carbon_kg is not None:
        priced = f", {money(plan.carbon_cost)} {plan.currency}" if plan.carbon_cost else ""
        console.print(Text(f"Carbon: {count(plan.carbon_kg)} kg CO2e{priced}"))
    if plan.emergencies:
        table = _table("When this is lost", "Promised", "Served", "Least from")
        worst = sorted(plan.emergencies, key=lambda row: (row.served - row.wanted, row.lost))
        for row in worst[:MOST]:
            table.add_row(
                Text(clip(f"{row.scope} {row.lost}", 60)),
                share(row.wanted, 1.0),
                share(row.served, 1.0, 1),
                instant(row.worst),
            )
        _more(table, len(worst))
        console.print(table)
    if plan.outlooks:
        digits = decimals(max(row.cost + row.penalty for row in plan.outlooks))
        table = _table("If demand comes like", "Probability", "Requests", "Penalty", "Not served")
        for item in plan.outlooks[:MOST]:
            table.add_row(
                Text(clip(item.scenario, 40)),
                share(item.probability, 1.0),
                money(item.cost, digits),
                money(item.penalty, digits),
                share(item.unserved, 1.0, 2),
            )
        _more(table, len(plan.outlooks))
        console.print(table)
    if plan.splits:
        table = _table("Stage", "Budget, ms")
        for part in plan.splits[:MOST]:
            table.add_row(
                Text(clip(f"{part.pipeline} / {part.demand_class}", 60)), count(part.budget_ms)
            )
        _more(table, len(plan.splits))
        console.print(table)


def _starts(plan: FleetPlan) -> str:
    number = sum(starts(plan).values())
    first = min(plan.starts, key=lambda row: row.order)
    cost = sum(row.cost for row in plan.starts)
    return (
        f"Starts: {number}, for {money(cost)} {plan.currency}; the first is to be ordered at "
        f"{instant(first.order)} ({clip(first.offer, 60)})"
    )


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _more(table: Table, number: int) -> None:
    if number > MOST:
        table.add_row(Text(f"… and {number - MOST} more (--json shows all)"))
