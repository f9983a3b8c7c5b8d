"""Profiles: the fit against the plain sum of terms, on the same rows held out in the same folds.

    python bench/bench_profile.py [--data FOLDER]

The peer is the iteration-time model as vLLM simulators write it (a + d B + e B context + b B i/o, by
SciPy's non-negative least squares on relative errors; Agrawal et al. 2024, Vidur, has the same
terms). Then what was held out otherwise: pairs of lengths, GPUs, models. At last the buckets of the
Azure log, against the capacity of every single request.
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.optimize

import lepta
from lepta.domain.serving import BacktestLine, Objective, ServingRow
from lepta.domain.serving_tables import GPUS, MODELS, SERVING
from lepta.profile.backtest import capacity_backtest, fold_backtest, line
from lepta.profile.capacity import capacity
from lepta.profile.folds import FOLDS
from lepta.profile.model import LEAST_ROWS, columns, fit_columns
from lepta.profile.rows import gpu_figures, model_figures, serving_rows
from lepta.profile.table import Fitted, by_setting, fitted
from lepta.profile.transfer import known_rows, published, transfer_backtest
from lepta.wiring.serving import read_requests, read_table

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = 400
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


def cost(model: Fitted, i: float, o: float, promise: Objective) -> float:
    """Return replica-seconds of one request in a replica full of its like, inside the objective."""
    found = capacity(model.curve(i, o, 1, model.loads[1]), promise)
    return 1 / found.rate if found else np.nan


def bucketing(rows: tuple[ServingRow, ...], data: Path) -> None:
    log = data / "llm_requests/azure_2023.parquet"
    table = read_requests(log, assume_utc=True)
    services = np.array([row["class"] for row in table.rows])
    lengths = np.array([(row["input_tokens"], row["output_tokens"]) for row in table.rows])
    wanted = max(
        (at for at in by_setting(rows) if at.model.startswith("Qwen/Qwen3-32B")),
        key=lambda at: (len(by_setting(rows)[at]), at.gpus),
    )
    model, promise = fitted(by_setting(rows)[wanted]), Objective(ttft=5, tpot=0.1)
    assert isinstance(model, Fitted)
    print(f"Buckets of the Azure log, against single requests on {wanted}, {promise}")
    for asked in (0.2, 0.1, 0.05):
        started = time.perf_counter()
        found = lepta.profile(requests=log, assume_utc=True, bucket_error=asked).bucketing
        seconds = time.perf_counter() - started
        assert found is not None
        for service in ("code", "conv"):
            mine = [bucket for bucket in found.buckets if bucket.demand_class == service]
            some = lengths[services == service][:: (services == service).sum() // SAMPLE]
            real = [cost(model, i, o, promise) for i, o in some.tolist()]
            said = [
                next(
                    cost(model, box.mean_input, box.mean_output, promise)
                    for box in mine
                    if box.input_low < i <= box.input_high and box.output_low < o <= box.output_high
                )
                for i, o in some.tolist()
            ]
            off = np.nansum(said) / np.nansum(np.where(np.isnan(said), np.nan, real)) - 1
            print(
                f"  asked {asked:4.0%}: bound {found.error:6.2%}, {service} {len(mine):2} buckets, "
                f"seen with the batch of each length {off:+6.2%} ({len(some)} requests, "
                f"{np.isnan(real).sum()} not inside the objective alone), {seconds:.2f} s"
            )


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
    for found in transfer_backtest(known):
        say(f"{found.test}: {found.target}", found)
    print(f"  multiples and band: {published(known)}")
    bucketing(rows, data)


if __name__ == "__main__":
    main()
