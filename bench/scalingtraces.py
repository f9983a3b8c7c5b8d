"""Loads for the comparison of scaling policies: public traces and generated weeks.

Real: Azure 2023 conv and code (first 40 minutes of an hour), Mooncake conversation (40 minutes),
ServeGen m-large and m-mid (two days), deepseek-r1 and mm-image (one day). ServeGen publishes rates
and variations per client and 10 minutes: seconds are drawn from them (negative binomial, its
dispersion the rate-weighted squared variation of the clients, at most 9). Generated: weeks of
diurnal and weekly load with bursts, flash crowds or drift.
"""

from pathlib import Path

import duckdb
import numpy as np

from fluidpool import Trace

__all__ = ["generated", "real", "reference"]

SEED = 20261124
HOUR, DAY = 3600.0, 86_400.0
REPLICAS = 20.0
"""Mean load of the days and weeks, in replicas."""
CAPACITY = {"conv": 150.0, "code": 75.0}


def reference(folder: Path, service: str, first: int) -> Trace:
    """Azure 2023: work = input / 8 + output tokens, capacities as in the published replay."""
    got = duckdb.execute(
        "SELECT epoch(ts) AS at, input_tokens AS given, output_tokens AS made FROM "
        f"'{folder}/llm_requests/azure_2023.parquet' WHERE service = ? ORDER BY ts",
        [service],
    ).fetchnumpy()
    at = np.asarray(got["at"]) - got["at"][0]
    work = np.asarray(got["given"]) / 8.0 + np.asarray(got["made"])
    return Trace(
        name=f"azure {service}",
        at_s=at,
        work=work,
        weight=np.ones(len(at)),
        capacity=CAPACITY[service],
        end_s=float(at[-1]),
        first=first,
        split_s=1_200.0,
        given=np.asarray(got["given"], np.int64),
        made=np.asarray(got["made"], np.int64),
    )


def _mooncake(folder: Path) -> Trace:
    got = duckdb.execute(
        "SELECT t_ms / 1000.0 AS at, input_tokens AS given, output_tokens AS made FROM "
        f"'{folder}/llm_requests/mooncake_conversation.parquet' ORDER BY t_ms"
    ).fetchnumpy()
    at = np.asarray(got["at"], float)
    work = np.asarray(got["given"]) / 8.0 + np.asarray(got["made"])
    capacity = work.sum() / at[-1] / REPLICAS
    return Trace(
        name="mooncake conversation",
        at_s=at,
        work=work,
        weight=np.ones(len(at)),
        capacity=capacity,
        end_s=float(at[-1]),
        first=int(REPLICAS),
        split_s=1_200.0,
    )


def _seconds(name, rate, dispersion, rng, split_s, first=None, startup_s=120.0, tick_s=15.0):
    """One arrival per second that stands for all requests of it; work of each is exponential."""
    rate = np.maximum(rate, 0.0)
    spread = np.maximum(dispersion, 1.0 + 1e-6) - 1.0
    size = np.maximum(rate / spread, 1e-9)
    count = rng.poisson(rng.gamma(size, spread)).astype(float)
    at = np.flatnonzero(count).astype(float) + 0.5
    weight = count[count > 0]
    work = rng.gamma(weight)
    capacity = rate.mean() / REPLICAS
    if first is None:
        first = int(np.ceil(rate[:600].mean() / capacity)) + 2
    return Trace(
        name=name,
        at_s=at,
        work=work,
        weight=weight,
        capacity=float(capacity),
        end_s=float(len(rate)),
        first=first,
        split_s=split_s,
        startup_s=startup_s,
        tick_s=tick_s,
        epoch_s=0.0,
    )


def _servegen(folder: Path, workload: str, days: int) -> Trace:
    got = duckdb.execute(
        "SELECT t_s, sum(requests_per_s) AS rate, sum(requests_per_s * least(cv, 3) ** 2) / "
        "greatest(sum(requests_per_s), 1e-9) AS spread FROM "
        f"'{folder}/llm_requests/servegen_client_rates.parquet' WHERE workload = ? AND t_s < ? "
        "GROUP BY t_s ORDER BY t_s",
        [workload, days * DAY],
    ).fetchnumpy()
    at, rate, spread = (np.asarray(got[c], float) for c in ("t_s", "rate", "spread"))
    seen = rate > 0  # windows without any request beside hundreds per second are missing data
    second = np.arange(days * DAY)
    path = np.interp(second, at[seen] + 300.0, rate[seen])
    wide = np.interp(second, at[seen] + 300.0, spread[seen])
    rng = np.random.default_rng([SEED, len(workload), days])
    return _seconds(f"servegen {workload}", path, wide, rng, split_s=days * DAY / 2)


def real(folder: Path) -> list[Trace]:
    """The public traces."""
    return [
        reference(folder, "conv", 10),
        reference(folder, "code", 10),
        _mooncake(folder),
        _servegen(folder, "m-large", 2),
        _servegen(folder, "m-mid", 2),
        _servegen(folder, "deepseek-r1", 1),
        _servegen(folder, "mm-image", 1),
    ]


def generated() -> list[Trace]:
    """Seeded weeks; policies are tuned on Monday."""
    return [_week(kind) for kind in ("diurnal", "bursts", "flash crowds", "drift")]


def _week(kind: str) -> Trace:
    rng = np.random.default_rng([SEED, 7, len(kind)])
    second = np.arange(7 * DAY)
    hour, day = second / HOUR % 24, second // DAY
    rate = 1.0 + 0.6 * np.cos(2 * np.pi * (hour - 14) / 24) + 0.15 * np.cos(np.pi * (hour - 9) / 6)
    rate *= np.where(day >= 5, 0.55, 1.0) * np.exp(rng.normal(0, 0.05, 7))[day.astype(int)]
    slow = np.convolve(rng.normal(0, 1, 7 * 288 + 24), np.exp(-np.arange(24) / 6.0), "valid")
    rate *= np.exp(0.04 * np.interp(second, np.arange(len(slow)) * 300.0, slow))
    dispersion = 2.0
    if kind == "bursts":
        dispersion = 8.0
        for begin in rng.uniform(0, 7 * DAY, 200):
            long = rng.exponential(120.0) + 20
            part = slice(int(begin), int(begin + long))
            rate[part] *= rng.uniform(1.3, 2.2)
    elif kind == "flash crowds":
        for begin in rng.uniform(0, 7 * DAY, 14):
            gone = second - begin
            rate *= 1 + np.where(
                gone > 0, rng.uniform(0.6, 2.0) * np.minimum(gone / 300.0, 1.0), 0.0
            ) * np.exp(-np.maximum(gone, 0) / rng.uniform(1_200, 3_600))
    elif kind == "drift":
        rate *= np.exp(np.log(2.0) * second / (7 * DAY)) * np.where(day >= 4, 1.25, 1.0)
    return _seconds(
        f"week: {kind}", 200.0 * rate, np.full(len(rate), dispersion), rng, DAY, tick_s=30.0
    )
