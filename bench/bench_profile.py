"""Profiles: the fit against the plain sum of terms, on the same rows held out in the same folds.

    python bench/bench_profile.py [--data FOLDER]

The peer is the plain linear iteration-time model, a + d B + e B context + b B i/o, by SciPy's
non-negative least squares on relative errors. Then what was held out otherwise: pairs of lengths,
GPUs, models. At last the buckets of the Azure log, against the price of every single request.
"""

import argparse
import itertools
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.optimize

from lepta.domain.serving import BacktestLine, Objective, ServingRow
from lepta.domain.serving_tables import GPUS, MODELS, SERVING
from lepta.profile.backtest import fold_backtest, line
from lepta.profile.buckets import buckets
from lepta.profile.capacity import largest_batch, poisson_rate
from lepta.profile.costs import request_cost
from lepta.profile.folds import FOLDS
from lepta.profile.model import LEAST_ROWS, columns, fit_columns
from lepta.profile.rows import gpu_figures, model_figures, serving_rows
from lepta.profile.table import Fitted, by_setting, fitted
from lepta.profile.transfer import known_rows, published, transfer_backtest
from lepta.profile.truths import capacity_backtest, capacity_transfer
from lepta.wiring.serving import read_requests, read_table

ROOT = Path(__file__).resolve().parent.parent
Predict = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Table = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def plain(
    i: np.ndarray, o: np.ndarray, b: np.ndarray, ttft: np.ndarray, tpot: np.ndarray
) -> Predict:
    """Fit the peer: four terms, squares of relative errors."""

    def terms(i: np.ndarray, o: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.stack((np.ones_like(b), b, b * (i + o / 2), b * i / o), axis=1)

    a = terms(i, o, b) / tpot[:, None]
    size = np.linalg.norm(a, axis=0)
    found = scipy.optimize.nnls(a / size, np.ones(len(tpot)))[0] / size
    return lambda i, o, b: terms(i, o, b) @ found


def ours(*table: np.ndarray) -> Predict:
    """Fit lepta's terms."""
    return fit_columns(*table).tpot


def folds(groups: dict, learn: Callable[..., Predict], seed: int) -> BacktestLine:
    """Hold out a quarter of each group in turn, in an order drawn by chance."""
    chance, errors = np.random.default_rng(seed), []
    for rows in groups.values():
        if len(rows) < LEAST_ROWS:
            continue
        table = columns(rows)
        fold = chance.permutation(len(rows)) % FOLDS
        off = np.empty(len(rows))
        for held in (fold == k for k in range(FOLDS)):
            predict = learn(*(column[~held] for column in table))
            off[held] = np.abs(predict(*(c[held] for c in table[:3])) / table[4][held] - 1)
        errors.append(off)
    return line(f"{FOLDS}-fold", "TPOT", errors)


def say(name: str, found: BacktestLine) -> None:
    band = "" if found.covered is None else f", in the band {found.covered:.0%}"
    print(
        f"  {name:34} {found.rows:5} rows {found.groups:4} groups: mean {found.mean:6.1%}, median "
        f"{found.median:5.1%}, 90% {found.p90:6.1%}, worst group {found.worst_group:6.1%}{band}"
    )


def fits(rows: tuple[ServingRow, ...]) -> None:
    mixed = [replace(row, setting=replace(row.setting, backend_version="")) for row in rows]
    for title, groups in (
        ("versions of a backend mixed, as the bar of 11.3 % and 7.0 %", by_setting(mixed)),
        ("each version on its own, as `lepta profile` fits", by_setting(rows)),
    ):
        print(f"TPOT of held-out rows; {title}")
        means = {}
        for name, learn in (("plain sum, SciPy", plain), ("lepta", ours)):
            tests = [folds(groups, learn, seed) for seed in range(3)]
            means[name] = float(np.mean([test.mean for test in tests]))
            say(f"{name} (of 3 draws, the first)", tests[0])
        ratio = means["plain sum, SciPy"] / means["lepta"]
        print(f"  mean error over 3 draws: {means}; ratio {ratio:.2f}")
    for found in (*fold_backtest(by_setting(rows)), *capacity_backtest(by_setting(rows))):
        say(f"{found.test}: {found.target}", found)


def bucketing(rows: tuple[ServingRow, ...], data: Path) -> None:
    """Cut the Azure log with and without a known replica; price every single request on it."""
    table = read_requests(data / "llm_requests/azure_2023.parquet", assume_utc=True)
    services = np.array([row["class"] for row in table.rows])
    lengths = np.array([(row["input_tokens"], row["output_tokens"]) for row in table.rows])
    groups, promise = by_setting(rows), Objective(ttft=5, tpot=0.1)
    for at in groups:
        if (at.model, at.gpu, at.backend) != ("Qwen/Qwen3-32B", "h100_sxm", "trtllm"):
            continue
        if at.gpus not in (1, 8):
            continue
        model = fitted(groups[at])
        assert isinstance(model, Fitted)
        print(f"Buckets of the Azure log, every request priced on {at}, {promise}")
        for service in ("code", "conv"):
            i, o = lengths[services == service].T
            real = prices(model, promise, i, o)
            for asked, known in itertools.product((0.2, 0.1, 0.05), (False, True)):
                started = time.perf_counter()
                costs = [request_cost(model, promise, i, o)] if known else []
                made, bucket_of, bound = buckets(service, i, o, error=asked, costs=costs)
                seconds = time.perf_counter() - started
                means = np.array([(box.mean_input, box.mean_output) for box in made]).T
                said = prices(model, promise, *means)[bucket_of]
                print(
                    f"  {service} {'replica known' if known else 'any replica':14} asked "
                    f"{asked:4.0%}: {len(made):2} buckets, bound {bound:6.2%}, "
                    f"seen {said.sum() / real.sum() - 1:+7.2%}, {seconds:.2f} s"
                )


def prices(model: Fitted, promise: Objective, i: np.ndarray, o: np.ndarray) -> np.ndarray:
    """Return replica-seconds per request, each computed, none read off a grid."""
    pairs, place = np.unique(np.stack((i, o)), axis=1, return_inverse=True)
    costs = [
        1 / poisson_rate(curve.throughput(), largest_batch(curve, promise) or curve.least, 0.95)
        for curve in (model.curve(*pair, *model.loads) for pair in pairs.T.tolist())
    ]
    return np.array(costs)[place.reshape(-1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    home = os.environ.get("LEPTA_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", default=home, help="folder of public data")
    data = Path(parser.parse_args().data)
    if not (data / "llm_perf").is_dir():
        print("needs the public data folder: set LEPTA_DATA or give --data")
        return
    rows, _ = serving_rows(read_table(data / "llm_perf/serving_silicon.parquet", SERVING))
    fits(rows)
    models = model_figures(read_table(ROOT / "examples/profile/models.csv", MODELS), None)
    gpus = gpu_figures(read_table(data / "llm_perf/gpu_specs.csv", GPUS))
    known = known_rows(rows, models, gpus)
    assert known is not None
    print("Roofline, learned from all other GPUs or models")
    for found in (*transfer_backtest(known), *capacity_transfer(rows, models, gpus)):
        say(f"{found.test}: {found.target}", found)
    print(f"  multiples and band: {published(known)}")
    bucketing(rows, data)


if __name__ == "__main__":
    main()
