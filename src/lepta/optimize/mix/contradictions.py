"""Cases that contradict themselves: refused before anything is planned."""

import math
from collections.abc import Sequence

from lepta.domain.plan import PlanCase
from lepta.domain.promises import Scope
from lepta.errors import InputError, listing
from lepta.optimize.mix.market import GIVEN

__all__ = ["check_case"]


def check_case(case: PlanCase) -> None:
    """Refuse a case that contradicts itself.

    Raises
    ------
    InputError
        A name stands twice, is not among the offers, or the target utilization is 0.
    """
    if not case.utilization > 0:
        raise InputError(
            "the target utilization is 0: no machine may do any work",
            remedy="give a share above 0, such as 0.85",
        )
    names = {offer.id for offer in case.offers}
    keys: dict[str, list[tuple[str, ...]]] = {
        "offer": [(offer.id,) for offer in case.offers],
        "profile": [(p.demand_class, *_point(p.latency_ms), p.offer) for p in case.profiles],
        "route": [(r.demand_class, r.offer) for r in case.routes],
        "current": [(offer,) for offer, _ in case.current or ()],
    }
    for kind, found in keys.items():
        twice = sorted({key for key in found if found.count(key) > 1}) if _repeats(found) else []
        if twice:
            raise InputError(
                f"{kind} {', '.join(filter(None, twice[0]))} stands twice",
                remedy="keep one of the two",
            )
        if strange := sorted({key[-1] for key in found} - names):
            raise InputError(
                f"{kind} names an offer that the case does not have: {strange[0]}",
                remedy=f"there are {listing(sorted(names))}",
            )
    _check_names(case)
    _check_scenarios(case)
    for offer, units in case.current or ():
        if units < 0:
            raise InputError(
                f"{units} units of {offer} run now", remedy="give a number of units from 0"
            )


def _check_names(case: PlanCase) -> None:
    """Refuse names that stand twice where one is meant."""
    for kind, names in (
        ("class", [one.name for one in case.classes]),
        ("quota", [one.name for one in case.quotas]),
        ("pipeline", [one.name for one in case.pipelines]),
        ("scenario", [one.name for one in case.scenarios]),
    ):
        if _repeats([(name,) for name in names]):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{kind} {twice} stands twice", remedy="keep one of the two")


def _check_scenarios(case: PlanCase) -> None:
    """Refuse scenarios that do not lie on the demand, or weigh more than 1 together."""
    total = math.fsum(one.probability for one in case.scenarios)
    if total > 1 + 1e-9:
        raise InputError(
            f"the probabilities of {len(case.scenarios)} scenarios sum to {total:g}",
            remedy="make them sum to 1 at most; the rest is the probability of the demand as given",
        )
    rows = {(row.demand_class, row.start): row.hours for row in case.demand}
    scopes = tuple(f"{scope.value} " for scope in Scope)
    for one in case.scenarios:
        if one.name.startswith(scopes) or one.name in ("", GIVEN):
            raise InputError(
                f"scenario {one.name!r} is called like something else in a plan",
                remedy="call it otherwise: not empty, not 'as given', not 'zone ...' and the like",
            )
        for row in one.demand:
            hours = rows.get((row.demand_class, row.start))
            if hours is None or abs(hours - row.hours) > 1e-6 * hours:
                raise InputError(
                    f"scenario {one.name} has demand of {row.demand_class} from "
                    f"{row.start.isoformat()} for {row.hours:g} h, which the demand table has not",
                    remedy="give scenarios the classes and intervals of the demand table",
                )


def _point(latency_ms: float | None) -> tuple[str, ...]:
    """Tell operating points of one pair apart."""
    return () if latency_ms is None else (f"at {latency_ms:g} ms",)


def _repeats(keys: Sequence[tuple[str, ...]]) -> bool:
    return len(set(keys)) < len(keys)
