"""Laws of the fleet plan, for any small market."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from lepta.domain.plan import PlanCase
from lepta.optimize.mix import mix
from lepta.optimize.verify import verify
from plancases import T0, case_of, cases

GAP = 1e-9
quick = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


def planned(case: PlanCase, gap: float = GAP):
    return mix(case, gap=gap, time_limit_s=20, runner_ups=0)


def arrays(case: PlanCase, step: int):
    """Prices, limits, need per pair and cost per pair of one period, written from the tables."""
    classes = sorted({row.demand_class for row in case.demand})
    starts = sorted({row.start for row in case.demand})
    rate = {r.demand_class: r.rate_per_s for r in case.demand if r.start == starts[step]}
    able = {(p.demand_class, p.offer): p.rate_per_s for p in case.profiles}
    send = {(r.demand_class, r.offer): r.per_request for r in case.routes}
    pairs = [(w, g.id) for w in classes for g in case.offers if able[w, g.id] > 0 and rate[w] > 0]
    need = [rate[w] / (able[w, g] * case.utilization) for w, g in pairs]
    cost = [3600 * rate[w] * send.get((w, g), 0.0) for w, g in pairs]
    return [w for w in classes if rate[w] > 0], pairs, np.array(need), np.array(cost)


def cheapest_by_force(case: PlanCase, step: int) -> float:
    """Try every number of units; scipy routes the demand over each."""
    classes, pairs, need, cost = arrays(case, step)
    if not classes:
        return 0.0
    if {w for w, _ in pairs} != set(classes):
        return math.inf
    best = math.inf
    serve = np.array([[float(pair[0] == w) for pair in pairs] for w in classes])
    load = np.array(
        [[n * (pair[1] == g.id) for pair, n in zip(pairs, need, strict=True)] for g in case.offers]
    )
    ranges = [
        range(int(min(math.inf if g.limit is None else g.limit, math.ceil(row.sum() - 1e-9))) + 1)
        for g, row in zip(case.offers, load, strict=True)
    ]
    for units in itertools.product(*ranges):
        price = sum(n * (g.price_per_hour or 0) for n, g in zip(units, case.offers, strict=True))
        if price >= best:
            continue
        found = linprog(cost, load, np.array(units) + 1e-9, serve, np.ones(len(classes)))
        if found.status == 0:
            best = min(best, price + found.fun)
    return best


@quick
@given(cases(most=5.0))
def test_no_fleet_of_whole_machines_is_cheaper(case: PlanCase):
    plan = planned(case)
    starts = sorted({row.start for row in case.demand})
    truth = sum(cheapest_by_force(case, step) for step in range(len(starts)))
    truth *= case.demand[0].hours
    if math.isinf(truth):
        assert plan.status == "infeasible"
        assert plan.cost is None and plan.shortfalls
    else:
        assert plan.status == "optimal"
        assert plan.cost == pytest.approx(truth, rel=1e-6, abs=1e-9)
        assert plan.bound <= plan.cost


@quick
@given(cases())
def test_every_plan_passes_the_second_opinion(case: PlanCase):
    plan = mix(case, time_limit_s=10)
    assert plan.checks and all(check.ok for check in plan.checks)
    assert verify(case, plan) == plan.checks
    if plan.cost_now is not None and plan.cost is not None:
        carried = not any("cannot carry" in said for said in plan.explanation)
        within = not any("More runs now" in said for said in plan.explanation)
        if carried and within and not case.routes:
            assert plan.cost <= plan.cost_now * (1 + 1e-9)


@quick
@given(cases(), st.floats(0.1, 0.99))
def test_less_demand_never_costs_more(case: PlanCase, share: float):
    plan = planned(case)
    assume(plan.cost is not None)
    less = replace(
        case, demand=tuple(replace(d, rate_per_s=d.rate_per_s * share) for d in case.demand)
    )
    assert planned(less).cost <= plan.cost * (1 + 2 * GAP) + 1e-9


@quick
@given(cases(), st.integers(5, 90), st.floats(0.5, 8))
def test_one_more_offer_never_costs_more(case: PlanCase, price: int, able: float):
    plan = planned(case)
    assume(plan.cost is not None)
    extra = replace(case.offers[0], id="extra", price_per_hour=price / 10, limit=None)
    profile = replace(case.profiles[0], offer="extra", rate_per_s=able)
    more = replace(case, offers=(*case.offers, extra), profiles=(*case.profiles, profile))
    assert planned(more).cost <= plan.cost * (1 + 2 * GAP) + 1e-9


@quick
@given(cases(), st.sampled_from([1e-3, 0.5, 3.0, 1e4]))
def test_prices_in_another_currency_scale_the_cost(case: PlanCase, rate: float):
    plan = planned(case)
    assume(plan.cost is not None)
    other = replace(
        case,
        offers=tuple(replace(o, price_per_hour=o.price_per_hour * rate) for o in case.offers),
        routes=tuple(replace(r, per_request=r.per_request * rate) for r in case.routes),
    )
    assert planned(other).cost == pytest.approx(plan.cost * rate, rel=1e-6, abs=1e-9)


@quick
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(case: PlanCase, random):
    def shuffled(rows):
        rows = list(rows)
        random.shuffle(rows)
        return tuple(rows)

    other = replace(
        case,
        offers=shuffled(case.offers),
        demand=shuffled(case.demand),
        profiles=shuffled(case.profiles),
        routes=shuffled(case.routes),
    )
    one, two = planned(case), planned(other)
    assert (one.units, one.routing, one.cost) == (two.units, two.routing, two.cost)


@quick
@given(cases(periods=1))
def test_what_falls_short_is_all_that_falls_short(case: PlanCase):
    """With the shortfalls taken away there is a plan."""
    plan = planned(case)
    assume(plan.status == "infeasible")
    short = {row.demand_class: row.short_rate_per_s for row in plan.shortfalls}
    less = replace(
        case,
        demand=tuple(
            replace(d, rate_per_s=max(d.rate_per_s - short.get(d.demand_class, 0.0), 0.0) * 0.9999)
            for d in case.demand
        ),
    )
    assert planned(less).cost is not None


def random_case(seed: int, offers: int, classes: int) -> PlanCase:
    rng = np.random.default_rng(seed)
    names, kinds = [f"g{i:02}" for i in range(offers)], [f"w{i}" for i in range(classes)]
    speed = rng.lognormal(1.0, 0.8, offers)
    pairs = [(w, g) for w in kinds for g in names]
    return case_of(
        {
            g: round(float(0.6 * s * rng.lognormal(0, 0.2)), 3)
            for g, s in zip(names, speed, strict=True)
        },
        {w: [round(float(rng.uniform(5, 60)), 2)] for w in kinds},
        {
            (w, g): float(speed[int(g[1:])] * rng.lognormal(0, 0.4)) * (rng.random() > 0.2)
            for w, g in pairs
        },
        limits={g: int(rng.integers(2, 9)) for g in names if rng.random() < 0.4},
        routes={pair: float(rng.uniform(0, 1e-5)) for pair in pairs},
        utilization=0.85,
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_second_solver_agrees_on_larger_cases(seed: int):
    case = random_case(seed, offers=12, classes=5)
    plan = planned(case, gap=1e-6)
    classes, pairs, need, cost = arrays(case, 0)
    n, m = len(pairs), len(case.offers)
    serve = np.zeros((len(classes), n + m))
    load = np.zeros((m, n + m))
    place = {offer.id: g for g, offer in enumerate(case.offers)}
    for k, (w, g) in enumerate(pairs):
        serve[classes.index(w), k] = 1
        load[place[g], k] = need[k]
    load[:, n:] = -np.eye(m)
    limit = [math.inf if o.limit is None else o.limit for o in case.offers]
    truth = milp(
        np.concatenate((cost, [o.price_per_hour for o in case.offers])),
        integrality=np.concatenate((np.zeros(n), np.ones(m))),
        bounds=Bounds(0, np.concatenate((np.ones(n), limit))),
        constraints=[LinearConstraint(serve, 1, 1), LinearConstraint(load, -np.inf, 0)],
        options={"mip_rel_gap": 1e-7},
    )
    assert plan.cost == pytest.approx(truth.fun, rel=2e-6)
    assert plan.bound <= truth.fun * (1 + 1e-9)


def test_shadow_prices_are_what_one_more_costs_in_the_long_run():
    """Finite differences: raise the demand of a class, or a limit, and solve again."""
    from lepta.domain.periods import cut
    from lepta.optimize.mix.model import model_of
    from lepta.optimize.mix.settle import period_of, relax
    from lepta.optimize.mix.survey import survey

    case = random_case(3, offers=10, classes=4)
    horizon = cut(case.demand)

    def relaxed(case):
        market, _ = survey(case, horizon)
        model = model_of(case, market, cut(case.demand))
        return model, relax(period_of(model, 0), model.unit_cost[0])

    model, base = relaxed(case)
    for w, row in enumerate(case.demand):
        more = replace(row, rate_per_s=row.rate_per_s * (1 + 1e-5))
        _, rise = relaxed(replace(case, demand=(*case.demand[:w], more, *case.demand[w + 1 :])))
        cost = (rise.prices.bound - base.prices.bound) / 1e-5
        place = model.market.classes.index(row.demand_class)
        assert cost == pytest.approx(base.prices.classes[0][place], rel=1e-3)
    assert base.prices.limit.max() > 0
    g = int(np.argmax(base.prices.limit))
    model.market.limit[g] += 1e-4
    more = relax(period_of(model, 0), model.unit_cost[0])
    assert (base.prices.bound - more.prices.bound) / 1e-4 == pytest.approx(
        base.prices.limit[g], rel=1e-3
    )


def test_periods_of_different_classes_are_cut_at_every_break():
    case = case_of({"a": 1.0}, {"w": [2.0, 3.0], "v": [1.0]}, {("w", "a"): 1, ("v", "a"): 1})
    long = replace(case.demand[2], start=T0, hours=1.5)
    plan = planned(replace(case, demand=(*case.demand[:2], long)))
    assert [(row.hours, row.count) for row in plan.units] == [(1.0, 3), (0.5, 4), (0.5, 3)]
    assert plan.cost == pytest.approx(3 + 2 + 1.5)
    assert any("No row of demand covers v" in said for said in plan.unknown)
