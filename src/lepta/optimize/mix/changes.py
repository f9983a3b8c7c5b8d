"""What to do when: levels to bring offers to, replacements up before what they replace is down."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from lepta.domain.offer import Offer
from lepta.domain.plan import Change, PlanCase, UnitsHeld

__all__ = ["changes_of"]


def changes_of(
    case: PlanCase, starts: Sequence[datetime], units: Sequence[UnitsHeld]
) -> tuple[Change, ...]:
    """Order the changes from what runs now (or from nothing known) through the horizon.

    At each instant at which levels change, offers that grow are asked for first, by their start-up
    time earlier; offers that shrink follow at the instant itself, when the others serve. What
    serves together is never less than what the period before or the period after holds.
    """
    offers = {offer.id: offer for offer in case.offers}
    levels = _levels(starts, units)
    if not levels:
        return ()
    before = dict(case.current) if case.current is not None else dict(levels[0][1])
    found: list[tuple[datetime, int, Change]] = []
    for when, after in levels:
        names = sorted(
            name for name in {*before, *after} if before.get(name, 0) != after.get(name, 0)
        )
        grown = [name for name in names if after.get(name, 0) > before.get(name, 0)]
        for name in names:
            up = name in grown
            moment = _order(offers[name], when) if up else when
            change = Change(
                at=moment,
                offer=name,
                units_before=before.get(name, 0),
                units=after.get(name, 0),
                why=_why(offers[name], when, grown, up=up),
            )
            found.append((moment, 0 if up else 1, change))
        before = after
    return tuple(change for _, _, change in sorted(found, key=lambda one: one[:2]))


def _levels(
    starts: Sequence[datetime], units: Sequence[UnitsHeld]
) -> list[tuple[datetime, dict[str, int]]]:
    """Return the units per offer from each start of a period on; time between holds on."""
    spans: dict[datetime, dict[str, int]] = {start: {} for start in starts}
    for row in units:
        spans[row.start][row.offer] = row.count
    return [(start, spans[start]) for start in sorted(spans)]


def _order(offer: Offer, when: datetime) -> datetime:
    return when - timedelta(hours=offer.lead_hours)


def _why(offer: Offer, when: datetime, grown: Sequence[str], *, up: bool) -> str:
    serves = f"{when:%Y-%m-%d %H:%MZ}"
    if up:
        known = "" if offer.startup_s is not None else " (its start-up time is not known)"
        return f"serves from {serves} on{known}"
    return f"after {', '.join(grown)} serves" if grown else f"not needed from {serves} on"
