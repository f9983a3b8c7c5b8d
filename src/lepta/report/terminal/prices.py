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
OTHERS_WIDE = 54
"""Width of the columns beside the name."""


def show(found: PriceList, console: Console) -> None:
    """Draw the offers, then those of unknown price, then the remarks."""
    if found.entries or found.unknown:
        console.print(_table(found, console.width - OTHERS_WIDE))
    else:
        console.print("No offer matches.")
    for line in _remarks(found):
        console.print(Text(plain(line)), soft_wrap=True)


def _table(found: PriceList, room: int) -> Table:
    shown: Sequence[CatalogEntry] = (*found.entries, *found.unknown[:MOST_UNKNOWN])
    currencies = {entry.currency for entry in shown}
    one = f"{currencies.pop()}/h" if len(currencies) == 1 else "per hour"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Offer", overflow="fold")
    table.add_column("Accelerator", no_wrap=True)
    for name in (one, "each"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("As of", no_wrap=True)
    for entry in shown:
        offer = entry.offer
        chips = f"{offer.accelerator_count:g}x {offer.accelerator}" if offer.accelerator else ""
        each = per_accelerator(entry)
        amount = NO_DATA if offer.price_per_hour is None else price(offer.price_per_hour)
        table.add_row(
            Text(_broken(clip(offer.id, 70), room)),
            Text(clip(chips, 20)),
            Text(amount if one != "per hour" else f"{amount} {entry.currency}"),
            Text("" if each is None else price(each)),
            Text((entry.as_of or "no day") + (" old" if offer.id in found.stale else "")),
        )
    return table


def _broken(name: str, room: int) -> str:
    """Break a name that is too wide for its column before its last part."""
    if len(name) <= room or "/" not in name:
        return name
    head, _, tail = name.rpartition("/")
    return f"{head}\n/{tail}"


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
