"""What `lepta assess` shows: the bill, who it belongs to, unit costs, waste, and what is unseen."""

from collections.abc import Iterable

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lepta.domain.assessment import Assessment
from lepta.report.headline import headline, text
from lepta.report.numbers import (
    clip,
    count,
    decimals,
    label,
    money,
    owner,
    period,
    plain,
    price,
    share,
)
from lepta.report.spend import (
    Breakdown,
    Told,
    breakdown,
    lines,
    ranked_findings,
    ranked_units,
    unowned,
)
from lepta.units import from_micros

__all__ = ["body", "head", "show"]

MOST_LINES = 8
MOST_FINDINGS = 10
MOST_PARTS = 3
MOST_UNITS = 12
MOST_UNSEEN = 10
STYLES = {"high": "green", "medium": "yellow", "low": "dim"}


def show(told: Assessment, console: Console) -> None:
    """Draw the assessment: the sentence first, then the tables."""
    console.print()
    console.print(sentence(text(headline(told, None))))
    body(told, console)


def sentence(said: str) -> Text:
    """Set the first sentence of a report."""
    return Text(plain(said.replace("\N{NO-BREAK SPACE}", " ")), style="bold")


def head(title: str) -> Text:
    """Set the name of a part."""
    return Text(f"\n{title}", style="bold cyan")


def body(told: Assessment, console: Console) -> None:
    """Draw everything below the first sentence."""
    spend = told.spend
    basis = "effective (amortized)" if spend.basis == "effective" else "billed"
    console.print(
        f"{period(spend.start, spend.end)} · {escape(plain(spend.currency))} · {basis} cost · "
        f"{spend.rows:,} rows",
        style="dim",
    )
    digits = decimals(from_micros(spend.total_micros))
    console.print(head("Where the money went"))
    _breakdown(console, "Category", lines("category", spend.by_category, MOST_LINES), digits)
    for name in ("team", "workload", "service", "accelerator", "region"):
        _breakdown(console, name.capitalize(), breakdown(told, name, MOST_LINES), digits)
    _unowned(console, told, digits)
    _units(console, told, digits)
    _findings(console, told, digits)
    _unseen(console, told, digits)


def _breakdown(console: Console, title: str, cut: Breakdown, digits: int) -> None:
    if not cut.lines:
        return
    if not cut.says_something:
        console.print(f"\n{title}: all of it is {cut.lines[0].label.lower()}", style="dim")
        return
    table = _table(title, "Cost", "Share")
    top = max(abs(line.micros) for line in cut.lines) or 1
    table.add_column("", width=18)
    for line in cut.lines:
        bar = "█" * round(18 * max(0, line.micros) / top) if not line.special else ""
        style = "dim italic" if line.special else ""
        table.add_row(
            Text(clip(line.label, 34), style=style),
            money(from_micros(line.micros), digits),
            share(line.micros, cut.total_micros, 1),
            Text(bar, style="blue"),
        )
    if cut.more:
        table.add_row(
            Text(f"… and {cut.more:,} more", style="dim"),
            money(from_micros(cut.rest_micros), digits),
            share(cut.rest_micros, cut.total_micros, 1),
        )
    console.print()
    console.print(table)


def _unowned(console: Console, told: Assessment, digits: int) -> None:
    table = _table("Owned by nobody", "Cost", "Share")
    for line in unowned(told):
        amount = money(from_micros(line.micros), digits)
        if line.known:
            table.add_row(line.label, amount, share(line.micros, told.spend.total_micros, 1))
        else:
            table.add_row(line.label, "unknown", "no usage")
    console.print()
    console.print(table)


def _units(console: Console, told: Assessment, digits: int) -> None:
    console.print(head("What one unit costs"))
    units = ranked_units(told.units)
    if not units:
        console.print("Not known: no usage table counts tokens, images, audio or GPU-hours.")
        return
    table = _table("Unit", f"{plain(told.spend.currency)}/unit", "Units", "Cost")
    table.add_column("Team / workload", overflow="ellipsis", no_wrap=True, ratio=1)
    for unit in units[:MOST_UNITS]:
        whose = owner(unit.team, unit.workload)
        if unit.accelerator:
            whose = f"{whose} on {label(unit.accelerator)}"
        table.add_row(
            clip(unit.unit, 18),
            price(unit.per_unit),
            count(unit.quantity),
            money(from_micros(unit.cost_micros), digits),
            Text(clip(whose, 34)),
        )
    console.print()
    console.print(table)
    _more(console, len(units) - MOST_UNITS, "unit costs")


def _findings(console: Console, told: Assessment, digits: int) -> None:
    console.print(head("What is wasted"))
    findings = ranked_findings(told.findings)
    if not findings:
        console.print("Nothing, in what could be seen.")
        return
    currency = plain(told.spend.currency)
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    for item in findings[:MOST_FINDINGS]:
        amount = f"{money(from_micros(item.saving_micros), digits)} {currency}"
        table.add_row(Text(amount, style="bold"), _finding(item, digits))
    rest = findings[MOST_FINDINGS:]
    if rest:
        worth = money(from_micros(sum(item.saving_micros for item in rest)), digits)
        table.add_row(f"{worth} {currency}", f"… and {len(rest):,} more", style="dim")
    total = told.total_saving_micros
    table.add_row(
        f"{money(from_micros(total), digits)} {currency}",
        f"all findings, {share(total, told.spend.total_micros, 1)} of the bill",
        style="bold",
    )
    console.print(table)


def _finding(told: Told, digits: int) -> Group:
    finding = told.first
    sure = finding.confidence.value
    whose = clip(owner(finding.team, finding.workload), 40)
    lines = [
        Text.assemble((plain(told.title), "bold"), (f"  {sure} confidence", STYLES[sure])),
    ]
    if len(told.parts) == 1:
        lines.append(Text(f"{clip(finding.resource, 40)} · {whose}", style="dim"))
        lines.extend(Text(plain(fact)) for fact in finding.evidence[:3])
    else:
        for part in told.parts[:MOST_PARTS]:
            amount = money(from_micros(part.saving_micros), digits)
            lines.append(Text(f"{clip(part.resource, 44)}: {amount}", style="dim"))
        more = len(told.parts) - MOST_PARTS
        if more > 0:
            lines.append(Text(f"… and {more:,} more", style="dim"))
        lines.append(Text(plain(finding.evidence[0])))
    lines.append(Text.assemble(("→ ", "cyan"), plain(finding.remedy)))
    return Group(*lines)


def _unseen(console: Console, told: Assessment, digits: int) -> None:
    console.print(head("What could not be seen"))
    if not told.unknown:
        console.print("Nothing: every source that was given could be read whole.")
        return
    currency = plain(told.spend.currency)
    for item in told.unknown[:MOST_UNSEEN]:
        about = ""
        if item.cost_micros is not None:
            about = f" ({money(from_micros(item.cost_micros), digits)} {currency})"
        elif item.share is not None:
            about = f" ({share(item.share, 1.0, 1)} of the spend)"
        console.print(_bullet(f"{plain(item.what)}{about}", f"→ {plain(item.remedy)}"))
    _more(console, len(told.unknown) - MOST_UNSEEN, "")


def _bullet(what: str, remedy: str) -> Padding:
    return Padding(Text.assemble(what, ("  " + remedy, "dim")), (0, 0, 0, 2))


def _more(console: Console, number: int, what: str) -> None:
    if number > 0:
        console.print(f"… and {number:,} more {what}".rstrip(), style="dim")


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column(first, no_wrap=True, overflow="ellipsis", min_width=_width(numbers))
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _width(columns: Iterable[str]) -> int:
    """Let the breakdowns, of two number columns, stand under each other."""
    return 30 if len(list(columns)) == 2 else 8
