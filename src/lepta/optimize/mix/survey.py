"""What can be planned with, and what had to be left out, said."""

import numpy as np

from lepta.domain.periods import Horizon
from lepta.domain.plan import PlanCase
from lepta.optimize.mix.known import known_carbon, known_price
from lepta.optimize.mix.market import Market, market_of
from lepta.optimize.mix.notices import missing_routes, notices

__all__ = ["survey"]

MOST_UNITS = 1e7
"""A pair of class and offer that needs more units than this at its peak is left out, and said."""


def survey(case: PlanCase, horizon: Horizon) -> tuple[Market, tuple[str, ...]]:
    """Return the market to plan with, and sentences on everything that is not known."""
    usable = [offer for offer in case.offers if known_price(offer) and known_carbon(case, offer)]
    market = market_of(case, horizon.classes, usable, utilization=case.utilization)
    unknown = notices(case, horizon)
    peak = np.max([period.rates for period in horizon.periods], axis=0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        hopeless = (market.able > 0) & (peak[:, None] / market.able > MOST_UNITS)
    for w, g in zip(*np.nonzero(hopeless), strict=True):
        unknown.append(
            f"The profile of {market.classes[w]} on {market.offers[g].id} "
            f"({market.able[w, g] / case.utilization:g}/s) would need more than "
            f"{MOST_UNITS:,.0f} units: it is taken for a slip and left out."
        )
    market.able[hopeless] = 0.0
    unknown += missing_routes(case, market)
    return market, tuple(unknown)
