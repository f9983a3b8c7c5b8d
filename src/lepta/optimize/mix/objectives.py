"""What a latency objective costs: the relaxation solved again with the next looser one."""

from dataclasses import replace

from lepta.domain.periods import Horizon
from lepta.domain.plan import PlanCase
from lepta.optimize.mix.market import fastest
from lepta.optimize.mix.model import model_of
from lepta.optimize.mix.search import floor
from lepta.optimize.mix.survey import survey
from lepta.optimize.mix.writing import money

__all__ = ["next_looser", "objectives"]


def next_looser(case: PlanCase, name: str) -> float | None:
    """Return the next objective of a class, in ms, at which some offer serves more of it."""
    known = {one.name: one for one in case.classes}
    asked = known.get(name)
    if asked is None or asked.latency_ms is None:
        return None
    trips = {(r.demand_class, r.offer): r.round_trip_ms or 0.0 for r in case.routes}
    regions = {offer.id: offer.region for offer in case.offers}
    now = fastest(case, known, regions)
    found = [
        (point.latency_ms or 0.0) + trips.get((name, point.offer), 0.0)
        for point in case.profiles
        if point.demand_class == name
        and point.rate_per_s > now.get((name, point.offer), 0.0)
        and (not asked.regions or regions.get(point.offer) in asked.regions)
    ]
    looser = [latency for latency in found if latency > asked.latency_ms]
    return min(looser, default=None)


def objectives(case: PlanCase, horizon: Horizon, *, most: int) -> list[str]:
    """Say for each class what the next looser objective would save, in the long run."""
    said = []
    base: float | None = None
    for one in case.classes[:most]:
        looser = next_looser(case, one.name)
        if looser is None or one.name not in horizon.classes:
            continue
        if base is None:
            base = _floor(case, horizon)
        classes = tuple(
            replace(each, latency_ms=looser) if each.name == one.name else each
            for each in case.classes
        )
        saved = base - _floor(replace(case, classes=classes), horizon)
        said.append(
            f"{one.name} within {looser:g} ms instead of {one.latency_ms:g} ms would save "
            f"{money(max(saved, 0.0))} {case.currency} in the long run ({saved / base:.1%})."
            if base > 0
            else f"{one.name} within {looser:g} ms instead of {one.latency_ms:g} ms saves nothing."
        )
    return said


def _floor(case: PlanCase, horizon: Horizon) -> float:
    market, _ = survey(case, horizon)
    return floor(model_of(case, market, horizon))[0]
