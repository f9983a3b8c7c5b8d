"""The simulated replica against measured TTFT and TPOT that it was not fitted on.

    python bench/bench_replica.py [--data FOLDER] [--capacity N]

For each setting of the public serving table, a quarter of the rows (or the rows with the largest
loads) are held out. The iteration time is fitted to the others; then the number of requests of
each held-out row is held in flight in the simulation. The peer is the closed form for steady
batches with the same coefficients. At last, capacities inside an objective: bisection over the
simulation under Poisson arrivals, against the closed form.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from lepta.domain.serving import Objective, ServingRow, Setting
from lepta.domain.serving_tables import GPUS, MODELS, SERVING
from lepta.profile.capacity import Curve
from lepta.profile.capacity import capacity as closed_form
from lepta.profile.iteration import Iteration, fit_iteration, kv_room
from lepta.profile.model import LEAST_ROWS
from lepta.profile.rows import gpu_figures, model_figures, serving_rows
from lepta.profile.table import Refusal, by_setting
from lepta.sim.capacity import simulated_rate
from lepta.sim.closedloop import MOST, fit_first_token, fitted_replica, steady
from lepta.wiring.serving import read_table

ROOT = Path(__file__).resolve().parent.parent
Rows = Sequence[ServingRow]
Errors = dict[tuple[str, str, str], list[tuple[float, ...]]]


def folds(rows: Rows, seed: int = 0) -> Iterator[tuple[Rows, Rows]]:
    """Hold out a quarter in turn, in an order drawn by chance."""
    part = np.random.default_rng(seed).permutation(len(rows)) % 4
    for k in range(4):
        yield (
            [row for row, at in zip(rows, part, strict=True) if at != k],
            [row for row, at in zip(rows, part, strict=True) if at == k],
        )


def larger(rows: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Hold out the loads of the upper quarter."""
    loads = sorted({row.concurrency for row in rows})
    bound = loads[max(len(loads) * 3 // 4 - 1, 0)]
    yield (
        [row for row in rows if row.concurrency <= bound],
        [row for row in rows if row.concurrency > bound],
    )


def errors(rows: Rows, split, room) -> Errors:
    """Return per model, GPU and backend, for each held-out row: TPOT simulated and by the closed
    form, TTFT of the iterations, and as a client sees it; all over measured, less 1."""
    found: Errors = defaultdict(list)
    for at, mine in by_setting(rows).items():
        usable = [row for row in mine if row.concurrency <= MOST]
        if len(usable) < LEAST_ROWS:
            continue
        for learned, held in split(usable):
            fit = fit_iteration(learned)
            if isinstance(fit, Refusal):
                continue
            kv = room(at)
            seen = fit_first_token(fit, learned, kv_tokens=kv)

            @cache
            def simulated(i, o, load, fit=fit, kv=kv):
                return steady(fitted_replica(fit, limit=load, kv_tokens=kv), i, o, load)

            for row in held:
                load = max(round(row.concurrency), 1)
                i, o = round(row.input_tokens), round(row.output_tokens)
                one = simulated(i, o, load)
                found[at.model, at.gpu, at.backend].append(
                    (
                        one.tpot_s / row.tpot - 1,
                        float(fit.tpot(i, o, load)) / row.tpot - 1,
                        one.ttft_s / row.ttft - 1,
                        float(seen.seen_s(one.ttft_s, i)) / row.ttft - 1,
                    )
                )
    return found


def say(found: Errors) -> None:
    print(
        f"  {'model':26} {'GPU':10} {'rows':>5}   TPOT simulated   TPOT closed form"
        "  TTFT of iterations  TTFT as seen   (mean / median)"
    )
    groups: dict[tuple[str, str], list[tuple[float, ...]]] = defaultdict(list)
    backends: dict[str, list[float]] = defaultdict(list)
    for (model, gpu, backend), rows in sorted(found.items()):
        groups[model, gpu] += rows
        backends[backend] += [1 / (1 + row[2]) for row in rows]
    groups["all", ""] = [row for rows in found.values() for row in rows]
    for (model, gpu), rows in groups.items():
        off = np.abs(np.array(rows))
        cells = "   ".join(
            f"{100 * mean:6.1f} /{100 * median:5.1f} %"
            for mean, median in zip(off.mean(axis=0), np.median(off, axis=0), strict=True)
        )
        print(f"  {model.split('/')[-1]:26} {gpu:10} {len(rows):5}  {cells}")
    for backend, ratios in backends.items():
        low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
        print(
            f"  TTFT measured over that of iterations, {backend or 'unknown'}, {len(ratios)} rows: "
            f"median {middle:.2f}, middle half {low:.2f} to {high:.2f}"
        )


def curve(fit: Iteration, i: int, o: int, most: int) -> Curve:
    """Return the closed form of a fitted iteration."""
    loads = np.arange(1, most + 1)
    return Curve(1, fit.ttft(i, o, loads), fit.tpot(i, o, loads), o)


def capacities(rows: Rows, settings: int) -> None:
    """Compare both ways to a capacity on settings spread over the table."""
    groups = [
        (at, mine)
        for at, mine in by_setting(rows).items()
        if len(mine) >= 2 * LEAST_ROWS and max(row.concurrency for row in mine) <= 256
    ]
    ratios = defaultdict(list)
    for at, mine in groups[:: max(len(groups) // settings, 1)][:settings]:
        fit = fit_iteration(mine)
        assert not isinstance(fit, Refusal)
        lengths = sorted({(round(row.input_tokens), round(row.output_tokens)) for row in mine})
        i, o = lengths[len(lengths) // 2]
        most = int(fit.loads[1])
        steps, replica = curve(fit, i, o, most), fitted_replica(fit, limit=most, kv_tokens=None)
        middle = most // 2 - 1
        promises = {
            "TPOT": Objective(tpot=float(steps.tpot[middle])),
            "end to end": Objective(e2e=float(steps.whole()[middle])),
            "TTFT": Objective(ttft=float(steps.ttft[middle])),
        }
        words = []
        for name, promise in promises.items():
            closed = closed_form(steps, promise)
            assert closed is not None
            for shape, outputs in (("equal", np.full(4000, o)), ("exponential", drawn(o))):
                if name != "TPOT" and shape != "equal":
                    continue  # long answers break an end to end alone
                real = simulated_rate(replica, promise, np.full(4000, i), outputs, seed=7)
                ratio = closed.rate / real.rate_per_s if real.rate_per_s else np.inf
                ratios[name, shape].append(ratio)
                words.append(f"{name}, {shape}: {closed.rate:.3g} / {real.rate_per_s:.3g}")
        print(f"  {at.model.split('/')[-1]} {at}, {i} in {o} out: {'; '.join(words)}")
    for (name, shape), values in ratios.items():
        low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
        print(
            f"  closed form over simulated, {name}, {shape} answers, {len(values)} settings: "
            f"median {middle:.2f}, 10-90 % {low:.2f} to {high:.2f}"
        )


def drawn(mean: int) -> np.ndarray:
    return np.maximum(np.random.default_rng(3).exponential(mean, 4000), 2).astype(np.int64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    home = os.environ.get("LEPTA_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", default=home, help="folder of public data")
    parser.add_argument("--capacity", type=int, default=12, help="settings whose capacity is found")
    parser.add_argument(
        "--memory", action="store_true", help="KV memory by published figures, not without limit"
    )
    options = parser.parse_args()
    table = Path(options.data) / "llm_perf/serving_silicon.parquet"
    if not table.is_file():
        print("needs the public data folder: set LEPTA_DATA or give --data")
        return
    rows, _ = serving_rows(read_table(table, SERVING))
    mixed = [replace(row, setting=replace(row.setting, backend_version="")) for row in rows]
    models = model_figures(read_table(ROOT / "examples/profile/models.csv", MODELS), None)
    gpus = gpu_figures(read_table(Path(options.data) / "llm_perf/gpu_specs.csv", GPUS))

    def room(at: Setting) -> int | None:
        """Return the KV memory; where longest requests would not fit, the figures are not those of
        the server (a cache in fewer bits), and it is taken as not known."""
        found = kv_room(models.get(at.model), gpus.get(at.gpu), at.gpus, at.precision)
        return found if options.memory and found and found > 16_384 else None

    for title, table_rows, split in (
        ("a quarter of the rows held out, versions of a backend mixed (bar: TPOT 11.3 / 7.0 %)",
         mixed, folds),
        ("a quarter of the rows held out, each version alone", rows, folds),
        ("the larger loads held out, each version alone", rows, larger),
    ):  # fmt: skip
        print(title)
        say(errors(table_rows, split, room))
    print("requests per second of one replica inside an objective: closed form / simulated")
    capacities(rows, options.capacity)


if __name__ == "__main__":
    main()
