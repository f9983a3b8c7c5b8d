"""What `lepta check` shows: one row per source, then what is missing."""

from datetime import datetime, timedelta

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.checkup import Checkup, Source
from lepta.report.numbers import age, clip, count, plain

__all__ = ["show"]


def show(checkup: Checkup, console: Console) -> None:
    """Draw the sources and say what is missing and what it costs."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("Source", "What", "Readable"):
        table.add_column(name)
    table.add_column("Rows", justify="right")
    table.add_column("Newest")
    for source in checkup.sources:
        table.add_row(
            Text(clip(source.name, 48)),
            Text(plain(source.detail) if source.readable else source.kind),
            "yes" if source.readable else "NO",
            "" if source.rows is None else count(source.rows),
            _fresh(source, checkup.checked_at),
        )
    if checkup.sources:
        console.print(table)
    for source in checkup.sources:
        if not source.readable:
            _say(console, f"{source.name} cannot be read: {source.detail}")
            _say(console, f"  remedy: {source.remedy}" if source.remedy else "")
        for line in source.missing:
            _say(console, f"{source.name}: {line}")
    for line in checkup.missing:
        _say(console, f"missing: {line}")
    broken = sum(not source.readable for source in checkup.sources)
    but = f", but {broken} of its sources cannot be read" if broken else ""
    _say(console, f"{checkup.config} is right{but}.")


def _fresh(source: Source, now: datetime) -> str:
    if source.newest is None:
        return "" if not source.readable else "names no time"
    ahead = source.newest - now
    if ahead > timedelta(0):
        return f"{ahead.days} days ahead" if ahead.days else "within a day ahead"
    return age(source.newest, now)


def _say(console: Console, line: str) -> None:
    if line:
        console.print(Text(plain(line)), soft_wrap=True)
