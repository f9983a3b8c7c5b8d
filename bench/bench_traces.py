"""Reading a trace of requests that is out of order: lepta, pandas, DuckDB; ratios printed.

    python bench/bench_traces.py [megabytes]

The work: read a CSV of time, class, tenant, input and output tokens, put it in order of time, and
add up the tokens of each class. lepta also checks every cell, names what it saw, and may go through
it again; pandas holds the table in memory; DuckDB writes it sorted, inside 900 MiB. Each runs in a
process of its own, in turns; time and peak memory are the least of all rounds.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROUNDS = 3
ROWS = 500_000
MEASURE = """
import json, resource, sys, time
start = time.perf_counter()
sums = work(sys.argv[1])
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([took, peak, sorted(sums)]))
"""
READERS = {
    "lepta": """
def work(path):
    from lepta.wiring.requests import open_requests
    source = open_requests(path)
    sums = [0] * len(source.kinds)
    for chunk in source.chunks():
        for k in range(len(sums)):
            mine = chunk.kind == k
            sums[k] += int(chunk.input_tokens[mine].sum() + chunk.output_tokens[mine].sum())
    return sums
""",
    "pandas": """
def work(path):
    import pandas
    table = pandas.read_csv(path, dtype={"class": "category", "tenant": "category"})
    table = table.sort_values("ts", kind="stable")
    table["tokens"] = table.input_tokens + table.output_tokens
    return [int(total) for total in table.groupby("class", observed=True).tokens.sum()]
""",
    "duckdb": """
def work(path):
    import duckdb, tempfile
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(
        config={"memory_limit": "900MiB", "threads": 2, "temp_directory": folder}
    ) as session:
        session.execute("SET enable_progress_bar = false")
        session.execute(f"COPY (SELECT * FROM read_csv('{path}') ORDER BY ts) "
                        f"TO '{folder}/sorted.parquet' (FORMAT parquet, COMPRESSION lz4)")
        rows = session.execute(
            "SELECT sum(input_tokens + output_tokens) "
            f"FROM '{folder}/sorted.parquet' GROUP BY class"
        ).fetchall()
    return [int(row[0]) for row in rows]
""",
}


def generate(path: Path, size: int) -> int:
    """Write blocks of requests, each up to half a minute out of order; return the rows."""
    chance = np.random.Generator(np.random.Philox(20261124))
    at, rows = 0.0, 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write("ts,class,tenant,input_tokens,output_tokens\n")
        while stream.tell() < size:
            times = at + np.cumsum(chance.exponential(0.01, ROWS))
            at = float(times[-1])
            times += chance.exponential(30, ROWS)
            columns = (chance.integers(0, most, ROWS).tolist() for most in (3, 500, 5_000, 900))
            stream.write(
                "".join(
                    f"{t:.6f},class-{c},tenant-{w},{i + 1},{o + 1}\n"
                    for t, c, w, i, o in zip(times.tolist(), *columns, strict=True)
                )
            )
            rows += ROWS
    return rows


def main() -> None:
    """Measure and print."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    best = {name: [float("inf"), float("inf")] for name in READERS}
    answers = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requests.csv"
        rows = generate(path, size * 1_000_000)
        print(f"{rows:,} requests, {path.stat().st_size / 1e6:,.0f} MB, out of order")
        for _ in range(ROUNDS):
            for name, reader in READERS.items():
                done = subprocess.run(
                    [sys.executable, "-c", reader + MEASURE, str(path)],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                took, peak, sums = json.loads(done.stdout)
                answers.add(tuple(sums))
                best[name] = [min(best[name][0], took), min(best[name][1], peak)]
    assert len(answers) == 1, answers
    for name, (took, peak) in best.items():
        print(
            f"{name:8} {took:6.1f} s {rows / took / 1e6:6.2f} M rows/s {peak:7,.0f} MiB at most; "
            f"lepta takes {best['lepta'][0] / took:.2f} of its time, "
            f"{best['lepta'][1] / peak:.2f} of its memory"
        )


if __name__ == "__main__":
    main()
