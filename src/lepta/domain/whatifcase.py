"""The changes of a what-if, one function per kind: a case, a pattern and a change to a new case.

The text around it, and what a pattern means, stand in `whatif` and `patterns`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lepta.domain.amounts import Change
from lepta.domain.demand import Demand, DemandClass
from lepta.domain.offer import Offer, Term
from lepta.domain.patterns import fits, names_like, offers_like
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Scope, Survival
from lepta.errors import InputError

__all__ = [
    "Moved",
    "Touched",
    "carbon",
    "demand",
    "limit",
    "price",
    "quota",
    "rate",
    "slo",
    "survive",
]

PRICES = ("price_per_request", "price_per_million_input_tokens", "price_per_million_output_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One number of the case before and after; None is no limit, no promise, or not known."""

    what: str
    """Such as "price"."""
    name: str
    by: str = ""
    """What of an offer the pattern matched, such as "accelerator H100"; "" is its name."""
    before: float | None
    after: float | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A changed case; `left` is what matched and stays, with reasons, `remedy` what helps."""

    case: PlanCase
    moved: tuple[Moved, ...]
    left: tuple[str, ...] = ()
    remedy: str = "name something that can change"


def price(case: PlanCase, pattern: str, change: Change) -> Touched:
    """Change the price of an hour; of an API all its prices, by a share or a factor."""
    moved, left, found = [], [], offers_like(case, pattern)
    changed: dict[str, Offer] = {}
    for offer, by in found:
        names = [name for name in PRICES if getattr(offer, name)] if offer.serverless else []
        if offer.serverless and change.value is not None:
            raise InputError(
                f"{offer.id} is an API, which has several prices",
                remedy="change them by a share or a factor, as in -20% or x2",
            )
        names = names or ["price_per_hour"]
        if change.value is None and all(getattr(offer, name) is None for name in names):
            left.append(f"the price of {offer.id} is not known")
            continue
        after: dict[str, Any] = {name: _after(getattr(offer, name), change) for name in names}
        if not offer.serverless and offer.term is not Term.RESERVED:
            _refuse_free(offer, after["price_per_hour"])
        changed[offer.id] = replace(offer, **after)
        moved += [
            Moved(
                what=name.replace("_", " "),
                name=offer.id,
                by=by,
                before=getattr(offer, name),
                after=after[name],
                unit=case.currency,
            )
            for name in names
        ]
    return Touched(
        case=_with(case, changed),
        moved=tuple(moved),
        left=tuple(left),
        remedy="set a price, as in price:NAME=2.5",
    )


def carbon(case: PlanCase, pattern: str, change: Change) -> Touched:
    """Change the emissions of a machine-hour."""
    moved, left = [], []
    changed: dict[str, Offer] = {}
    for offer, by in offers_like(case, pattern):
        before = offer.carbon_g_per_hour
        if before is None and change.value is None:
            left.append(f"the emissions of {offer.id} are not known")
            continue
        after = _after(before, change)
        changed[offer.id] = replace(offer, carbon_g_per_hour=after)
        moved.append(
            Moved(what="carbon", name=offer.id, by=by, before=before, after=after, unit="g/h")
        )
    return Touched(
        case=_with(case, changed),
        moved=tuple(moved),
        left=tuple(left),
        remedy="set grams per machine-hour, as in carbon:NAME=400",
    )


def limit(case: PlanCase, pattern: str, change: Change) -> Touched:
    """Change how many units may be held at once; parts of a unit are rounded down.

    An API has no units: 0 leaves it out, by taking its profiles away.
    """
    moved, left = [], []
    changed: dict[str, Offer] = {}
    banned = set()
    for offer, by in offers_like(case, pattern):
        before: float | None = offer.limit
        after: int | None = None
        if offer.serverless:
            if change.lifts or change.of(1.0) != 0:
                raise InputError(
                    f"{offer.id} is an API, which has no units",
                    remedy="give 0 to leave it out, or change how much may be sent: rate:NAME=x2",
                )
            banned.add(offer.id)
            after = 0
        elif not change.lifts:
            if before is None and change.value is None:
                left.append(f"{offer.id} has no limit")
                continue
            after = _whole(before or 0.0, change)
        changed[offer.id] = offer if offer.serverless else replace(offer, limit=after)
        moved.append(
            Moved(what="limit", name=offer.id, by=by, before=before, after=after, unit="units")
        )
    whole = _with(case, changed)
    if banned:
        kept = tuple(row for row in case.profiles if row.offer not in banned)
        whole = replace(whole, profiles=kept)
    return Touched(
        case=whole,
        moved=tuple(moved),
        left=tuple(left),
        remedy="set a limit, as in limit:NAME=4",
    )


def demand(case: PlanCase, pattern: str, change: Change) -> Touched:
    """Change the arrival rate of classes, in the demand and in every scenario."""
    names = names_like(pattern, {row.demand_class for row in case.demand}, "class with demand")

    def after(rows: Iterable[Demand]) -> tuple[Demand, ...]:
        return tuple(
            replace(row, rate_per_s=change.of(row.rate_per_s)) if row.demand_class in names else row
            for row in rows
        )

    changed = replace(
        case,
        demand=after(case.demand),
        scenarios=tuple(replace(one, demand=after(one.demand)) for one in case.scenarios),
    )
    moved = [
        Moved(
            what="peak demand",
            name=name,
            before=_peak(case.demand, name),
            after=_peak(changed.demand, name),
            unit="requests/s",
        )
        for name in names
    ]
    return Touched(case=changed, moved=tuple(moved))


def slo(case: PlanCase, pattern: str, change: Change) -> Touched:
    """Change the latency objective of classes and the budget of pipelines.

    Only profiles that say at which latency they serve can follow: without any, the rates of the
    class hold inside an objective that nobody wrote down, and another one would change nothing.
    """
    if change.value == 0 or change.factor == 0:
        raise InputError("nothing answers within 0 ms", remedy="give a time above 0")
    timed = {row.demand_class for row in case.profiles if row.latency_ms is not None}
    known = {one.name: one for one in case.classes}
    pipes = {one.name: one for one in case.pipelines}
    served = {row.demand_class for row in case.demand}
    served |= {row.demand_class for row in case.profiles}
    moved, left = [], []
    for name in names_like(pattern, {*served, *pipes}, "class or pipeline"):
        stages = {one.demand_class for one in pipes[name].stages} if name in pipes else {name}
        before = pipes[name].latency_ms if name in pipes else None
        if name not in pipes and name in known:
            before = known[name].latency_ms
        if not stages & timed:
            left.append(f"no profile of {name} says its latency")
            continue
        if before is None and change.value is None:
            left.append(f"{name} has no objective yet")
            continue
        after = _after(before, change)
        if name in pipes:
            pipes[name] = replace(pipes[name], latency_ms=after)
        else:
            known[name] = replace(known.get(name) or DemandClass(name=name), latency_ms=after)
        moved.append(Moved(what="latency", name=name, before=before, after=after, unit="ms"))
    return Touched(
        case=replace(case, classes=tuple(known.values()), pipelines=tuple(pipes.values())),
        moved=tuple(moved),
        left=tuple(left),
        remedy="set a time, as in slo:NAME=300ms, and give profiles.csv rows with latency_ms, "
        "one per operating point",
    )


def quota(case: PlanCase, pattern: str, change: Change) -> Touched:
    """Change the limit of quotas, or take them away."""
    names = names_like(pattern, {one.name for one in case.quotas}, "quota")
    kept, moved = [], []
    for one in case.quotas:
        if one.name not in names:
            kept.append(one)
            continue
        after = None if change.lifts else change.of(one.limit)
        if after is not None:
            kept.append(replace(one, limit=after))
        moved.append(
            Moved(
                what="quota", name=one.name, before=one.limit, after=after, unit=one.measure.value
            )
        )
    return Touched(case=replace(case, quotas=tuple(kept)), moved=tuple(moved))


def rate(case: PlanCase, pattern: str, change: Change) -> Touched:
    """Change what one unit serves: of a class, on offers, or both (CLASS@OFFER)."""
    first, at, second = pattern.partition("@")
    classes = {row.demand_class for row in case.profiles}
    if at:
        names = names_like(first, classes, "class with a profile")
        places = {offer.id for offer, _ in offers_like(case, second)}
    elif any(fits(name, first) for name in classes):
        names, places = names_like(first, classes, "class"), {offer.id for offer in case.offers}
    else:
        names, places = sorted(classes), {offer.id for offer, _ in offers_like(case, first)}
    hits = [
        place
        for place, row in enumerate(case.profiles)
        if row.demand_class in names and row.offer in places
    ]
    pairs = {(case.profiles[hit].demand_class, case.profiles[hit].offer) for hit in hits}
    if not hits:
        raise InputError(
            f"no profile is of a class and an offer that {pattern!r} names",
            remedy="name a class and an offer that profiles.csv has together",
        )
    if change.value is not None and len(pairs) < len(hits):
        raise InputError(
            "several operating points would get one rate",
            remedy="change them by a share or a factor, as in +20% or x2",
        )
    rows, moved = list(case.profiles), []
    for hit in hits:
        row = rows[hit]
        rows[hit] = replace(row, rate_per_s=change.of(row.rate_per_s))
        moved.append(
            Moved(
                what="rate of a unit",
                name=f"{row.demand_class} on {row.offer}",
                before=row.rate_per_s,
                after=rows[hit].rate_per_s,
                unit="requests/s",
            )
        )
    return Touched(case=replace(case, profiles=tuple(rows)), moved=tuple(moved))


def survive(case: PlanCase, pattern: str, change: Change) -> Touched:
    """Change the share of demand that is served after the loss of one place, or promise none."""
    found = {one.scope: one.share for one in case.promises.survive}
    moved, left = [], []
    for name in names_like(pattern, {str(scope) for scope in Scope}, "kind of place"):
        scope = Scope(name)
        before = found.pop(scope, None)
        if change.value is not None:
            found[scope] = change.value
        elif before is None:
            left.append(f"nothing is promised for the loss of a {name}")
            continue
        moved.append(
            Moved(what="survive", name=scope.value, before=before, after=change.value, unit="1")
        )
    promised = tuple(Survival(scope=one, share=share) for one, share in found.items())
    return Touched(
        case=replace(case, promises=replace(case.promises, survive=promised)),
        moved=tuple(moved),
        left=tuple(left),
        remedy="promise a share, as in survive:zone=90%",
    )


def _after(before: float | None, change: Change) -> float:
    return change.of(before or 0.0)


def _whole(before: float, change: Change) -> int:
    after = change.of(before)
    if change.value is not None and after != int(after):
        raise InputError(f"{after:g} units are not whole", remedy="give a whole number")
    return math.floor(after + 1e-9)


def _refuse_free(offer: Offer, after: float) -> None:
    if after == 0 and offer.price_per_hour != 0:
        raise InputError(
            f"{offer.id} would cost 0, which counts as a price that nobody knows",
            remedy="give a small price, or leave the offer out: limit:NAME=0",
        )


def _with(case: PlanCase, changed: Mapping[str, Offer]) -> PlanCase:
    return replace(case, offers=tuple(changed.get(offer.id, offer) for offer in case.offers))


def _peak(rows: Iterable[Demand], name: str) -> float:
    return max((row.rate_per_s for row in rows if row.demand_class == name), default=0.0)
