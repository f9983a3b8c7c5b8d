"""What `lepta frontier` shows: level, cost, a bar and the fleet of each point; then sentences."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.frontier import Frontier
from lepta.report.frontier import step_rows, title
from lepta.report.numbers import decimals, money, plain, share, span

__all__ = ["show"]

BAR = 18
NARROW = 110
"""Columns of a terminal below which the fleets are left out."""


def show(frontier: Frontier, console: Console) -> None:
    """Draw the frontier, or say that there is none."""
    if frontier.points:
        console.print(_points(frontier, narrow=console.width < NARROW))
    for heading, sentences in (
        ("Why", frontier.explanation),
        ("Not known, or taken on trust", frontier.unknown),
    ):
        if sentences:
            console.print(Text(heading, style="bold"))
        for sentence in sentences:
            console.print(Text(f"  {plain(sentence)}"), soft_wrap=True)


def _points(frontier: Frontier, *, narrow: bool) -> Table:
    rows = step_rows(frontier)
    digits = decimals(max(row.cost for row in rows))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column(plain(title(frontier)), justify="right", overflow="fold")
    table.add_column(
        f"{plain(frontier.currency)}, {span(frontier.hours)}", justify="right", no_wrap=True
    )
    table.add_column("More", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    if not narrow:
        table.add_column("Fleet", overflow="fold")
    for row in rows:
        cells: list[str | Text] = [
            f"{row.number}",
            row.level,
            money(row.cost, digits),
            share(row.more, 1.0, 1) if row.more else "",
            Text.assemble(
                ("\N{FULL BLOCK}" * max(1, round(BAR * row.part)), "bold" if row.marks else "dim"),
                " " + ", ".join(row.marks) if row.marks else "",
            ),
        ]
        table.add_row(*cells, *(() if narrow else (Text(row.fleet),)))
    return table
