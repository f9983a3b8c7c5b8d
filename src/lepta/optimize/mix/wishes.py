"""Why nothing is possible: the smallest set of wishes that cannot hold together, and by how much.

Wishes are dropped one after the other; one without which all is still impossible stays dropped
(deletion filter; Chinneck 2008, section 6.1). What is left contradicts itself, and does not without
any one of its members. Then each member is loosened by itself until the others can hold. Machines
may be fractional here: what is impossible even then is impossible.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import numpy as np

from lepta.domain.periods import cut
from lepta.domain.plan import PlanCase, Wish
from lepta.optimize.mix.horizon import tie
from lepta.optimize.mix.known import known_price
from lepta.optimize.mix.model import model_of
from lepta.optimize.mix.search import floor
from lepta.optimize.mix.settle import period_of
from lepta.optimize.mix.survey import survey

__all__ = ["conflict"]

T = TypeVar("T")

MOST_WISHES = 60
"""Beyond so many wishes the set is not looked for: the shortfalls alone have to do."""
STEPS = 24
"""Halvings of the distance between what is possible and what is not."""
FAR = 64.0
"""A limit or a quota is raised up to so many times of what is asked (and 64 more)."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One wish: how to drop it, and how to loosen it to a part or a multiple."""

    kind: str
    name: str
    wanted: float
    unit: str
    dropped: Callable[[PlanCase], PlanCase]
    at: Callable[[PlanCase, float], PlanCase] | None = None
    """The case with the wish at another value; None: it holds or it does not."""
    far: float = 0.0
    """The value at which the wish asks for nothing any more."""


def conflict(case: PlanCase, starts: Sequence[datetime]) -> tuple[Wish, ...]:
    """Find wishes that contradict each other in the periods that begin at `starts`.

    Empty where the wishes are too many, or where only whole machines make it impossible.
    """
    case = _only(case, starts)
    wishes = _wishes(case)
    if len(wishes) > MOST_WISHES or _possible(case):
        return ()
    kept: list[_Asked] = list(wishes)
    now = case
    for wish in wishes:
        without = wish.dropped(now)
        if not _possible(without):
            now, kept = without, [one for one in kept if one is not wish]
    return tuple(_told(now, wish) for wish in kept)


def _only(case: PlanCase, starts: Sequence[datetime]) -> PlanCase:
    """Keep the first period that is impossible; all, where the whole horizon is limited."""
    if case.promises.carbon_limit is not None:
        return case
    first = min(starts)
    horizon = cut(case.demand)
    period = next(p for p in horizon.periods if p.start == first)
    rows = tuple(
        replace(row, start=period.start, hours=period.hours)
        for row in case.demand
        if row.start <= period.start < row.end
    )
    scenarios = tuple(
        replace(
            one,
            demand=tuple(
                replace(row, start=period.start, hours=period.hours)
                for row in one.demand
                if row.start <= period.start < row.end
            ),
        )
        for one in case.scenarios
    )
    return replace(case, demand=rows, scenarios=scenarios, current=None)


def _possible(case: PlanCase) -> bool:
    if not case.demand or all(row.rate_per_s == 0 for row in case.demand):
        return True
    horizon = cut(case.demand)
    market, _ = survey(case, horizon)
    model = model_of(case, market, horizon)
    if floor(model)[1]:
        return False
    if model.carbon_limit is None:
        return True
    return tie(model, [period_of(model, step) for step in range(len(model.hours))]) is not None


def _wishes(case: PlanCase) -> list[_Asked]:
    """List what is asked, the easiest to give up last: what is dropped first is blamed last."""
    names = sorted({row.demand_class for row in case.demand if row.rate_per_s > 0})
    found = [_demand(case, name) for name in names]
    found += [_scenario(one.name, one.probability) for one in case.scenarios]
    found += [_survival(place.scope.value, place.share) for place in case.promises.survive]
    if case.promises.carbon_limit is not None:
        found.append(_carbon(case.promises.carbon_limit))
    for one in case.classes:
        if one.latency_ms is not None:
            found.append(_objective(case, one.name, one.latency_ms))
        if one.regions:
            found.append(_residency(one.name, one.regions))
    found += [_quota(quota.name, quota.limit) for quota in case.quotas]
    for offer in case.offers:
        if offer.limit is not None and known_price(offer) and not offer.serverless:
            found.append(_limit(offer.id, float(offer.limit)))
    return found


def _demand(case: PlanCase, name: str) -> _Asked:
    rate = max(row.rate_per_s for row in case.demand if row.demand_class == name)

    def at(c: PlanCase, value: float) -> PlanCase:
        part = value / rate
        rows = tuple(
            replace(row, rate_per_s=row.rate_per_s * part) if row.demand_class == name else row
            for row in c.demand
        )
        return replace(c, demand=rows)

    return _Asked("demand", name, rate, "requests/s", lambda c: at(c, 0.0), at, 0.0)


def _scenario(name: str, probability: float) -> _Asked:
    def dropped(c: PlanCase) -> PlanCase:
        return replace(c, scenarios=_less(c.scenarios, "name", name))

    return _Asked("scenario", name, probability, "probability", dropped)


def _survival(scope: str, share: float) -> _Asked:
    def at(c: PlanCase, value: float) -> PlanCase:
        survive = tuple(
            replace(one, share=value) if one.scope.value == scope else one
            for one in c.promises.survive
        )
        return replace(c, promises=replace(c.promises, survive=survive))

    return _Asked("survive", scope, share, "share", lambda c: at(c, 0.0), at, 0.0)


def _carbon(limit: float) -> _Asked:
    def at(c: PlanCase, value: float) -> PlanCase:
        return replace(c, promises=replace(c.promises, carbon_limit=value))

    def dropped(c: PlanCase) -> PlanCase:
        return replace(c, promises=replace(c.promises, carbon_limit=None))

    return _Asked("carbon", "carbon limit", limit, "kg", dropped, at, limit * FAR + FAR)


def _objective(case: PlanCase, name: str, latency: float) -> _Asked:
    def at(c: PlanCase, value: float) -> PlanCase:
        classes = tuple(
            replace(one, latency_ms=value) if one.name == name else one for one in c.classes
        )
        return replace(c, classes=classes)

    def dropped(c: PlanCase) -> PlanCase:
        classes = tuple(
            replace(one, latency_ms=None) if one.name == name else one for one in c.classes
        )
        return replace(c, classes=classes)

    trips = {(r.demand_class, r.offer): r.round_trip_ms or 0.0 for r in case.routes}
    slowest = max(
        (
            (point.latency_ms or 0.0) + trips.get((name, point.offer), 0.0)
            for point in case.profiles
            if point.demand_class == name
        ),
        default=latency,
    )
    return _Asked("latency", name, latency, "ms", dropped, at, max(slowest, latency))


def _residency(name: str, regions: tuple[str, ...]) -> _Asked:
    def dropped(c: PlanCase) -> PlanCase:
        classes = tuple(replace(one, regions=()) if one.name == name else one for one in c.classes)
        return replace(c, classes=classes)

    return _Asked("regions", f"{name} in {'|'.join(regions)}", len(regions), "regions", dropped)


def _quota(name: str, limit: float) -> _Asked:
    def at(c: PlanCase, value: float) -> PlanCase:
        quotas = tuple(replace(one, limit=value) if one.name == name else one for one in c.quotas)
        return replace(c, quotas=quotas)

    def dropped(c: PlanCase) -> PlanCase:
        return replace(c, quotas=_less(c.quotas, "name", name))

    return _Asked("quota", name, limit, "units", dropped, at, limit * FAR + FAR)


def _limit(name: str, limit: float) -> _Asked:
    def at(c: PlanCase, value: float | None) -> PlanCase:
        whole = None if value is None else int(np.ceil(value - 1e-6))
        offers = tuple(
            replace(offer, limit=whole) if offer.id == name else offer for offer in c.offers
        )
        return replace(c, offers=offers)

    return _Asked("limit", name, limit, "units", lambda c: at(c, None), at, limit * FAR + FAR)


def _less(rows: tuple[T, ...], attribute: str, name: str) -> tuple[T, ...]:
    return tuple(row for row in rows if getattr(row, attribute) != name)


def _told(case: PlanCase, wish: _Asked) -> Wish:
    """Loosen one wish, with the others of the set as they are, until all hold."""
    possible: float | None = None
    if wish.at is not None and _possible(wish.at(case, wish.far)):
        good, bad = wish.far, wish.wanted
        whole = wish.unit == "units"
        for _ in range(STEPS):
            middle = float(round((good + bad) / 2.0)) if whole else (good + bad) / 2.0
            if middle in (good, bad):
                break
            if _possible(wish.at(case, middle)):
                good = middle
            else:
                bad = middle
            if abs(good - bad) <= 1e-4 * max(abs(good), abs(bad)):
                break
        possible = good
    return Wish(
        kind=wish.kind, name=wish.name, wanted=wish.wanted, possible=possible, unit=wish.unit
    )
