"""What `lepta solve` shows: the nodes that run, the needs, and why, in sentences."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.cover import CoverAnswer, NodeLine, ResourceLine
from lepta.report.numbers import clip, plain

__all__ = ["show"]

MOST_NODES = 20


def show(answer: CoverAnswer, console: Console) -> None:
    """Draw the answer, or what falls short."""
    if answer.cost is None:
        console.print(Text("No times are enough.", style="bold"))
    else:
        console.print(
            Text.assemble(
                ("Cost ", "bold"),
                (_number(answer.cost), "bold"),
                f"   proven bound {_number(answer.bound or 0.0)}, gap {answer.gap or 0.0:.2g}",
            )
        )
        console.print(_nodes(answer))
    console.print(_resources(answer.resources, short=answer.cost is None))
    _sentences(console, "Why", answer.explanation)
    _sentences(console, "Not known, or taken on trust", answer.unknown)
    kept = sum(check.ok for check in answer.checks)
    names = ", ".join(check.name for check in answer.checks)
    console.print(
        Text(f"Checked without the solver: {kept} of {len(answer.checks)} hold ({names})"),
        soft_wrap=True,
    )


def _nodes(answer: CoverAnswer) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Node", overflow="fold")
    table.add_column("Time", justify="right", no_wrap=True)
    table.add_column("Cost", justify="right", no_wrap=True)
    ranged = answer.ranging is not None
    if ranged:
        table.add_column("Best while its price is", justify="right", no_wrap=True)
    running = sorted(
        (node for node in answer.nodes if node.time > 0), key=lambda node: -node.cost
    )  # stable: equal costs stay in the order of the file
    for node in running[:MOST_NODES]:
        name, prices = Text(clip(node.name, 60)), [_prices(node)] if ranged else []
        table.add_row(name, _number(node.time), _number(node.cost), *prices)
    hidden, idle = len(running) - MOST_NODES, len(answer.names) - len(running)
    if hidden > 0:
        table.add_row(Text(f"… and {hidden} more that run (--json shows all)"), "", "")
    if idle:
        table.add_row(Text(f"{idle} more do not run"), _number(0.0), _number(0.0))
    return table


def _prices(node: NodeLine) -> str:
    if node.price_from is None or node.price_to is None:
        return "not known"
    if _number(node.price_from) == _number(node.price_to):
        return _number(node.price_to)
    if node.price_to == float("inf"):
        return f"{_number(node.price_from)} or more"
    if node.price_from <= 0:
        return f"at most {_number(node.price_to)}"
    return f"{_number(node.price_from)} to {_number(node.price_to)}"


def _resources(lines: Sequence[ResourceLine], *, short: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Resource", overflow="fold")
    for name in ("Need", "At most" if short else "Supplied"):
        table.add_column(name, justify="right", no_wrap=True)
    last = "Short by" if short else "One more unit costs"
    table.add_column(last, justify="right", no_wrap=True)
    for line in lines:
        given = "no end" if line.supplied == float("inf") else _number(line.supplied)
        table.add_row(
            Text(clip(line.name, 60)),
            _number(line.need),
            given,
            _number(line.short_by) if short else _next(line),
        )
    return table


def _next(line: ResourceLine) -> str:
    if line.next_unit_cost is None:
        return "not asked" if line.need == 0 else "cannot be had"
    return _number(line.next_unit_cost)


def _sentences(console: Console, title: str, sentences: Sequence[str]) -> None:
    if sentences:
        console.print(Text(title, style="bold"))
    for sentence in sentences:
        console.print(Text(f"  {plain(sentence)}"), soft_wrap=True)


def _number(value: float) -> str:
    if value != 0 and not 1e-4 <= abs(value) < 1e15:
        return f"{value:.6g}"
    return f"{float(f'{value:.6g}'):,.15g}"
