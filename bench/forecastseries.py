"""The public series that forecasts are judged on, in steps of 10 minutes.

ServeGen totals (m-large, m-mid), GPUs in use in ten virtual clusters of Helios Earth together and
in the largest, active nodes of Philly. Lost windows are marked as not seen.
"""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np

from lepta.forecast.base import Series
from lepta.forecast.gaps import marked, regular

__all__ = ["STEP_S", "helios", "philly", "public_series", "servegen"]

STEP_S = 600.0
DAY_S = 86_400.0


def public_series(folder: Path) -> dict[str, Series]:
    """All of them, by name."""
    return {
        "servegen m-large": servegen(folder, "m-large"),
        "servegen m-mid": servegen(folder, "m-mid"),
        "helios earth, 11 clusters": helios(folder, None),
        "helios earth, vcvlY": helios(folder, "vcvlY"),
        "helios earth, vcLJZ": helios(folder, "vcLJZ"),
        "philly active nodes": philly(folder),
    }


def servegen(folder: Path, workload: str) -> Series:
    """Requests per second of all clients; the clock begins at midnight, the day is not told."""
    rows = _rows(
        "SELECT t_s, sum(requests_per_s::DOUBLE ORDER BY client) FROM read_parquet($file) "
        "WHERE workload = $workload GROUP BY 1 ORDER BY 1",
        file=folder / "llm_requests" / "servegen_client_rates.parquet",
        workload=workload,
    )
    return marked(regular(rows[0], rows[1], STEP_S, name=workload, unit="requests/s"))


def helios(folder: Path, cluster: str | None) -> Series:
    """GPUs in use, the mean of each step, May 2020."""
    rows = _rows(
        "SELECT epoch(ts), sum(running_gpu_num)::DOUBLE FROM read_parquet($file) "
        "WHERE $cluster IS NULL OR virtual_cluster = $cluster GROUP BY 1 ORDER BY 1",
        file=folder / "gpu_util" / "helios_earth_vc_minute.parquet",
        cluster=cluster,
    )
    return _dated(rows, "helios", "GPUs", "mean")


def philly(folder: Path) -> Series:
    """Active nodes, the greatest of each step; 0 is a hole in the log."""
    rows = _rows(
        "SELECT epoch(ts), active_nodes::DOUBLE FROM read_parquet($file) "
        "WHERE active_nodes > 0 ORDER BY 1",
        file=folder / "gpu_util" / "philly_active_nodes_minute.parquet",
    )
    return _dated(rows, "philly", "nodes", "max")


def _dated(rows: np.ndarray, name: str, unit: str, by: str) -> Series:
    epoch = float(rows[0][0] // DAY_S * DAY_S)
    return marked(
        regular(rows[0] - epoch, rows[1], STEP_S, epoch_s=epoch, by=by, name=name, unit=unit)
    )


def _rows(query: str, **parameters: object) -> np.ndarray:
    given = {k: str(v) if isinstance(v, Path) else v for k, v in parameters.items()}
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        return np.array(session.execute(query, given).fetchall(), float).T


def day(series: Series, at_s: float) -> str:
    """The date of an instant, or its day from the start."""
    if np.isnan(series.epoch_s):
        return f"day {at_s / DAY_S:.1f}"
    return datetime.fromtimestamp(series.epoch_s + at_s, UTC).date().isoformat()
