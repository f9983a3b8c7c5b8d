"""The fleet plan: our program against the slice-binary program of the Melange paper, one solver.

Melange (Griggs et al. 2024, arXiv:2404.14527) cuts the demand of each class into slices and gives
each slice one binary per offer. Here: one continuous share per class and offer, one integer per
offer. Same data, same HiGHS, same limits; `python bench/bench_plan.py`.
"""

import time
from datetime import UTC, datetime, timedelta

import numpy as np

from lepta.domain.demand import Demand, Profile
from lepta.domain.offer import Offer
from lepta.domain.plan import PlanCase
from lepta.numerics.linear import Matrix, Program, solve
from lepta.optimize.mix import mix

CLASSES, OFFERS, HOURS, SLICES, GAP = 8, 40, 24, 8, 1e-3
LIMIT_S = 40.0
T0 = datetime(2026, 11, 23, tzinfo=UTC)


def make_case(hours: int, seed: int = 7) -> PlanCase:
    """A day of eight classes over forty offers, with lognormal speeds, prices and sizes."""
    rng = np.random.default_rng(seed)
    speed = rng.lognormal(1.0, 0.9, OFFERS)
    price = np.round(0.6 * speed**0.9 * rng.lognormal(0, 0.15, OFFERS), 3)
    able = speed * rng.lognormal(0, 0.35, (CLASSES, OFFERS))
    able[rng.random((CLASSES, OFFERS)) < 0.25] = 0
    base, peak = rng.lognormal(2.5, 0.7, CLASSES), rng.integers(10, 22, CLASSES)
    hour = np.arange(hours)
    wave = 1 + 0.6 * np.cos(2 * np.pi * (hour[None, :] - peak[:, None]) / 24)
    rates = np.round(base[:, None] * wave, 3)
    return PlanCase(
        offers=tuple(
            Offer(
                id=f"g{g:02}",
                accelerator=f"gpu{g % 6}",
                price_per_hour=float(price[g]),
                limit=int(rng.integers(4, 20)) if rng.random() < 0.5 else None,
            )
            for g in range(OFFERS)
        ),
        demand=tuple(
            Demand(
                demand_class=f"w{w}",
                start=T0 + timedelta(hours=int(h)),
                hours=1.0,
                rate_per_s=float(rates[w, h]),
            )
            for w in range(CLASSES)
            for h in hour
        ),
        profiles=tuple(
            Profile(demand_class=f"w{w}", offer=f"g{g:02}", rate_per_s=float(able[w, g]))
            for w in range(CLASSES)
            for g in range(OFFERS)
            if able[w, g] > 0
        ),
    )


def slice_binary(case: PlanCase, slices: int) -> Program:
    """The paper's program: z[s, g] = 1 where slice s goes to offer g, n[g] whole machines."""
    place = {offer.id: g for g, offer in enumerate(case.offers)}
    rate = {row.demand_class: row.rate_per_s for row in case.demand}
    binaries = [
        (f"{p.demand_class}/{s}", place[p.offer], rate[p.demand_class] / slices / p.rate_per_s)
        for p in case.profiles
        for s in range(slices)
    ]
    names = sorted({name for name, _, _ in binaries})
    row_of = {name: k for k, name in enumerate(names)}
    n, m, k = len(binaries), len(case.offers), len(names)
    matrix = Matrix.triplets(
        [row_of[name] for name, _, _ in binaries]
        + [k + g for _, g, _ in binaries]
        + [k + g for g in range(m)],
        [*range(n), *range(n), *range(n, n + m)],
        [1.0] * n + [need / case.utilization for _, _, need in binaries] + [-1.0] * m,
        shape=(k + m, n + m),
    )
    limit = [np.inf if offer.limit is None else float(offer.limit) for offer in case.offers]
    return Program(
        cost=np.array([0.0] * n + [offer.price_per_hour or 0.0 for offer in case.offers]),
        matrix=matrix,
        row_low=np.concatenate((np.ones(k), np.full(m, -np.inf))),
        row_high=np.concatenate((np.ones(k), np.zeros(m))),
        low=np.zeros(n + m),
        high=np.concatenate((np.ones(n), limit)),
        integer=np.ones(n + m, dtype=bool),
    )


def main() -> None:
    """Print the ratio on one period, and the time of a whole day."""
    one = make_case(1)
    mix(one, gap=GAP, runner_ups=0)  # imports and first call
    begin = time.perf_counter()
    ours = mix(one, gap=GAP, time_limit_s=LIMIT_S, runner_ups=0)
    mine = time.perf_counter() - begin
    begin = time.perf_counter()
    theirs = solve(slice_binary(one, SLICES), gap=GAP, time_limit_s=LIMIT_S)
    other = time.perf_counter() - begin
    print(f"one period, {CLASSES} classes x {OFFERS} offers, gap {GAP:g}, {SLICES} slices a class")
    print(f"  lepta        {mine:8.3f} s  cost {ours.cost:.4f}  gap {ours.gap:.2e}  {ours.status}")
    print(
        f"  slice-binary {other:8.3f} s  cost {theirs.objective:.4f}  gap {theirs.gap:.2e}  "
        f"{theirs.status}"
    )
    print(f"  ratio of times {other / mine:.1f}; cost {ours.cost / theirs.objective - 1:+.3%}")
    day = make_case(HOURS)
    begin = time.perf_counter()
    plan = mix(day, gap=GAP, time_limit_s=LIMIT_S, runner_ups=0)
    took = time.perf_counter() - begin
    print(f"{HOURS} h x {CLASSES} classes x {OFFERS} offers, gap {GAP:g}")
    print(
        f"  lepta        {took:8.3f} s  cost {plan.cost:.2f}  gap {plan.gap:.2e}  {plan.status}, "
        f"{len(plan.checks)} checks hold"
    )
    assert ours.cost <= theirs.objective * (1 + GAP)


if __name__ == "__main__":
    main()
