"""Self-host or API: the volume from which a machine of one's own is cheaper than an API.

An API costs p per request whatever the volume; a machine costs c per hour and serves up to `able`
requests per second for e each. One machine is cheaper from rate c / (3600 (p - e)) on, which is
within what it can do exactly if a full machine is cheaper per request than the API. With whole
machines the API may win again for a while just above each full machine; the rate given is the
first from which self-hosting wins.
"""

from collections.abc import Sequence

import numpy as np

from lepta.optimize.mix.market import Market
from lepta.optimize.mix.writing import money
from lepta.units import HOURS_PER_MONTH

__all__ = ["breakeven"]


def breakeven(
    currency: str, market: Market, least: Sequence[float], most: Sequence[float]
) -> list[str]:
    """Say for each class with an API and a machine which is cheaper from which rate on.

    `least` and `most` (W,) are the demand over the horizon, in requests per second.
    """
    api = market.serverless
    said = []
    for w, name in enumerate(market.classes):
        apis = np.flatnonzero(api & (market.able[w] > 0))
        own = np.flatnonzero(~api & (market.able[w] > 0) & (market.limit > 0))
        if not len(apis) or not len(own) or most[w] <= 0:
            continue
        cheapest = apis[np.argmin(market.per_request[w, apis])]
        price = float(market.per_request[w, cheapest])
        able = market.able[w, own] * market.up[own]
        saved = price - market.per_request[w, own]
        full = market.price[own] / (3600.0 * able) + market.per_request[w, own]
        head = (
            f"{name}: {market.offers[cheapest].id} costs {money(1000 * price)} {currency} per "
            "1,000 requests"
        )
        wins = np.flatnonzero(full < price)
        if not len(wins):
            best = own[np.argmin(full)]
            said.append(
                f"{head}; no machine is cheaper at any volume (a full {market.offers[best].id}: "
                f"{money(1000 * float(full.min()))})."
            )
            continue
        rate = market.price[own[wins]] / (3600.0 * saved[wins])
        first = int(np.argmin(rate))
        month = rate[first] * 3600.0 * HOURS_PER_MONTH / 1e6
        said.append(
            f"{head}; one {market.offers[own[wins[first]]].id} of your own is cheaper from "
            f"{rate[first]:.3g} requests/s on ({month:.3g} million per month of 730 h); the demand "
            f"is {_span(float(least[w]), float(most[w]))}/s."
        )
    return said


def _span(low: float, high: float) -> str:
    return f"{high:.3g}" if high - low <= 1e-3 * high else f"{low:.3g} to {high:.3g}"
