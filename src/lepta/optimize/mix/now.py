"""What runs now: its cost over the horizon, and which demand it cannot carry."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lepta.domain.periods import Horizon
from lepta.domain.plan import PlanCase
from lepta.optimize.mix.known import known_price
from lepta.optimize.mix.market import market_of
from lepta.optimize.mix.model import Model, model_of
from lepta.optimize.mix.short import only_given, short_rates
from lepta.optimize.mix.words import Now

__all__ = ["look"]

Array = npt.NDArray[np.float64]


def look(case: PlanCase, horizon: Horizon) -> Now:
    """Look at what runs now."""
    if case.current is None:
        return Now(cost=None, known=False)
    offers = {offer.id: offer for offer in case.offers}
    running = {name: units for name, units in case.current if units}
    unpriced = tuple(sorted(name for name in running if not known_price(offers[name])))
    own = _own(case, horizon, running, case.utilization)
    held = np.where(own.market.serverless, 0.0, own.market.limit)
    each = float(own.market.price @ held)
    short = _short(own, horizon)
    full = _short(_own(case, horizon, running, 1.0), horizon) if short else {}
    beyond = {n: u for n, u in running.items() if (q := offers[n].limit) is not None and u > q}
    return Now(
        cost=None if unpriced else each * horizon.hours,
        known=True,
        unpriced=unpriced,
        beyond_limit=tuple(sorted(beyond)),
        short=short,
        short_at_full=frozenset(full),
    )


def _own(case: PlanCase, horizon: Horizon, running: dict[str, int], utilization: float) -> Model:
    """Lay out what runs as a market of its own, each offer limited to the units that run.

    APIs are there whatever runs: they have no units.
    """
    kept = [o for o in case.offers if o.id in running or (o.serverless and known_price(o))]
    market = market_of(case, horizon.classes, kept, utilization=utilization)
    units = np.array([float(running.get(offer.id, 0)) for offer in market.offers])
    market = replace(
        market, limit=np.where(market.serverless, np.inf, units), owned=np.zeros(len(units))
    )
    alone = replace(case, scenarios=(), quotas=(), current=None)
    return only_given(model_of(alone, market, horizon))


def _short(own: Model, horizon: Horizon) -> dict[tuple[float, ...], Array]:
    """Return what is missing, for each different demand of which something is."""
    found: dict[tuple[float, ...], Array] = {}
    seen: set[tuple[float, ...]] = set()
    units = np.where(np.isinf(own.market.limit), 0.0, own.market.limit)
    for step, period in enumerate(horizon.periods):
        if period.rates in seen:
            continue
        seen.add(period.rates)
        left = short_rates(own, step, units)
        if np.any(left > 1e-6 * np.maximum(period.rates, 1e-300)):
            found[period.rates] = left
    return found
