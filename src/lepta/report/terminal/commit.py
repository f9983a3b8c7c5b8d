"""What `lepta commit` shows: costs, contracts, coverage, regret, and why, in sentences."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.commitment import Bought, CommitPlan
from lepta.report.numbers import NO_DATA, clip, count, decimals, money, plain, price, share, span

__all__ = ["show"]

NARROW = 72
"""Columns of a terminal below which a table shows names, units and savings alone."""
WIDE = 96
"""Columns from which on the table of contracts has room for all that it knows."""
MOST_ROWS = 20


def show(plan: CommitPlan, console: Console) -> None:
    """Draw the purchase."""
    narrow = console.width < NARROW
    console.print(_costs(plan))
    console.print(_contracts(plan, console.width))
    console.print(_coverage(plan, narrow=narrow))
    console.print(_regret(plan, narrow=narrow))
    _sentences(console, "Why", plan.explanation)
    _sentences(console, "Each contract", [f"{row.contract}: {row.why}." for row in plan.bought])
    _sentences(console, "Not known, or taken on trust", plan.unknown)
    kept = sum(check.ok for check in plan.checks)
    names = ", ".join(check.name for check in plan.checks)
    console.print(
        Text(f"Checked without the solver: {kept} of {len(plan.checks)} hold ({names})"),
        soft_wrap=True,
    )


def _table(first: str, names: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, overflow="fold")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _costs(plan: CommitPlan) -> Table:
    digits = decimals(plan.cost_on_demand)
    table = _table(f"{plain(plan.currency)} over {span(plan.hours)}, expected", ("Cost", "Covered"))
    table.add_column("")
    table.add_row("All on demand", money(plan.cost_on_demand, digits), share(0, 1), "")
    table.add_row("Owned now", money(plan.cost_now, digits), _percent(plan.coverage_now), "")
    proof = f"{plan.status}; gap {plan.gap:.2g}"
    table.add_row(
        "With the purchase",
        Text(money(plan.cost, digits), style="bold"),
        _percent(plan.coverage),
        proof,
    )
    part = share(plan.saving.expected, plan.cost_now, 1)
    table.add_row("Saving", money(plan.saving.expected, digits), "", part)
    table.add_row("  in the worst 5%", money(plan.saving.worst, digits), "", "mean of them")
    return table


def _contracts(plan: CommitPlan, width: int) -> Table:
    names = ("Buy", "Price/h", "Used", "Breaks even", "Next", "Saving", "Upfront back")
    shown: tuple[str, ...] = names
    if width < WIDE:
        shown = ("Buy", "Used", "Breaks even", "Saving") if width >= NARROW else ("Buy", "Saving")
    table = _table("Contract", shown)
    digits = decimals(plan.cost)
    for row in plan.bought[:MOST_ROWS]:
        cells = (
            _units(row),
            NO_DATA if row.price_per_hour is None else price(row.price_per_hour),
            _percent(row.used),
            _percent(row.break_even),
            _percent(row.next_used),
            money(row.saving, digits) if row.units else "",
            _months(row),
        )
        values = dict(zip(names, cells, strict=True))
        style = "bold" if row.units else ""
        table.add_row(Text(clip(row.contract, 40), style=style), *(values[n] for n in shown))
    if len(plan.bought) > MOST_ROWS:
        table.add_row(Text(f"… and {len(plan.bought) - MOST_ROWS} more (--json shows all)"))
    return table


def _coverage(plan: CommitPlan, *, narrow: bool) -> Table:
    names = ("Unit-hours", "Covered now", "Covered then")
    shown = names if not narrow else names[2:]
    table = _table("Usage", shown)
    for row in plan.pools[:MOST_ROWS]:
        cells = (
            count(round(row.usage)),
            share(row.covered_now, row.usage),
            share(row.covered, row.usage),
        )
        values = dict(zip(names, cells, strict=True))
        name = clip(f"{row.family} in {row.region}", 40)
        table.add_row(Text(name), *(values[n] for n in shown))
    if len(plan.pools) > MOST_ROWS:
        table.add_row(Text(f"… and {len(plan.pools) - MOST_ROWS} more (--json shows all)"))
    return table


def _regret(plan: CommitPlan, *, narrow: bool) -> Table:
    names = ("Saving", "In the worst 5%", "Regret")
    shown = names if not narrow else ("Saving", "Regret")
    table = _table("If demand is", shown)
    digits = decimals(plan.cost)
    for row in plan.regret:
        cells = (
            money(row.saving.expected, digits),
            money(row.saving.worst, digits),
            money(row.regret, digits),
        )
        values = dict(zip(names, cells, strict=True))
        table.add_row(f"{round(100 * row.demand)}% of it", *(values[n] for n in shown))
    return table


def _units(row: Bought) -> str:
    if not row.units:
        return "0"
    return f"{row.units:,.10g}" if row.category == "Usage" else f"{row.units:,.2f}/h"


def _percent(part: float | None) -> str:
    return "" if part is None else share(part, 1.0, 1) or "0%"


def _months(row: Bought) -> str:
    if not row.upfront:
        return ""
    return "never" if row.upfront_back_months is None else f"{row.upfront_back_months:.1f} months"


def _sentences(console: Console, title: str, sentences: Sequence[str]) -> None:
    if sentences:
        console.print(Text(title, style="bold"))
    for sentence in sentences:
        console.print(Text(f"  {plain(sentence)}"), soft_wrap=True)
