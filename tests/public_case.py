"""Help for the tests of docs/howto/real-data.md: run its commands, read its tables, plan anew."""

import csv
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

P5, P5_ONE, B200 = (
    f"{machine}@us-east-1" for machine in ("p5.48xlarge", "p5.4xlarge", "p6-b200.48xlarge")
)


def build(checkout: Path, data: Path, out: Path, *options: str) -> str:
    """Run the command of the page; answer what it says."""
    script = checkout / "examples" / "real_data" / "build.py"
    done = subprocess.run(
        [sys.executable, str(script), "--out", str(out), *options],
        env={**os.environ, "LEPTA_DATA": str(data)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.stdout


def lepta(*arguments: str, cwd: Path) -> str:
    """Run a command of lepta as a user does; answer what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "lepta", *arguments],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def one(sql: str, **values: object) -> tuple[object, ...]:
    with duckdb.connect() as session:
        row = session.execute(sql, values).fetchone()
    assert row is not None
    return row


@dataclass(frozen=True)
class Day:
    """A plan made hour by hour: exact cost, lower bound, machine-hours per offer."""

    cost: float
    bound: float
    machine_hours: Mapping[str, int]


def plan_day(
    folder: Path,
    *,
    prices: Mapping[str, float] | None = None,
    only: str = "",
    utilization: float = 0.85,
) -> Day:
    """Plan the case anew with SciPy: rates instead of shares, one offer after another, no cuts.

    No start-up cost, and nothing that is paid whether used or not: the hours do not touch.
    """
    offers = {row["offer"]: row for row in table(folder, "offers.csv")}
    rates = {
        (row["offer"], row["class"]): float(row["rate_per_s"])
        for row in table(folder, "profiles.csv")
        if not only or row["offer"] == only
    }
    pairs, useful = sorted(rates), sorted({offer for offer, _ in rates})
    listed = {name: float(offers[name]["price_per_hour"]) for name in useful} | dict(prices or {})
    hours: dict[str, dict[str, float]] = {}
    for row in table(folder, "demand.csv"):
        hours.setdefault(row["start"], {})[row["class"]] = float(row["rate_per_s"])
    classes, units = sorted(next(iter(hours.values()))), len(useful)
    serve = np.zeros((len(classes), units + len(pairs)))
    load = np.zeros((units, units + len(pairs)))
    load[:, :units] = utilization * np.eye(units)
    for column, (offer, name) in enumerate(pairs, start=units):
        serve[classes.index(name), column] = 1.0
        load[useful.index(offer), column] = -1.0 / rates[offer, name]
    cost = np.array([listed[offer] for offer in useful] + [0.0] * len(pairs))
    most = [float(offers[offer]["limit"] or math.inf) for offer in useful]
    shared = {"bounds": Bounds(0.0, [*most, *[math.inf] * len(pairs)])}
    whole = np.array([1] * units + [0] * len(pairs))
    total = bound = 0.0
    held = dict.fromkeys(useful, 0)
    for need in hours.values():
        rows = [
            LinearConstraint(serve, [need[name] for name in classes], np.inf),
            LinearConstraint(load, 0.0, np.inf),
        ]
        exact = milp(
            cost, constraints=rows, integrality=whole, options={"mip_rel_gap": 0.0}, **shared
        )
        total += exact.fun
        bound += milp(cost, constraints=rows, **shared).fun
        for offer, count in zip(useful, exact.x, strict=False):
            held[offer] += round(count)
    return Day(total, bound, {offer: count for offer, count in held.items() if count})
