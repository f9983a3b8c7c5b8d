"""The pool of a replay, from files of offers and profiles or from a few numbers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lepta.adapters.csvfile import read_csv
from lepta.domain import schemas
from lepta.domain.case import Table, check_names
from lepta.domain.demand import Profile
from lepta.domain.offer import Offer
from lepta.domain.pool import Variant
from lepta.domain.poolcase import PoolFound, build_pool, plain_pool, variants_of
from lepta.domain.rows import offer_of, profile_of
from lepta.errors import InputError

__all__ = ["open_pool", "open_variants", "read_offers", "told"]


def open_pool(
    kinds: tuple[str, ...] = (),
    *,
    offers: str | Path | None = None,
    profiles: str | Path | None = None,
    latency_ms: float | None = None,
    price_per_hour: float | None = None,
    capacity_per_s: float | None = None,
    unit: str = "service seconds",
    startup_s: float | None = None,
    slots: int = 1,
    limit: int | None = None,
    currency: str = "USD",
) -> PoolFound:
    """Build the pool of a replay of a trace with the classes `kinds`.

    With `profiles` (class, offer, rate_per_s, latency_ms) the load is counted in requests, and the
    variants are the offers that serve a class of the trace; without `offers` they all cost
    `price_per_hour`, or 1. Without profiles every replica carries `capacity_per_s` in `unit`;
    `slots` where that is None and the unit is service seconds.

    Raises
    ------
    InputError
        A table is wrong (file, line, column, value), options contradict each other, a class can
        be served by nothing, or nothing says how much a replica carries.
    """
    if profiles is not None and capacity_per_s is not None:
        raise InputError(
            "both a capacity and profiles say what a replica serves", remedy="give one of the two"
        )
    if offers is not None and price_per_hour is not None:
        raise InputError("both a price and offers say what a replica costs", remedy="give one")
    if profiles is None:
        if capacity_per_s is None and unit != "service seconds":
            raise InputError(
                f"nothing says how many {unit} per second a replica carries",
                remedy="give profiles (--profiles) or a capacity (--capacity)",
            )
        variants: tuple[Variant, ...] = ()
        notes: tuple[str, ...] = ()
        if offers is not None:
            variants, notes = open_variants(offers, startup_s=startup_s, slots=slots, limit=limit)
        found = plain_pool(
            kinds=kinds,
            capacity_per_s=float(slots) if capacity_per_s is None else capacity_per_s,
            unit=unit,
            variants=variants,
            price_per_hour=price_per_hour,
            startup_s=startup_s,
            slots=slots,
            limit=limit,
            currency=currency,
        )
        return replace(found, notes=(*notes, *found.notes))
    table = Table(str(profiles), schemas.PROFILES.parse(read_csv(profiles)))
    points = tuple(profile_of(row) for row in table.rows)
    notes = ()
    if offers is None:
        known = _priced(points, price_per_hour)
        if price_per_hour is None:
            notes = ("No price was given: a replica-hour costs 1, so cost is replica-hours.",)
    else:
        known = read_offers(offers)
        check_names(table, "offer", [offer.id for offer in known], str(offers))
    found = build_pool(
        known,
        points,
        kinds=kinds,
        latency_ms=latency_ms,
        startup_s=startup_s,
        slots=slots,
        limit=limit,
        currency=currency,
    )
    return replace(found, notes=(*notes, *found.notes))


def open_variants(
    offers: str | Path,
    *,
    startup_s: float | None = None,
    slots: int = 1,
    limit: int | None = None,
) -> tuple[tuple[Variant, ...], tuple[str, ...]]:
    """Read a table of offers as variants, and what is to be said of them.

    Raises
    ------
    InputError
        The table is wrong, or no offer of it can be replayed.
    """
    return variants_of(read_offers(offers), startup_s=startup_s, slots=slots, limit=limit)


def read_offers(path: str | Path) -> tuple[Offer, ...]:
    """Read a table of offers.

    Raises
    ------
    InputError
        The file is missing or wrong: file, line, column, value, remedy.
    """
    source = str(path)
    return tuple(offer_of(source, row) for row in schemas.OFFERS.parse(read_csv(path)))


def _priced(points: tuple[Profile, ...], price_per_hour: float | None) -> tuple[Offer, ...]:
    price = 1.0 if price_per_hour is None else price_per_hour
    names = dict.fromkeys(point.offer for point in points)
    return tuple(Offer(id=name, price_per_hour=price) for name in names)


def told(notes: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part what was done from what is not known."""
    unknown = tuple(note for note in notes if "unknown" in note or "nobody says" in note)
    return tuple(note for note in notes if note not in unknown), unknown
