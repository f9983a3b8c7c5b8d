"""What `lepta profile` shows: rates with their bands, buckets, operating points, backtests."""

from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.serving import Bucketing, Profiles, ServerSeen, ServiceProfile
from lepta.report.numbers import NO_DATA, clip, plain, price, share

__all__ = ["show"]

MOST_ROWS = 30
MOST_LINES = 12
WIDE = 100
"""Columns of a terminal from which the latencies are shown beside the rates."""


def show(found: Profiles, console: Console) -> None:
    """Draw the parts that the answer has, then what could not be told."""
    if found.bucketing:
        _bucketing(found.bucketing, console)
    for seen in found.seen:
        _seen(seen, console)
    if found.profiles:
        console.print(_profiles(found.profiles, wide=console.width >= WIDE))
    if found.backtest:
        console.print(_backtest(found))
    said = Counter(row.note for row in found.profiles if row.note and row.rate is not None)
    remarks = tuple(f"{count} of {len(found.profiles)}: {text}" for text, count in said.items())
    for title, lines in (("Notes", remarks + found.notes), ("Not known", found.unknown)):
        if lines:
            console.print(Text(title, style="bold"))
        for text in lines[:MOST_LINES]:
            console.print(_line(f"  {text}"), soft_wrap=True)
        if len(lines) > MOST_LINES:
            console.print(f"  … and {len(lines) - MOST_LINES} more (--json shows all)")


def _profiles(rows: tuple[ServiceProfile, ...], *, wide: bool) -> Table:
    latencies = ("TTFT ms", "TPOT ms") if wide else ()
    table = _table(("Class", "Offer"), ("Rate/s", "Low", "High", "Batch", *latencies), ("Source",))
    for row in rows[:MOST_ROWS]:
        times = (
            NO_DATA if value is None else f"{value * 1000:.4g}" for value in (row.ttft, row.tpot)
        )
        table.add_row(
            Text(clip(row.demand_class, 40)),
            Text(clip(row.offer, 40)),
            *(_rate(rate) for rate in (row.rate, row.rate_low, row.rate_high)),
            "" if row.concurrency is None else f"{row.concurrency:.4g}",
            *(times if wide else ()),
            row.source.value,
        )
    if len(rows) > MOST_ROWS:
        table.add_row(Text(f"… and {len(rows) - MOST_ROWS} more (--json shows all)"))
    return table


def _bucketing(found: Bucketing, console: Console) -> None:
    table = _table(("Class",), ("Requests", "Mean input", "Mean output"), ())
    for row in found.buckets[:MOST_ROWS]:
        table.add_row(
            Text(clip(row.name, 50)),
            f"{row.requests:,}",
            f"{row.mean_input:,.1f}",
            f"{row.mean_output:,.1f}",
        )
    if len(found.buckets) > MOST_ROWS:
        table.add_row(Text(f"… and {len(found.buckets) - MOST_ROWS} more (--json shows all)"))
    console.print(table)
    console.print(
        f"{found.requests:,} requests in {len(found.buckets)} classes; taking their means errs by "
        f"at most {found.error:.2%} of the replica-seconds (asked: {found.asked:.4g}).",
        soft_wrap=True,
        highlight=False,
    )
    for name in found.replicas:
        text = f"  also inside the objective, to half a point (its cost is read off a grid): {name}"
        console.print(_line(text), soft_wrap=True)


def _seen(seen: ServerSeen, console: Console) -> None:
    name = plain(seen.model) or "one model"
    console.print(
        _line(f"{name} ({seen.engine}): {seen.rate:.4g} requests/s over {seen.interval:.6g} s"),
        soft_wrap=True,
    )
    table = _table(("Latency",), ("Mean", "Quantile between", "and", "Inside between", "and"), ())
    for row in seen.latencies:
        table.add_row(
            row.name,
            *(_seconds(value) for value in (row.mean, row.quantile_low, row.quantile_high)),
            *(share(part, 1.0, 1) for part in (row.inside_low, row.inside_high)),
        )
    console.print(table)


def _backtest(found: Profiles) -> Table:
    table = _table(
        ("Held out", "Error of"), ("Rows", "Mean", "Median", "90%", "Worst", "In band"), ()
    )
    for row in found.backtest:
        table.add_row(
            row.test,
            row.target,
            f"{row.rows:,}",
            *(f"{part:.1%}" for part in (row.mean, row.median, row.p90, row.worst_group)),
            "" if row.covered is None else f"{row.covered:.0%}",
        )
    return table


def _table(left: tuple[str, ...], right: tuple[str, ...], last: tuple[str, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    for name in last:
        table.add_column(name, no_wrap=True)
    return table


def _rate(rate: float | None) -> str:
    return NO_DATA if rate is None else price(rate)


def _seconds(value: float | None) -> str:
    return NO_DATA if value is None else f"{value:.4g} s"


def _line(text: str) -> Text:
    return Text(plain(text))
