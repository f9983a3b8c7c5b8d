"""What `lepta prices` shows: a table of offers, the cheapest accelerator-hour first."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.domain.offer import CatalogEntry
from lepta.domain.prices import PriceList, per_accelerator
from lepta.report.numbers import NO_DATA, clip, plain, price

__all__ = ["show"]

MOST_UNKNOWN = 5


def show(found: PriceList, console: Console) -> None:
    """Draw the offers, then those of unknown price, then the remarks."""
    if found.entries or found.unknown:
        console.print(_table(found))
    else:
        console.print("No offer matches.")
    for line in _remarks(found):
        console.print(Text(plain(line)), soft_wrap=True)


def _table(found: PriceList) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Offer", overflow="fold", ratio=3)
    table.add_column("Accelerator", no_wrap=True)
    for name in ("Per hour", "Per accel-h"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Price of", no_wrap=True)
    shown: Sequence[CatalogEntry] = (*found.entries, *found.unknown[:MOST_UNKNOWN])
    for entry in shown:
        offer = entry.offer
        chips = f"{offer.accelerator_count:g}x {offer.accelerator}" if offer.accelerator else ""
        each = per_accelerator(entry)
        table.add_row(
            Text(clip(offer.id, 60)),
            Text(clip(chips, 22)),
            Text(_money(offer.price_per_hour, entry.currency)),
            Text("" if each is None else price(each)),
            Text((entry.as_of or "no day") + (" old" if offer.id in found.stale else "")),
        )
    return table


def _money(amount: float | None, currency: str) -> str:
    return NO_DATA if amount is None else f"{price(amount)} {currency}"


def _remarks(found: PriceList) -> list[str]:
    lines = []
    more = found.total - len(found.entries)
    if more > 0:
        lines.append(f"… and {more} more (--all shows them)")
    hidden = len(found.unknown) - MOST_UNKNOWN
    if hidden > 0:
        lines.append(f"… and {hidden} more of unknown price")
    if found.unknown:
        lines.append(
            "Unknown: the source has no price or 0 there. It is not free, and never planned with."
        )
    if any(entry.offer.id in found.stale for entry in found.entries):
        lines.append("old: the price is more than a year old; check it before you rely on it.")
    return lines + list(found.notes)
