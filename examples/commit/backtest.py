"""Buy on the first half of a month, pay on the second: `python examples/commit/backtest.py`.

Usage: running GPUs per virtual cluster of Helios Earth, May 2020, averaged by the hour. Prices:
Google Cloud a2-highgpu-1g (one A100) in us-central1, on demand and committed for a year, July 2026.
The two have nothing to do with each other: what is tested is the decision, not a purchase.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np

import lepta
from lepta.domain.commitment import CommitCase, Contract, History, Pool
from lepta.wiring.publicdata import find_folder

MACHINE, REGION = "a2-highgpu-1g", "us-central1"
FIRST_DAYS = 15
CHECKOUT = Path(__file__).resolve().parents[2]


def prices(data: Path) -> tuple[float, float]:
    """Return the price of an hour on demand, and committed for a year (a month is 730 h)."""
    row = duckdb.execute(
        "SELECT on_demand_usd_per_hour, cud_1y_usd_per_month / 730 FROM read_parquet($file) "
        "WHERE machine_type = $machine AND region = $region AND offered_in_region",
        {
            "file": str(data / "prices" / "gcp_compute.parquet"),
            "machine": MACHINE,
            "region": REGION,
        },
    ).fetchall()[0]
    return float(row[0]), float(row[1])


def usage(data: Path) -> dict[str, np.ndarray]:
    """Return running GPUs per virtual cluster, hour by hour; the source does not say its zone."""
    rows = duckdb.execute(
        "SELECT virtual_cluster, list(gpus ORDER BY hour) FROM ("
        "SELECT virtual_cluster, date_trunc('hour', ts) AS hour, avg(running_gpu_num) AS gpus "
        "FROM read_parquet($file) GROUP BY ALL) GROUP BY ALL ORDER BY 1",
        {"file": str(data / "gpu_util" / "helios_earth_vc_minute.parquet")},
    ).fetchall()
    return {name: np.array(line, dtype=float) for name, line in rows}


def cost(hours: np.ndarray, level: float, on_demand: float, committed: float) -> float:
    """Pay for a level, and on demand for what is above it."""
    above = float(np.maximum(hours - level, 0.0).sum())
    return committed * level * len(hours) + on_demand * above


def decide(first: np.ndarray, on_demand: float, committed: float, risk: float) -> float:
    """Return the units that lepta buys on this history; of what never ran, none."""
    if not first.any():
        return 0.0
    pool = Pool(family="gpu", region=REGION, price_per_hour=on_demand)
    contract = Contract(id="cud-1y", hours=8760, price_per_hour=committed, family="gpu")
    history = History(
        start=datetime(2020, 5, 1, tzinfo=UTC), pools=(("gpu", REGION),), units=first[:, None]
    )
    case = CommitCase(pools=(pool,), contracts=(contract,))
    return lepta.commit(history, case, risk=risk, scenarios=20).bought[0].units


def back_test(hours: np.ndarray, on_demand: float, committed: float) -> tuple[np.ndarray, ...]:
    """Return levels (bought, cautious, best in hindsight), and what no level and each costs."""
    first, second = hours[: FIRST_DAYS * 24], hours[FIRST_DAYS * 24 :]
    bought = [decide(first, on_demand, committed, risk) for risk in (0.0, 1.0)]
    best = float(np.quantile(second, 1 - committed / on_demand, method="inverted_cdf"))
    levels = np.array([*bought, best])
    return levels, np.array([cost(second, u, on_demand, committed) for u in (0.0, *levels)])


def line(name: str, hours: np.ndarray, levels: np.ndarray, costs: np.ndarray) -> str:
    """Write one row."""
    cut = FIRST_DAYS * 24
    saved = 1 - costs[1:] / costs[0] if costs[0] else np.zeros(3)
    return (
        f"{name:10} {hours[:cut].mean():6.1f} {hours[cut:].mean():6.1f} "
        + " ".join(f"{level:8.4g}" for level in levels)
        + " ".join(f"{share:9.1%}" for share in saved)
    )


def main() -> None:
    """Print one row per virtual cluster, their sum, and all of them as one pool."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=None, help="folder of the public tables")
    data = find_folder(asked.parse_args().data, CHECKOUT)
    on_demand, committed = prices(data)
    clusters = usage(data)
    print(f"{MACHINE} in {REGION}: {on_demand:.4f} on demand, {committed:.4f} for a year")
    print("               mean GPUs   units committed           saved on the second half")
    print("cluster     first second   bought cautious     best   bought  cautious     best")
    found = {name: back_test(hours, on_demand, committed) for name, hours in clusters.items()}
    for name, (levels, costs) in found.items():
        print(line(name, clusters[name], levels, costs))
    together = np.sum(list(clusters.values()), axis=0)
    levels, costs = (np.sum(rows, axis=0) for rows in zip(*found.values(), strict=True))
    print(line("each alone", together, levels, costs))
    print(line("one pool", together, *back_test(together, on_demand, committed)))


if __name__ == "__main__":
    main()
