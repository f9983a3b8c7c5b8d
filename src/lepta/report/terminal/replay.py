"""What `lepta replay` shows: one line per policy, then what it means."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.replay import Replay
from lepta.report.numbers import clip, count, decimals, money, plain, price
from lepta.report.replay import NAMES, RunRow, hardware, rows, seconds, shown, verdict

__all__ = ["show"]

WIDE = 120
"""Columns of a terminal from which on the rest of the figures is shown."""


def show(replay: Replay, console: Console) -> None:
    """Draw the policies side by side."""
    console.print(
        Text(
            f"{plain(replay.trace)}: {replay.requests:,} requests over "
            f"{replay.span_s / 3600:.4g} h, {replay.engine}. Cost in {plain(replay.currency)}; "
            "broken: outside the objective."
        ),
        soft_wrap=True,
    )
    if replay.policies:
        console.print(_table(replay, wide=console.width >= WIDE))
        console.print(Text(verdict(replay)), soft_wrap=True)
    for heading, sentences in (
        ("Notes", (*replay.notes, *_notes(replay))),
        ("Not known, or taken on trust", replay.unknown),
    ):
        if sentences:
            console.print(Text(heading, style="bold"))
        for sentence in sentences:
            console.print(Text(f"  {plain(sentence)}"), soft_wrap=True)


def _notes(replay: Replay) -> list[str]:
    return [f"{run.policy}: {note}" for run in replay.policies for note in run.notes]


def _table(replay: Replay, *, wide: bool) -> Table:
    found = rows(replay)
    digits = decimals(max(row.cost for row in found))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Policy", overflow="fold", min_width=12)
    heads = [
        "Cost",
        *(["Hours"] if _priced(replay) else []),
        "Broken",
        f"{NAMES[replay.shown]} p50",
        "p99",
        "Changes/h",
        "Idle",
    ]
    if wide:
        heads += [f"{NAMES[name]} p99" for name in _others(replay)] + [f"Per {replay.unit}"]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    if wide and len(replay.variants) > 1:
        table.add_column("Paid", overflow="fold")
    for row in found:
        table.add_row(*_cells(replay, row, digits, wide=wide))
    return table


def _priced(replay: Replay) -> bool:
    """Tell whether cost says something else than hours."""
    return replay.currency != "replica-hours"


def _others(replay: Replay) -> list[str]:
    """Return the times beside the one shown that any policy has."""
    names = [name for name in NAMES if name != replay.shown]
    return [name for name in names if any(getattr(run, name) for run in replay.policies)]


def _cells(replay: Replay, row: RunRow, digits: int, *, wide: bool) -> list[Text]:
    run, spread = row.run, shown(replay, row.run)
    style = "bold green" if row.best else "" if run.kept else "yellow"
    cells = [
        clip(row.policy, 36),
        money(row.cost, digits),
        *([count(run.replica_hours)] if _priced(replay) else []),
        f"{run.violations:.2%}",
        seconds(spread.p50 if spread else None),
        seconds(spread.p99 if spread else None),
        f"{run.changes_per_hour:.3g}",
        f"{run.idle_share:.0%}",
    ]
    if wide:
        for name in _others(replay):
            other = getattr(run, name)
            cells.append(seconds(other.p99 if other else None))
        cells.append(price(run.cost_per_unit))
        if len(replay.variants) > 1:
            cells.append(hardware(run))
    return [Text(cell, style=style) for cell in cells]
