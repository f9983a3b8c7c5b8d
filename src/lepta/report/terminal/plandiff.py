"""What `lepta plan --what-if`, `lepta plan diff` and `lepta plan check` show."""

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.plancheck import CheckedPlan
from lepta.domain.plandiff import Comparison, OfferPair, Pair, PlanDiff
from lepta.domain.whatif import Applied
from lepta.report.fleet import COSTS
from lepta.report.numbers import clip, count, decimals, money, plain, share, signed, span
from lepta.report.whatif import others, said, verdict

__all__ = ["show_check", "show_comparison", "show_diff"]

MOST = 20
"""Rows of a table; JSON has all."""
NARROW = 72
"""Columns of a terminal below which a table leaves the less telling columns out."""


def show_comparison(made: Comparison, console: Console) -> None:
    """Draw what the what-ifs changed, and the plans side by side."""
    _what_ifs(made.what_ifs, console)
    console.print(Text(plain(verdict(made)), style="bold"), soft_wrap=True)
    _costs(made.diff, ("Base", "What if"), console)
    _offers(made.diff, ("Base", "What if"), console)
    _rest(made.diff, ("Base", "What if"), console)
    for name, plan in (("Base", made.base), ("What if", made.changed)):
        for short in plan.shortfalls[:1]:
            console.print(
                Text(f"{name}: {plain(short.demand_class)} cannot be served: {plain(short.why)}."),
                soft_wrap=True,
            )
        kept = sum(check.ok for check in plan.checks)
        console.print(Text(f"{name}: {kept} of {len(plan.checks)} checks without the solver hold"))


def show_diff(diff: PlanDiff, console: Console) -> None:
    """Draw two plans side by side; what is the same in both is counted, not shown."""
    _costs(diff, ("Before", "After"), console)
    _offers(diff, ("Before", "After"), console)
    _rest(diff, ("Before", "After"), console)


def show_check(found: CheckedPlan, console: Console) -> None:
    """Say whether the case is the one that was planned, and which promises hold on it."""
    same = {
        True: "The case is the one that was planned.",
        False: "The case has changed since the plan was made.",
        None: "The file does not say which case was planned.",
    }[found.same_case]
    console.print(Text(same, style="bold"), soft_wrap=True)
    for check in found.checks:
        word = "holds " if check.ok else "BROKEN"
        console.print(Text(f"  {word}  {plain(check.name)}: {plain(check.detail)}"), soft_wrap=True)
    kept = len(found.checks) - len(found.broken)
    verdict = "" if not found.broken else ": do not apply this plan, make a new one"
    console.print(Text(f"{kept} of {len(found.checks)} hold{verdict}"))


def _what_ifs(what_ifs: Iterable[Applied], console: Console) -> None:
    for one in what_ifs:
        console.print(Text(f"What if {plain(one.text)}", style="bold"), soft_wrap=True)
        for row in one.moved[:MOST]:
            console.print(Text(f"  {plain(said(row))}"), soft_wrap=True)
        if len(one.moved) > MOST:
            console.print(Text(f"  … and {len(one.moved) - MOST} more (--json shows all)"))
        for reason in one.left[:MOST]:
            console.print(Text(f"  left as it is: {plain(reason)}"), soft_wrap=True)


def _costs(diff: PlanDiff, names: tuple[str, str], console: Console) -> None:
    amounts = [diff.cost.before or 0.0, diff.cost.after or 0.0, diff.cost_now.after or 0.0]
    digits = decimals(max(amounts))
    hours = diff.hours.after or 0.0
    over = "their horizons" if diff.hours.differs else span(hours)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"{plain(diff.currency)} over {over}")
    for name in (*names, "Change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    if diff.cost_now.before is not None or diff.cost_now.after is not None:
        _money_row(table, "Now", diff.cost_now, digits)
    _money_row(table, "Plan", diff.cost, digits, bold=True)
    if len(diff.costs) > 1:
        for pair in diff.costs:
            _money_row(table, f"  {COSTS[pair.name]}", pair, digits)
    if diff.hours.differs:
        _money_row(table, "  per hour", _hourly(diff.cost, diff.hours), 4)
    if diff.carbon_kg.differs:
        cells = (count(diff.carbon_kg.before), count(diff.carbon_kg.after))
        table.add_row("kg CO2e", *cells, signed(diff.carbon_kg.change, 1), "")
    console.print(table)
    if diff.status[0] != diff.status[1]:
        console.print(Text(f"Status: {diff.status[0]} -> {diff.status[1]}"))
    for note in diff.notes:
        console.print(Text(plain(note)), soft_wrap=True)


def _money_row(table: Table, name: str, pair: Pair, digits: int, *, bold: bool = False) -> None:
    table.add_row(
        name,
        money(pair.before, digits),
        Text(money(pair.after, digits), style="bold" if bold else ""),
        signed(pair.change, digits),
        share(pair.change, pair.before, 1),
    )


def _hourly(cost: Pair, hours: Pair) -> Pair:
    def per_hour(amount: float | None, length: float | None) -> float | None:
        return amount / length if amount is not None and length else None

    return Pair(
        name="per hour",
        before=per_hour(cost.before, hours.before),
        after=per_hour(cost.after, hours.after),
    )


def _offers(diff: PlanDiff, names: tuple[str, str], console: Console) -> None:
    wide = console.width >= NARROW
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Units (most / mean)", overflow="fold")
    if wide:
        table.add_column("Now", justify="right", no_wrap=True)
    for name in (*names, "Change of cost"):
        table.add_column(name, justify="right", no_wrap=True)
    digits = decimals(max(diff.cost.before or 0.0, diff.cost.after or 0.0))
    rows = [row for row in diff.offers if row.differs]
    for row in rows[:MOST]:
        cells = [_units(row, 0), _units(row, 1), signed(row.cost.change, digits)]
        now = ["?" if row.now is None else f"{row.now}"] if wide else []
        table.add_row(Text(clip(row.offer, 60)), *now, *cells)
    if len(rows) > MOST:
        table.add_row(Text(f"… and {len(rows) - MOST} more (--json shows all)"))
    if rows:
        console.print(table)
    same = len(diff.offers) - len(rows)
    if same:
        console.print(Text(f"{same} offer{'s' if same != 1 else ''} held alike in both."))


def _units(row: OfferPair, place: int) -> str:
    most, mean = ((pair.before, pair.after)[place] for pair in (row.peak, row.mean))
    return "no plan" if most is None or mean is None else f"{most:.0f} / {mean:.2f}"


def _rest(diff: PlanDiff, names: tuple[str, str], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("What else changes", overflow="fold")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    rows = others(diff)
    for row in rows[:MOST]:
        table.add_row(Text(clip(row.what, 72)), row.before, row.after)
    if len(rows) > MOST:
        table.add_row(Text(f"… and {len(rows) - MOST} more (--json shows all)"))
    if rows:
        console.print(table)
