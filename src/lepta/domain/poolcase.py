"""From offers and profiles to the pool of a replay: which replicas it may hold, and what they do.

What is not known is never zero: an offer without a price, and a spot offer of which nobody says how
often it is taken back, are left out, and the reason is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np

from lepta.domain.demand import Profile
from lepta.domain.offer import Offer, Term
from lepta.domain.pool import Pool, Variant
from lepta.errors import InputError, listing

__all__ = ["NOTICE_S", "STARTUP_S", "PoolFound", "build_pool", "plain_pool", "variants_of"]

STARTUP_S = 120.0
"""From order to serving where nobody says: taken, and told."""
NOTICE_S: Final = {"aws": 120.0, "azure": 30.0, "gcp": 30.0}
"""Seconds between the notice of an interruption and the loss, as the clouds' manuals state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFound:
    """A pool, and what was left out or assumed to get it."""

    pool: Pool
    notes: tuple[str, ...] = ()


def build_pool(
    offers: Sequence[Offer],
    profiles: Sequence[Profile],
    *,
    kinds: Sequence[str] = (),
    latency_ms: float | None = None,
    startup_s: float | None = None,
    slots: int = 1,
    limit: int | None = None,
    currency: str = "USD",
) -> PoolFound:
    """Build the pool of all offers that can serve a class, with the rates of their profiles.

    `kinds` are the classes of the trace, in its order; () for a trace without classes, which the
    profiles of one class fit. Of several operating points, the largest rate within `latency_ms`
    counts (None: the largest of all). `startup_s` and `limit` hold where an offer says nothing.
    The unit of the load is requests.

    Raises
    ------
    InputError
        A class of the trace can be served by none of the offers, or no offer is left.
    """
    classes = _classes(kinds, profiles)
    notes: list[str] = []
    rates = _rates(profiles, latency_ms, notes)
    able = {offer for (_, offer), rate in rates.items() if rate > 0}
    useful = [offer for offer in offers if offer.id in able]
    idle = [offer.id for offer in offers if offer.id not in able]
    if idle:
        notes.append(f"Left out, as they have no profile inside the objective: {listing(idle)}.")
    variants, said = variants_of(useful, startup_s=startup_s, slots=slots, limit=limit)
    notes += said
    table = np.array(
        [[rates.get((name, variant.name), 0.0) for variant in variants] for name in classes]
    )
    held = [place for place in range(len(variants)) if table[:, place].any()]
    other = [variants[place].name for place in range(len(variants)) if place not in held]
    if other:
        notes.append(f"Left out, as they serve no class of the trace: {listing(other)}.")
    for name, row in zip(classes, table, strict=True):
        if not row.any():
            raise _unserved(name, profiles, latency_ms, notes)
    pool = Pool(
        classes=classes,
        variants=tuple(variants[place] for place in held),
        capacity_per_s=table[:, held],
        currency=currency,
    )
    return PoolFound(pool=pool, notes=tuple(notes))


def variants_of(
    offers: Sequence[Offer],
    *,
    startup_s: float | None = None,
    slots: int = 1,
    limit: int | None = None,
) -> tuple[tuple[Variant, ...], tuple[str, ...]]:
    """Turn offers into variants, and say which were left out and what was assumed.

    Raises
    ------
    InputError
        No offer is left.
    """
    out: dict[str, list[str]] = {}
    assumed, silent, longer = [], [], []
    variants = []
    for offer in offers:
        if why := _unfit(offer):
            out.setdefault(why, []).append(offer.id)
            continue
        if offer.startup_s is None and startup_s is None:
            assumed.append(offer.id)
        if offer.min_hours or offer.start_cost:
            longer.append(offer.id)
        spot = offer.term is Term.SPOT
        if spot and offer.provider.lower() not in NOTICE_S:
            silent.append(offer.id)
        variants.append(_variant(offer, startup_s, slots, limit))
    notes = [f"Left out, as {why}: {listing(names)}." for why, names in out.items()]
    if assumed:
        notes.append(
            f"Time to start unknown, taken as {STARTUP_S:.0f} s: {listing(assumed)}. Write it in "
            "the column startup_s."
        )
    if silent:
        notes.append(f"Notice before an interruption unknown, taken as none: {listing(silent)}.")
    if longer:
        notes.append(f"min_hours and start_cost are not replayed: {listing(longer)}.")
    if not variants:
        raise InputError(
            "no offer is left for the replay. " + " ".join(notes),
            remedy="give an offer with a price, and with interruptions_per_hour where it is spot",
        )
    return tuple(variants), tuple(notes)


def plain_pool(
    *,
    kinds: Sequence[str] = (),
    capacity_per_s: float,
    unit: str,
    variants: Sequence[Variant] = (),
    price_per_hour: float | None = None,
    startup_s: float | None = None,
    slots: int = 1,
    limit: int | None = None,
    currency: str = "USD",
) -> PoolFound:
    """Build a pool whose replicas all carry the same load of any class.

    Without `variants` there is one, named replica, at `price_per_hour`; where that is None it costs
    1 per hour, so that the cost is the number of replica-hours, and a note says so.

    Raises
    ------
    InputError
        The capacity is not above 0.
    """
    if not 0 < capacity_per_s < float("inf"):
        raise InputError(
            f"a replica carries {capacity_per_s:g} {unit} per second",
            remedy="give a capacity above 0",
        )
    notes = []
    if not variants:
        if price_per_hour is None:
            notes.append("No price was given: a replica-hour costs 1, so cost is replica-hours.")
        if startup_s is None:
            notes.append(f"Time to start unknown, taken as {STARTUP_S:.0f} s.")
        variants = (
            Variant(
                name="replica",
                price_per_hour=1.0 if price_per_hour is None else price_per_hour,
                startup_s=STARTUP_S if startup_s is None else startup_s,
                slots=slots,
                limit=limit,
            ),
        )
    elif len(variants) > 1:
        notes.append("Without profiles, every offer is taken to serve the same.")
    classes = tuple(kinds) or ("all",)
    pool = Pool(
        classes=classes,
        variants=tuple(variants),
        capacity_per_s=np.full((len(classes), len(variants)), capacity_per_s),
        unit=unit,
        currency=currency,
    )
    return PoolFound(pool=pool, notes=tuple(notes))


def _unfit(offer: Offer) -> str:
    if offer.serverless:
        return "they are serverless, and have no replicas"
    if not offer.price_per_hour:
        return "their price is unknown"
    if offer.term is Term.SPOT and offer.interruptions_per_hour is None:
        return "nobody says how often they are interrupted (interruptions_per_hour)"
    return ""


def _variant(offer: Offer, startup_s: float | None, slots: int, limit: int | None) -> Variant:
    start = offer.startup_s if offer.startup_s is not None else startup_s
    most = offer.limit if offer.limit is not None else limit
    spot = offer.term is Term.SPOT
    return Variant(
        name=offer.id,
        price_per_hour=offer.price_per_hour or 0.0,
        startup_s=STARTUP_S if start is None else start,
        limit=None if most is None else max(most, offer.owned),
        least=offer.owned,
        slots=slots,
        spot=spot,
        interruptions_per_hour=offer.interruptions_per_hour or 0.0,
        notice_s=NOTICE_S.get(offer.provider.lower(), 0.0) if spot else 0.0,
        zone=offer.zone or offer.region,
    )


def _classes(kinds: Sequence[str], profiles: Sequence[Profile]) -> tuple[str, ...]:
    profiled = list(dict.fromkeys(profile.demand_class for profile in profiles))
    if kinds:
        for name in kinds:
            if name not in profiled:
                near = get_close_matches(name, profiled, n=1)
                meant = f"is {near[0]!r} meant? " if near else ""
                raise InputError(
                    f"the trace has the class {name!r}, but no profile has",
                    remedy=f"{meant}there are profiles of {listing(profiled)}",
                )
        return tuple(kinds)
    if len(profiled) == 1:
        return (profiled[0],)
    raise InputError(
        f"the trace has no classes, but the profiles have {len(profiled)}: {listing(profiled)}",
        remedy="add the column class to the trace, or keep the profiles of one class",
    )


def _rates(
    profiles: Sequence[Profile], latency_ms: float | None, notes: list[str]
) -> dict[tuple[str, str], float]:
    """Return the largest rate of each (class, offer) inside the latency."""
    rates: dict[tuple[str, str], float] = {}
    points: dict[tuple[str, str], int] = {}
    for profile in profiles:
        pair = (profile.demand_class, profile.offer)
        points[pair] = points.get(pair, 0) + 1
        late = profile.latency_ms is not None and latency_ms is not None
        if late and (profile.latency_ms or 0.0) > (latency_ms or 0.0):
            continue
        rates[pair] = max(rates.get(pair, 0.0), profile.rate_per_s)
    if latency_ms is None and max(points.values(), default=1) > 1:
        notes.append("No latency was given: of several operating points, the largest rate counts.")
    return rates


def _unserved(
    name: str, profiles: Sequence[Profile], latency_ms: float | None, notes: Sequence[str]
) -> InputError:
    known = [p.latency_ms for p in profiles if p.demand_class == name and p.latency_ms is not None]
    inside = "" if latency_ms is None else f" inside {latency_ms:g} ms"
    best = f"; the fastest point takes {min(known):g} ms" if known else ""
    return InputError(
        f"no offer of the pool serves the class {name!r}{inside}{best}. " + " ".join(notes),
        remedy="give a profile and an offer for it, or a longer objective",
    )
