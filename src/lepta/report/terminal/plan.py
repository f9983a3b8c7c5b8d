"""What `lepta plan` shows: cost now and planned, machines, checks, and why, in sentences."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.plan import FleetPlan
from lepta.report.fleet import COSTS, costs, failed, held, saving, saving_per_month
from lepta.report.numbers import clip, decimals, instant, money, plain, share, span
from lepta.report.terminal.planpromises import show_promises

__all__ = ["show"]

MOST_OFFERS = 20
MOST_SHORTFALLS = 12
NARROW = 60
"""Columns of a terminal below which a table shows names, units and costs alone, none cut off."""


def show(plan: FleetPlan, console: Console) -> None:
    """Draw the plan, or what falls short."""
    if plan.cost is None:
        console.print(Text("No fleet serves all demand.", style="bold"))
        console.print(_shortfalls(plan))
    else:
        _costs(plan, console)
        console.print(_machines(plan, narrow=console.width < NARROW))
        show_promises(plan, console)
    _sentences(console, "Why", plan.explanation)
    _sentences(console, "Not known, or taken on trust", plan.unknown)
    kept = len(plan.checks) - failed(plan)
    names = ", ".join(check.name for check in plan.checks)
    console.print(
        Text(f"Checked without the solver: {kept} of {len(plan.checks)} hold ({names})"),
        soft_wrap=True,
    )


def _costs(plan: FleetPlan, console: Console) -> None:
    digits = decimals(max(plan.cost or 0.0, plan.cost_now or 0.0))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"{plain(plan.currency)} over {span(plan.hours)}")
    table.add_column("Cost", justify="right", no_wrap=True)
    table.add_column("")
    table.add_row("Now", money(plan.cost_now, digits), "")
    proof = f"{plan.status}; bound {money(plan.bound, digits)}, gap {(plan.gap or 0.0):.2g}"
    table.add_row("Plan", Text(money(plan.cost, digits), style="bold"), proof)
    split = costs(plan)
    for name, amount in split.items() if len(split) > 1 else ():
        table.add_row(f"  {COSTS[name]}", money(amount, digits), share(amount, plan.cost, 1))
    saved = saving(plan)
    if saved is not None:
        part = share(saved, plan.cost_now, 1)
        month = money(saving_per_month(plan), digits)
        table.add_row("Saving", money(saved, digits), f"{part}; {month} per month of 730 h")
    console.print(table)


def _machines(plan: FleetPlan, *, narrow: bool) -> Table:
    rows = held(plan)
    digits = decimals(plan.cost or 0.0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Offer", overflow="fold")
    names = ("Now", "Plan", "Mean", "Cost", "Share")
    shown = [name for name in names if not narrow or name in ("Plan", "Cost")]
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows[:MOST_OFFERS]:
        units = f"{row.least}" if row.least == row.most else f"{row.least}..{row.most}"
        cells = (
            "?" if row.now is None else f"{row.now}",
            units,
            f"{row.mean:.2f}",
            money(row.cost, digits),
            share(row.cost, plan.cost),
        )
        values = dict(zip(names, cells, strict=True))
        table.add_row(Text(clip(row.offer, 60)), *(values[name] for name in shown))
    if len(rows) > MOST_OFFERS:
        table.add_row(Text(f"… and {len(rows) - MOST_OFFERS} more (--json shows all)"))
    return table


def _shortfalls(plan: FleetPlan) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Class", overflow="fold")
    table.add_column("From", no_wrap=True)
    table.add_column("Short by", justify="right", no_wrap=True)
    for row in plan.shortfalls[:MOST_SHORTFALLS]:
        table.add_row(
            Text(clip(row.demand_class, 60)),
            instant(row.start),
            f"{row.short_rate_per_s:.4g}/s",
        )
    if len(plan.shortfalls) > MOST_SHORTFALLS:
        more = len(plan.shortfalls) - MOST_SHORTFALLS
        table.add_row(Text(f"… and {more} more (--json shows all)"))
    return table


def _sentences(console: Console, title: str, sentences: Sequence[str]) -> None:
    if sentences:
        console.print(Text(title, style="bold"))
    for sentence in sentences:
        console.print(Text(f"  {plain(sentence)}"), soft_wrap=True)
