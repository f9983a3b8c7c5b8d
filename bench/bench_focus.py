"""FOCUS allocation over ten million rows: lepta, plain DuckDB SQL, pandas; ratios printed.

    python bench/bench_focus.py [rows]

The question: cost per team, service and day, both billed and effective, and that they add up to the
bill. The bill is generated (seed 20261101): hourly charges of resources that belong to a workload,
a workload to a team, as bills are; costs are DOUBLE with sub-micro digits, owners stand in Tags.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261101
ROUNDS = 4
CHUNK = 1_000_000


def generate(path: Path, rows: int) -> None:
    """Write the bill in chunks: 2,000 resources, 120 workloads, 24 teams, 14 services, 30 days."""
    rng = np.random.default_rng(SEED)
    resources = 2_000
    workload = rng.integers(0, 120, resources)
    service = rng.integers(0, 14, resources)
    region = rng.integers(0, 8, resources)
    rate = rng.lognormal(-1, 2, resources)
    tags = np.array(
        [
            f'{{"env": "prod", "team": "team-{w % 24:02d}", "application": "app-{w:03d}"}}'
            for w in range(120)
        ]
    )
    start = np.datetime64("2026-11-01T00:00:00", "us")
    names = {
        "ServiceName": (np.array([f"Service {i}" for i in range(14)]), service),
        "RegionId": (np.array([f"region-{i}" for i in range(8)]), region),
        "ResourceId": (np.array([f"arn:res:{i:05d}" for i in range(resources)]), None),
        "Tags": (tags, workload),
    }
    writer = None
    for begin in range(0, rows, CHUNK):
        n = min(CHUNK, rows - begin)
        which = rng.integers(0, resources, n)
        hour = np.sort(rng.integers(0, 720, n))
        billed = np.round(rate[which] * rng.lognormal(0, 0.3, n), 10)
        kind = rng.choice(5, n, p=[0.97, 0.01, 0.005, 0.01, 0.005])
        billed = np.where(kind == 3, -billed, billed)
        status = np.where((which % 5 == 0) & (kind == 0), "Used", None)
        begins = start + hour.astype("timedelta64[h]")
        columns: dict[str, Any] = {
            "BilledCost": np.where(status == "Used", 0.0, billed),
            "EffectiveCost": np.round(billed * 0.83, 10),
            "BillingCurrency": pa.array(["USD"] * n).dictionary_encode(),
            "BillingPeriodStart": np.full(n, start),
            "BillingPeriodEnd": np.full(n, start + np.timedelta64(30, "D")),
            "ChargePeriodStart": begins,
            "ChargePeriodEnd": begins + np.timedelta64(1, "h"),
            "ChargeCategory": np.array(["Usage", "Purchase", "Tax", "Credit", "Adjustment"])[kind],
            "CommitmentDiscountStatus": pa.array(status.tolist(), pa.string()),
            "ConsumedQuantity": np.ones(n),
            "PricingCategory": np.where(status == "Used", "Committed", "Standard"),
        }
        for name, (values, key) in names.items():
            columns[name] = values[which if key is None else key[which]]
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=CHUNK // 4)
    if writer:
        writer.close()


def by_lepta(path: Path) -> tuple[Decimal, int]:
    """Run the code of `lepta assess`: open, check, tell accelerators, owners; group, reconcile."""
    from lepta.assess import allocate, answer, machines, owners, partition
    from lepta.wiring.bills import open_bills

    with open_bills([path]) as bills:
        tags = bills.lake.keep(owners.tag_owners(bills.charges))
        told = machines.accelerated(bills.charges, bills.named)
        charges = allocate.keyed(owners.owned(told, tags))
        groups = bills.lake.rows(allocate.rollup(charges, ("team", "service", "day")))
        total = sum((row[3] for row in groups), Decimal(0))
        partition.reconcile("bill", total, answer.exact(bills.sightings).billed, roundings=0)
    return total, len(groups)


def by_assess(path: Path) -> tuple[Decimal, int]:
    """Run all of `lepta assess` without usage: five dimensions, days, units, unknowns."""
    import lepta

    told = lepta.assess(focus=[path])
    return Decimal(told.spend.billed_micros) / 1_000_000, len(told.allocation)


OWNER = "json_extract_string(Tags, '$.team')"
EXACT = "sum(CAST({} AS DECIMAL(38, 12)))"


def by_sql(path: Path) -> tuple[Decimal, int]:
    """Ask DuckDB as one would by hand: exact sums, then the total of the bill to compare."""
    with duckdb.connect() as duck:
        groups = duck.execute(
            f"SELECT {OWNER}, ServiceName, CAST(ChargePeriodStart AS DATE), "
            f"{EXACT.format('BilledCost')}, {EXACT.format('EffectiveCost')} "
            f"FROM read_parquet('{path}') GROUP BY ALL"
        ).fetchall()
        total = duck.execute(
            f"SELECT {EXACT.format('BilledCost')}, {EXACT.format('EffectiveCost')} "
            f"FROM read_parquet('{path}')"
        ).fetchone()
    summed = sum((row[3] for row in groups), Decimal(0))
    assert total is not None and summed == total[0]
    return summed, len(groups)


def by_pandas(path: Path) -> tuple[Decimal, int]:
    """Ask pandas as most people would: read the columns, take the team out of each row's tags.

    Floating sums, so not exact.
    """
    columns = ["BilledCost", "EffectiveCost", "Tags", "ServiceName", "ChargePeriodStart"]
    table = pq.read_table(path, columns=columns).to_pandas()
    table["team"] = table["Tags"].str.extract(r'"team": "([^"]*)"', expand=False)
    table["day"] = table["ChargePeriodStart"].dt.floor("D")
    return _grouped(table)


def _grouped(table: Any) -> tuple[Decimal, int]:
    keys = ["team", "ServiceName", "day"]
    groups = table.groupby(keys, observed=True)[["BilledCost", "EffectiveCost"]].sum()
    assert abs(groups["BilledCost"].sum() - table["BilledCost"].sum()) < 1e-3
    return Decimal(repr(float(groups["BilledCost"].sum()))), len(groups)


def by_tuned_pandas(path: Path) -> tuple[Decimal, int]:
    """Ask pandas as somebody who knows it: texts as categories, each text of tags read once.

    Floating sums, so not exact.
    """
    columns = ["BilledCost", "EffectiveCost", "Tags", "ServiceName", "ChargePeriodStart"]
    texts = ["Tags", "ServiceName"]
    table = pq.read_table(path, columns=columns, read_dictionary=texts).to_pandas()
    tags = table["Tags"].cat.categories.to_series()
    teams = tags.str.extract(r'"team": "([^"]*)"', expand=False)
    table["team"] = table["Tags"].map(teams).astype("category")
    table["day"] = table["ChargePeriodStart"].dt.floor("D")
    return _grouped(table)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bill.parquet"
        generate(path, rows)
        print(f"FOCUS bill, {rows:,} rows, {path.stat().st_size / 1e6:.0f} MB Parquet")
        print(f"cost per team, service and day, reconciled; best of {ROUNDS} rounds in turn:")
        works: dict[str, Callable[[Path], tuple[Decimal, int]]] = {
            "plain DuckDB SQL": by_sql,
            "lepta": by_lepta,
            "lepta assess, all tables": by_assess,
            "pandas": by_pandas,
            "pandas, tuned": by_tuned_pandas,
        }
        seconds, totals = dict.fromkeys(works, float("inf")), {}
        for turn in range(ROUNDS):
            for name, work in works.items():
                if name.startswith("pandas") and turn:
                    continue
                begin = time.perf_counter()
                totals[name], _ = work(path)
                seconds[name] = min(seconds[name], time.perf_counter() - begin)
        for name in works:
            print(
                f"  {name:26s} {seconds[name]:7.2f} s {rows / seconds[name] / 1e6:7.2f} M rows/s "
                f" total {totals[name]:.6f}"
            )
        assert totals["lepta"] == totals["plain DuckDB SQL"], "exact totals differ"
        assert abs(totals["lepta"] - totals["pandas"]) < Decimal("0.01"), "totals differ"
        lepta = seconds["lepta"]
        print(f"  lepta / plain SQL = {lepta / seconds['plain DuckDB SQL']:.2f} (goal <= 1.3)")
        print(f"  pandas / lepta    = {seconds['pandas'] / lepta:.1f} (goal >= 10)")
        print(f"  tuned pandas / lepta = {seconds['pandas, tuned'] / lepta:.1f}")


if __name__ == "__main__":
    main()
