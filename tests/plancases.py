"""Small fleet cases for tests: built by hand, or drawn by hypothesis."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from lepta.domain.demand import Demand, DemandClass, Profile, Route, Scenario
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Measure, Quota, Scope, Survival

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


@st.composite
def promised(
    draw: st.DrawFn, asked: Sequence[str], *, periods: int = 4, most: float = 5.0
) -> PlanCase:
    """Draw a small case that asks for the named promises of `ASK` beyond serving the demand."""
    case = draw(cases(periods=periods, most=most))
    case = replace(
        case,
        offers=tuple(
            replace(offer, term=Term.ON_DEMAND, accelerator_count=1) for offer in case.offers
        ),
    )
    for name in asked:
        case = ASK[name](draw, case)
    return case


def offering(case: PlanCase, **changes: dict[str, Any]) -> PlanCase:
    """Change offers by name."""
    return replace(case, offers=tuple(replace(o, **changes.get(o.id, {})) for o in case.offers))


def knowing(case: PlanCase, name: str, **facts: Any) -> PlanCase:
    """Say more about a class."""
    known = {one.name: one for one in case.classes}
    one = replace(known.get(name, DemandClass(name=name)), **facts)
    return replace(case, classes=tuple({**known, name: one}.values()))


def _classes(case: PlanCase) -> list[str]:
    return sorted({row.demand_class for row in case.demand})


def _each(case: PlanCase, change: Callable[[Offer], dict[str, Any]]) -> PlanCase:
    return replace(
        case,
        offers=tuple(o if o.serverless else replace(o, **change(o)) for o in case.offers),
    )


def _starts(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    running = st.none() | st.just(()) | st.tuples(st.tuples(st.just("g0"), st.integers(0, 3)))
    case = replace(case, current=draw(running))
    return _each(
        case,
        lambda _: {
            "startup_s": draw(st.sampled_from([None, 0.0, 600.0, 5400.0])),
            "start_cost": draw(st.sampled_from([None, 0.0, 0.7, 4.0])),
        },
    )


def _runs(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    running = st.none() | st.just(()) | st.tuples(st.tuples(st.just("g0"), st.integers(0, 3)))
    case = replace(case, current=draw(running))
    return _each(case, lambda _: {"min_hours": draw(st.sampled_from([0.0, 0.5, 2.0, 3.0, 99.0]))})


def _owned(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    return _each(
        case, lambda o: {"owned": draw(st.integers(0, 3 if o.limit is None else min(o.limit, 3)))}
    )


def _quotas(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    case = _each(case, lambda _: {"accelerator_count": draw(st.sampled_from([1.0, 2.0, 4.0]))})
    return replace(
        case,
        quotas=tuple(
            Quota(
                name=f"q{k}",
                limit=draw(st.integers(0, 12)),
                measure=draw(st.sampled_from(Measure)),
                accelerator=draw(st.sampled_from(["", "g0", "g1"])),
            )
            for k in range(draw(st.integers(1, 2)))
        ),
    )


def _spot(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    return _each(
        case,
        lambda o: (
            {
                "term": Term.SPOT,
                "interruptions_per_hour": draw(st.sampled_from([None, 0.0, 0.05, 0.5])),
                "startup_s": draw(st.sampled_from([None, 900.0, 3600.0])),
                "start_cost": draw(st.sampled_from([o.start_cost, 0.4])),
            }
            if draw(st.booleans())
            else {}
        ),
    )


def _apis(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    for name in _classes(case):
        case = knowing(case, name, input_tokens=draw(st.sampled_from([100.0, 900.0])))
        case = knowing(case, name, output_tokens=draw(st.sampled_from([20.0, 300.0])))
    api = Offer(
        id="api",
        term=Term.SERVERLESS,
        price_per_hour=None,
        price_per_request=draw(st.sampled_from([None, 0.0, 1e-5, 3e-4])),
        price_per_million_input_tokens=draw(st.sampled_from([None, 0.1, 0.5])),
        price_per_million_output_tokens=draw(st.sampled_from([0.2, 1.5])),
    )
    return replace(
        case,
        offers=(*case.offers, api),
        profiles=(
            *case.profiles,
            *(
                Profile(
                    demand_class=name, offer="api", rate_per_s=draw(st.sampled_from([0.5, 2, 9]))
                )
                for name in _classes(case)
            ),
        ),
    )


def _survival(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    place = st.sampled_from(["", "x", "y"])
    case = _each(
        case, lambda _: {"provider": draw(place), "region": draw(place), "zone": draw(place)}
    )
    scopes = draw(st.lists(st.sampled_from(Scope), min_size=1, max_size=2, unique=True))
    shares = st.sampled_from([0.0, 0.3, 0.6, 1.0])
    survive = tuple(Survival(scope=scope, share=draw(shares)) for scope in scopes)
    return replace(case, promises=replace(case.promises, survive=survive))


def _latency(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    for name in _classes(case):
        case = knowing(case, name, latency_ms=draw(st.sampled_from([None, 100.0, 200.0])))
    took = st.sampled_from([40.0, 60.0, 90.0, 150.0])
    profiles = [
        replace(point, rate_per_s=point.rate_per_s * share, latency_ms=draw(took) * slower)
        for point in case.profiles
        for share, slower in draw(st.sampled_from([[(1.0, 1.0)], [(0.4, 0.5), (1.0, 1.0)]]))
    ]
    trips = st.none() | st.sampled_from([5.0, 50.0])
    cost = {(route.demand_class, route.offer): route.per_request for route in case.routes}
    routes = tuple(
        Route(
            demand_class=point.demand_class,
            offer=point.offer,
            per_request=cost.get((point.demand_class, point.offer), 0.0),
            round_trip_ms=draw(trips),
        )
        for point in case.profiles
    )
    return replace(case, profiles=tuple(profiles), routes=routes)


def _regions(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    case = _each(case, lambda o: {"region": o.region or draw(st.sampled_from(["", "x", "y"]))})
    for name in _classes(case):
        case = knowing(case, name, regions=draw(st.sampled_from([(), ("x",), ("x", "y")])))
    return case


def _carbon(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    grams = st.sampled_from([None, 0.0, 90.0, 400.0, 2500.0])
    # What is owned runs in any case: with unknown emissions that contradicts a limit.
    case = _each(
        case,
        lambda o: {"carbon_g_per_hour": draw(grams.filter(lambda g: not o.owned or g is not None))},
    )
    return replace(
        case,
        promises=replace(
            case.promises,
            carbon_price=draw(st.sampled_from([0.0, 80.0, 3000.0])),
            carbon_limit=draw(st.sampled_from([None, 0.0, 1.5, 8.0, 40.0])),
        ),
    )


def _memory(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    rooms = st.sampled_from([None, 24.0, 80.0])
    case = _each(case, lambda _: {"accelerator_memory_gib": draw(rooms)})
    for name in _classes(case):
        case = knowing(case, name, memory_gib=draw(st.sampled_from([None, 10.0, 18.0, 40.0])))
    return case


def _scenarios(draw: st.DrawFn, case: PlanCase) -> PlanCase:
    for name in _classes(case):
        case = knowing(case, name, penalty_per_request=draw(st.sampled_from([None, 1e-5, 1e-3])))
    probabilities = draw(st.sampled_from([[0.3], [1.0], [0.5, 0.5], [0.1, 0.2], [0.0, 0.4]]))
    return replace(
        case,
        scenarios=tuple(
            Scenario(
                name=f"s{k}",
                probability=probability,
                demand=tuple(
                    replace(row, rate_per_s=row.rate_per_s * draw(st.sampled_from([0.0, 0.5, 1.5])))
                    for row in case.demand
                    if draw(st.booleans())
                ),
            )
            for k, probability in enumerate(probabilities)
        ),
    )


ASK: dict[str, Callable[[st.DrawFn, PlanCase], PlanCase]] = {
    "starts": _starts,
    "runs": _runs,
    "owned": _owned,
    "quotas": _quotas,
    "spot": _spot,
    "apis": _apis,
    "survival": _survival,
    "regions": _regions,
    "latency": _latency,
    "carbon": _carbon,
    "memory": _memory,
    "scenarios": _scenarios,
}
"""What a case may be asked to keep, in the order in which to ask."""
