"""M1 at scale: `lepta.cover` against scipy's linprog, HiGHS' simplex and HiGHS' interior point.

    python bench/bench_m1.py            about three minutes
    python bench/bench_m1.py --large    also ten million nodes, lepta alone
    python bench/bench_m1.py --limit S  give each peer S seconds (30): "> S" is a lower bound

Every run is a process of its own on the same generated instance; the time is that of building the
program and solving it, the best of up to three runs within ten seconds; memory is the peak above
that of the inputs. lepta's time holds its checks, exact ranging and sentences. Where the published
optima are at hand (expected/ beside the folder of public data), the costs are compared with them.

Instances: K resources, lognormal supplies, 0.02 per unit on the mean times lognormal(0, 0.3);
`free` without limits, `box` at most 24 hours each, `onoff` the same with a start that costs 5 to
50 % of a full run, `tie` every node at the same price per unit (K = 1).
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

MEANS = (3, 4, 2, 1, 5, 2.5, 3.5, 1.5)
HOURS = 24.0
DATA = Path(os.environ.get("LEPTA_DATA", Path(__file__).parents[2] / "shared" / "data"))
EXPECTED = DATA.parent / "expected" / "lp_expected_optimum.csv"
SCALE = (
    # variant, K, n, goal, peers
    ("free", 2, 1_000_000, 150, ("linprog", "simplex", "ipm")),
    ("box", 2, 1_000_000, 40, ("linprog", "simplex", "ipm")),
    ("box", 4, 1_000_000, 10, ("ipm",)),
    ("onoff", 2, 100_000, 40, ("milp",)),
    ("tie", 1, 100_000, 1, ("linprog", "simplex", "ipm")),
)
SMALL = tuple((v, 4, n) for v in ("free", "box", "tie") for n in (100, 1_000, 10_000, 100_000))
GAP = 5e-5


def instance(variant, k, n):
    """Return price, supply, need, limit and cost per start, as the published optima have them."""
    k = 1 if variant == "tie" else k
    rng = np.random.default_rng(20240501 + n + 1000 * k)
    supply = np.empty((k, n))
    for row, mean in zip(supply, MEANS, strict=False):
        row[:] = rng.lognormal(mean, 1, n)
    price = sum(0.02 * np.exp(3 - m) * row for m, row in zip(MEANS, supply, strict=False))
    if variant != "tie":
        price *= rng.lognormal(0, 0.3, n)
    need = np.array([0.40 + 0.02 * i for i in range(k)]) * HOURS * supply.sum(axis=1)
    fixed = price * HOURS * rng.uniform(0.05, 0.5, n) if variant == "onoff" else None
    return price, supply, need, np.inf if variant == "free" else HOURS, fixed


def by_lepta(price, supply, need, limit, fixed, seconds):
    from lepta import cover

    answer = cover(price, supply, need, limit, fixed=fixed, gap=GAP, time_limit_s=seconds)
    assert answer.gap <= (1e-9 if fixed is None else GAP) and all(c.ok for c in answer.checks)
    return answer.cost


def by_lepta_balanced(price, supply, need, limit, fixed, seconds):
    from lepta import cover

    return cover(price, supply, need, limit, balance=True, time_limit_s=seconds).cost


def by_linprog(price, supply, need, limit, fixed, seconds):
    from scipy.optimize import linprog

    return linprog(price, A_ub=-supply, b_ub=-need, bounds=(0, limit), method="highs").fun


def by_highs(price, supply, need, limit, fixed, seconds, **options):
    import highspy

    k, n = supply.shape
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    for name, value in options.items():
        highs.setOptionValue(name, value)
    infinite = highspy.kHighsInf
    start = np.arange(0, k * n + 1, k, dtype=np.int32)
    index = np.tile(np.arange(k, dtype=np.int32), n)
    value = supply.T.ravel()
    cost, low, high = price, np.zeros(n), np.full(n, limit)
    row_low, row_high = need, np.full(k, infinite)
    integer = np.zeros(n, dtype=np.int32)
    if fixed is not None:  # time - limit * on <= 0
        row = np.arange(k, k + n, dtype=np.int32)
        index = np.column_stack((index.reshape(n, k), row)).ravel()
        index = np.concatenate((index, row))
        value = np.concatenate(
            (np.column_stack((supply.T, np.ones(n))).ravel(), np.full(n, -limit))
        )
        start = np.concatenate((np.arange(0, (k + 1) * n, k + 1), (k + 1) * n + np.arange(n + 1)))
        cost, low = np.concatenate((price, fixed)), np.zeros(2 * n)
        high = np.concatenate((high, np.ones(n)))
        row_low = np.concatenate((need, np.full(n, -infinite)))
        row_high = np.concatenate((row_high, np.zeros(n)))
        integer = np.repeat(np.array([0, 1], dtype=np.int32), n)
    highs.passModel(
        *(len(cost), len(row_low), len(value), 1, 1, 0.0, cost, low, high, row_low, row_high),
        *(start.astype(np.int32), index.astype(np.int32), value, integer),
    )
    highs.run()
    return highs.getInfo().objective_function_value


def by_simplex(*case):
    return by_highs(*case, solver="simplex")


def by_ipm(*case):
    return by_highs(*case, solver="ipm")


def by_milp(*case):
    return by_highs(*case, mip_rel_gap=GAP)


SOLVERS = {
    "lepta": by_lepta,
    "balanced": by_lepta_balanced,
    "linprog": by_linprog,
    "simplex": by_simplex,
    "ipm": by_ipm,
    "milp": by_milp,
}


def forget_peak():
    """Let the peak start anew (Linux), and return what is held now; the inputs stay."""
    Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return next(int(li.split()[1]) for li in status.splitlines() if li.startswith("VmRSS")) / 1024


def high_water_mb():
    status = Path("/proc/self/status").read_text()
    return next(int(li.split()[1]) for li in status.splitlines() if li.startswith("VmHWM")) / 1024


def one(name, variant, k, n, seconds):
    """Time one solver on one instance, in this process."""
    solver = SOLVERS[name]
    solver(*instance(variant, k, 100), seconds)  # imports are no part of the time
    case = instance(variant, k, n)
    held = forget_peak()
    took = []
    while not took or (len(took) < 3 and sum(took) + took[-1] < 10):
        begin = time.perf_counter()
        cost = solver(*case, seconds)
        took.append(time.perf_counter() - begin)
    told = {"seconds": min(took), "cost": cost, "memory": high_water_mb() - held}
    print(json.dumps(told))


def run(name, variant, k, n, limit):
    """Run one solver in a process of its own; None where it needs more than the limit."""
    command = [sys.executable, __file__, "--one", name, variant, str(k), str(n)]
    try:
        # Ten seconds and more are for making the instance.
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=limit + 10 + n / 1e6
        )
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout.splitlines()[-1])


def expected():
    """Return the published optima: (variant, K, n) -> cost."""
    if not EXPECTED.is_file():
        return {}
    with EXPECTED.open(encoding="utf-8") as file:
        return {
            (row["variant"], int(row["K"]), int(row["n"])): float(row["optimum"])
            for row in csv.DictReader(file)
        }


def scale(limit):
    known = expected()
    print("best peer / lepta (above 1 lepta is faster); memory is the peak above the inputs")
    for variant, k, n, goal, peers in SCALE:
        ours = run("lepta", variant, k, n, 600)
        print(f"{variant}, K = {k}, n = {n:,}: lepta {ours['seconds']:.4f} s, ", end="")
        print(f"{ours['memory']:.0f} MB", flush=True)
        best, ended = limit, False
        for name in peers:
            told = run(name, variant, k, n, limit)
            if told is None:
                print(f"    {name:8} > {limit:g} s")
                continue
            if told["seconds"] <= best:
                best, ended = told["seconds"], True
            apart = (ours["cost"] - told["cost"]) / told["cost"]
            print(
                f"    {name:8} {told['seconds']:8.3f} s {told['memory']:6.0f} MB"
                f"   cost {apart:+.1e}",
                flush=True,
            )
            assert abs(apart) <= (1e-9 if variant != "onoff" else 2 * GAP)
        ratio = best / ours["seconds"]
        met = "met" if ratio >= goal else "unknown" if not ended else "MISSED"
        print(f"    ratio {'' if ended else '> '}{ratio:.1f}, goal {goal}: {met}")
        if variant in ("free", "box"):
            print(f"    memory goal 300 MB: {'met' if ours['memory'] < 300 else 'MISSED'}")
        if (variant, k, n) in known:
            apart = ours["cost"] / known[variant, k, n] - 1
            print(f"    published optimum: {apart:+.1e}", flush=True)


def small():
    head = ("variant", "n", "linprog s", "lepta s", "ratio", "balanced s", "ratio")
    print("\nK = 4 (tie: 1); ratio = linprog / lepta")
    print("{:8}{:>8}{:>12}{:>12}{:>8}{:>12}{:>8}".format(*head))
    for variant, k, n in SMALL:
        case = instance(variant, k, n)
        took = []
        for name in ("linprog", "lepta", "balanced"):
            SOLVERS[name](*case, 60)
            runs = []
            while not runs or (len(runs) < 9 and sum(runs) < 1.5):
                begin = time.perf_counter()
                SOLVERS[name](*case, 60)
                runs.append(time.perf_counter() - begin)
            took.append(sorted(runs)[len(runs) // 2])
        peer, plain, level = took
        print(
            f"{variant:8}{n:8}{peer:12.4f}{plain:12.4f}{peer / plain:8.1f}"
            f"{level:12.4f}{peer / level:8.1f}",
            flush=True,
        )


def large():
    known = expected()
    for variant in ("free", "box"):
        ours = run("lepta", variant, 2, 10_000_000, 600)
        apart = ours["cost"] / known.get((variant, 2, 10_000_000), np.nan) - 1
        print(
            f"{variant}, K = 2, n = 10,000,000: {ours['seconds']:.2f} s, {ours['memory']:.0f} MB, "
            f"published optimum {apart:+.1e}"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=30.0)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--one", nargs=4, metavar=("SOLVER", "VARIANT", "K", "N"))
    chosen = parser.parse_args()
    if chosen.one:
        name, variant, k, n = chosen.one
        one(name, variant, int(k), int(n), chosen.limit)
        return
    scale(chosen.limit)
    small()
    if chosen.large:
        large()


if __name__ == "__main__":
    main()
