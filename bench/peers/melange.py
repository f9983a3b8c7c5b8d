"""The heterogeneous-GPU plan of the Melange paper (Griggs et al. 2024, arXiv:2404.14527).

The demand of each bucket is cut into `slices` equal slices. With c[g] the price of a GPU, r[s] the
rate of slice s and T[s, g] the largest rate of its bucket that one GPU serves in time:

    minimize    sum_g c[g] B[g]
    subject to  sum_g A[s, g] = 1                       each slice goes to one type
                sum_s A[s, g] r[s] / T[s, g] <= B[g]    no GPU is loaded above 1
                A[s, g] in {0, 1},  B[g] >= 0 whole

Costs are per hour. Solved by PuLP and CBC, as its authors do, and by HiGHS.
Pairs that cannot serve have no variable.
"""

import time

import numpy as np
import pulp

from lepta.domain.plan import PlanCase
from peers.highs import Answer, Model, solve

__all__ = ["by_cbc", "by_highs"]

Slices = list[tuple[int, int, float]]


def by_cbc(case: PlanCase, slices: int, *, time_limit_s: float, gap: float = 0.0) -> Answer:
    """Solve a case of one period by PuLP + CBC; CBC's bound is not told by PuLP."""
    begun = time.perf_counter()
    loads, prices, most = _loads(case, slices)
    problem = pulp.LpProblem("melange", pulp.LpMinimize)
    taken = {(s, g): problem.add_variable(f"A_{s}_{g}", cat="Binary") for s, g, _ in loads}
    held = [
        problem.add_variable(f"B_{g}", lowBound=0, upBound=limit, cat="Integer")
        for g, limit in enumerate(most)
    ]
    problem += pulp.lpSum(price * count for price, count in zip(prices, held, strict=True))
    for s in range(1 + max(s for s, _, _ in loads)):
        problem += pulp.lpSum(taken[t, g] for t, g, _ in loads if t == s) == 1
    for g, count in enumerate(held):
        mine = [load * taken[s, h] for s, h, load in loads if h == g]
        problem += pulp.lpSum(mine) <= count
    # The CBC that PuLP brings, by its path: PULP_CBC_CMD itself warns that PuLP 4 drops it.
    cbc = pulp.COIN_CMD(
        path=pulp.PULP_CBC_CMD.pulp_cbc_path,
        msg=False,
        timeLimit=time_limit_s,
        gapRel=gap or None,
    )
    problem.solve(cbc)
    status = {
        pulp.LpSolutionOptimal: "optimal",
        pulp.LpSolutionIntegerFeasible: "feasible",
        pulp.LpSolutionInfeasible: "infeasible",
    }.get(problem.sol_status, "nothing")
    found = status in ("optimal", "feasible")
    cost = float(pulp.value(problem.objective)) if found else float("inf")
    return Answer(
        status=status,
        cost=cost,
        bound=cost if status == "optimal" and not gap else float("-inf"),
        seconds=time.perf_counter() - begun,
        x=np.array([count.value() for count in held]) if found else None,
    )


def by_highs(case: PlanCase, slices: int, *, time_limit_s: float, gap: float = 0.0) -> Answer:
    """Solve the same program by HiGHS."""
    begun = time.perf_counter()
    loads, prices, most = _loads(case, slices)
    n, m, k = len(loads), len(prices), 1 + max(s for s, _, _ in loads)
    s, g, load = (np.array(part) for part in zip(*loads, strict=True))
    offer = np.arange(m)
    model = Model(
        cost=np.concatenate((np.zeros(n), prices)),
        entries=(
            np.concatenate((s, k + g, k + offer)),
            np.concatenate((np.arange(n), np.arange(n), n + offer)),
            np.concatenate((np.ones(n), load, -np.ones(m))),
        ),
        row_low=np.concatenate((np.ones(k), np.full(m, -np.inf))),
        row_high=np.concatenate((np.ones(k), np.zeros(m))),
        high=np.concatenate((np.ones(n), [np.inf if q is None else q for q in most])),
        integer=np.ones(n + m, dtype=bool),
    )
    return solve(model, gap=gap, time_limit_s=time_limit_s, begun=begun)


def _loads(case: PlanCase, slices: int) -> tuple[Slices, list[float], list[int | None]]:
    """(slice, offer, load of one unit) of each pair that can serve, prices and limits."""
    rate = {row.demand_class: row.rate_per_s for row in case.demand if row.rate_per_s > 0}
    if len({row.start for row in case.demand}) != 1:
        raise ValueError("the paper plans one period")
    first = {name: slices * place for place, name in enumerate(rate)}
    place = {offer.id: g for g, offer in enumerate(case.offers)}
    loads = [
        (first[p.demand_class] + k, place[p.offer], rate[p.demand_class] / slices / able)
        for p in case.profiles
        if p.demand_class in rate and (able := case.utilization * p.rate_per_s) > 0
        for k in range(slices)
    ]
    prices = [offer.price_per_hour for offer in case.offers]
    if any(price is None for price in prices) or case.routes:
        raise ValueError("the paper knows every price, and no cost of sending")
    return loads, [price or 0.0 for price in prices], [offer.limit for offer in case.offers]
