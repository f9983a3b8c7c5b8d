"""What `lepta replay --policies` shows: each policy and what it can be told."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.report.numbers import plain

__all__ = ["show_policies"]


def show_policies(policies: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Draw one table per policy."""
    for policy in policies:
        console.print(Text(f"{plain(policy['name'])}: {plain(policy['summary'])}", style="bold"))
        if not policy["parameters"]:
            continue
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for head in ("Parameter", "Default", "Range", "Unit"):
            table.add_column(head, no_wrap=True)
        table.add_column("Meaning", overflow="fold")
        for each in policy["parameters"]:
            low, high = each["low"], each["high"]
            span = (
                "" if low is None or low == high else f"{low:g}.." + (f"{high:g}" if high else "")
            )
            default = each["default"]
            shown = default if isinstance(default, str) else f"{default:g}"
            cells = (each["name"], shown, span, each["unit"], each["meaning"])
            table.add_row(*(Text(plain(cell)) for cell in cells))
        console.print(table)
