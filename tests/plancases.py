"""Small fleet cases for tests: built by hand, or drawn by hypothesis."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from lepta.domain.demand import Demand, Profile, Route
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase

T0 = datetime(2026, 11, 23, tzinfo=UTC)


def case_of(
    prices: dict[str, float | None],
    demand: dict[str, list[float]],
    able: dict[tuple[str, str], float],
    *,
    limits: dict[str, int] | None = None,
    routes: dict[tuple[str, str], float] | None = None,
    current: dict[str, int] | None = None,
    utilization: float = 1.0,
    hours: float = 1.0,
    **offer: Any,
) -> PlanCase:
    """Build a case; `demand` maps a class to its rate per period of `hours`."""
    return PlanCase(
        offers=tuple(
            Offer(
                id=name,
                accelerator=name.split("-")[0],
                price_per_hour=price,
                limit=(limits or {}).get(name),
                **offer,
            )
            for name, price in prices.items()
        ),
        demand=tuple(
            Demand(
                demand_class=name,
                start=T0 + timedelta(hours=hours * step),
                hours=hours,
                rate_per_s=rate,
            )
            for name, rates in demand.items()
            for step, rate in enumerate(rates)
        ),
        profiles=tuple(
            Profile(demand_class=w, offer=g, rate_per_s=rate) for (w, g), rate in able.items()
        ),
        routes=tuple(
            Route(demand_class=w, offer=g, per_request=cost)
            for (w, g), cost in (routes or {}).items()
        ),
        current=None if current is None else tuple(current.items()),
        utilization=utilization,
    )


@st.composite
def cases(
    draw: st.DrawFn, *, offers: int = 3, classes: int = 2, periods: int = 2, most: float = 9.0
) -> PlanCase:
    """Draw a small case: some pairs cannot, some offers are limited, some demand is 0."""
    names = [f"g{i}" for i in range(draw(st.integers(1, offers)))]
    kinds = [f"w{i}" for i in range(draw(st.integers(1, classes)))]
    steps = draw(st.integers(1, periods))
    pairs = [(w, g) for w in kinds for g in names]
    tenths = st.integers(0, int(10 * most)).map(lambda n: n / 10)
    return case_of(
        {g: draw(st.integers(5, 90)) / 10 for g in names},
        {w: [draw(tenths) for _ in range(steps)] for w in kinds},
        {pair: draw(st.sampled_from([0.0, 1.0, 1.7, 2.5, 4.0, 7.3])) for pair in pairs},
        limits={g: q for g in names if (q := draw(st.none() | st.integers(0, 5))) is not None},
        routes={pair: draw(st.integers(0, 9)) / 1e5 for pair in pairs}
        if draw(st.booleans())
        else None,
        current={g: draw(st.integers(0, 5)) for g in names} if draw(st.booleans()) else None,
        utilization=draw(st.sampled_from([0.5, 0.85, 1.0])),
        hours=draw(st.sampled_from([1.0, 0.25, 2.0])),
        term=draw(st.sampled_from([Term.ON_DEMAND, Term.SPOT])),
    )
