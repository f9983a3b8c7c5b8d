"""What a price search found: offers with a price, offers whose price nobody knows, and remarks."""

from dataclasses import dataclass

from lepta.domain.offer import CatalogEntry

__all__ = ["PriceList", "per_accelerator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The answer of `lepta prices`. `entries` are sorted; an unknown price is never among them."""

    entries: tuple[CatalogEntry, ...]
    unknown: tuple[CatalogEntry, ...] = ()
    """Offers that match but whose price is zero or missing in the source: not known, not free."""
    total: int = 0
    """Offers with a known price that match, before the limit cut the list."""
    notes: tuple[str, ...] = ()
    """What was passed over, what is old, and what may have been meant when nothing was found."""
    stale: frozenset[str] = frozenset()
    """Names of offers whose price is older than a year."""


def per_accelerator(entry: CatalogEntry) -> float | None:
    """Price of one accelerator-hour (currency/h); None without a price or an accelerator."""
    price, count = entry.offer.price_per_hour, entry.offer.accelerator_count
    return None if price is None or count <= 0 else price / count
