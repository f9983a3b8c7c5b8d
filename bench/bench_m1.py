"""M1: `optimize.cover` (HiGHS, with proof, ranging and balance) against scipy's linprog (HiGHS).

Covering programs of K = 4 resources, `free` (no limits) and `box` (at most 24 hours each), the same
instances in the same run. The columns: median seconds of linprog, of the answer without and with
the most balanced of all optima, and the ratio linprog / lepta: above 1 lepta is the faster one,
although its answer also carries checks, exact ranging and sentences. `tie` has every node at the
same price per unit: all answers that waste nothing are optimal, the worst case for balancing.
"""

import statistics
import time

import numpy as np
from scipy.optimize import linprog

from lepta.optimize.cover import cover

SPREADS = (3, 4, 2, 1)


def instance(n, variant):
    k = len(SPREADS)
    rng = np.random.default_rng(20240501 + n + 1000 * k)
    supply = np.array([rng.lognormal(mu, 1, n) for mu in SPREADS])
    price = sum(0.02 * np.exp(3 - mu) * row for mu, row in zip(SPREADS, supply, strict=True))
    if variant != "tie":
        price = price * rng.lognormal(0, 0.3, n)
    share = np.array([0.40 + 0.02 * i for i in range(k)])
    if variant == "tie":
        supply, price, share = supply[:1], 0.02 * supply[0], share[:1]
    need = share * 24 * supply.sum(axis=1)
    return price, supply, need, np.full(n, np.inf if variant == "free" else 24.0)


def seconds(job, repeats):
    took = []
    for _ in range(repeats):
        begin = time.perf_counter()
        answer = job()
        took.append(time.perf_counter() - begin)
    return statistics.median(took), answer


def main():
    print("M1, K = 4, medians; ratio = linprog / lepta, above 1 lepta is faster")
    head = ("variant", "n", "linprog s", "lepta s", "ratio", "balanced s", "ratio", "difference")
    print("{:8}{:>8}{:>12}{:>12}{:>8}{:>12}{:>8}{:>12}".format(*head))
    for variant in ("free", "box", "tie"):
        for n in (100, 1_000, 10_000, 100_000):
            price, supply, need, limit = instance(n, variant)
            case = {"price": price, "supply": supply, "need": need, "limit": limit}
            bounds = np.column_stack((np.zeros(n), limit))
            repeats = {100: 15, 1_000: 9, 10_000: 5, 100_000: 3}[n]
            peer, ref = seconds(
                lambda p=price, s=supply, d=need, b=bounds: linprog(
                    p, A_ub=-s, b_ub=-d, bounds=b, method="highs"
                ),
                1 if variant == "box" and n == 100_000 else repeats,
            )
            plain, answer = seconds(lambda c=case: cover(**c, balance=False), repeats)
            level, balanced = seconds(lambda c=case: cover(**c), repeats)
            assert answer.gap <= 1e-9 and balanced.cost <= answer.cost * (1 + 1e-9)
            apart = (answer.cost - ref.fun) / ref.fun
            print(
                f"{variant:8}{n:8}{peer:12.4f}{plain:12.4f}{peer / plain:8.2f}"
                f"{level:12.4f}{peer / level:8.2f}{apart:12.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
