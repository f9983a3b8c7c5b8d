"""A bill of 2 GB streams: the whole of lepta stays below 1.5 GB of memory."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import bills

SCRIPT = """
import json, resource, sys, lepta
told = lepta.assess(focus=[sys.argv[1]])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([told.spend.rows, told.spend.total_micros, peak]))
"""
ROWS = 10_000
LIMIT = 1_500_000_000


def block() -> str:
    rows = [
        bills.charge(
            BilledCost=format(Decimal(n) / 10**7, "f"),
            ChargePeriodStart=f"2026-11-{n % 28 + 1:02d}T{n % 24:02d}:00:00Z",
            ChargePeriodEnd="2026-12-01T00:00:00Z",
            ServiceName=f"Service {n % 40}",
            RegionId=f"region-{n % 12}",
            ResourceId=f"arn:resource:{n:08d}",
            Tags=json.dumps(
                {"team": f"team-{n % 50}", "app": f"app-{n % 300}", "id": str(n % 2000)}
            ),
        )
        for n in range(ROWS)
    ]
    return bills.text(bills.FOCUS, rows).split("\n", 1)[1]


def peak_of(folder: Path, size: int) -> int:
    path = folder / "large.csv"
    part = block()
    times = size // len(part) + 1
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(bills.FOCUS) + "\n")
        for _ in range(times):
            stream.write(part)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True
    )
    rows, total, peak = json.loads(done.stdout)
    assert rows == ROWS * times
    assert total == round(Decimal(ROWS * (ROWS - 1) // 2) / 10 * times)
    path.unlink()
    return int(peak)


def test_a_bill_of_20_megabytes(tmp_path: Path) -> None:
    assert peak_of(tmp_path, 20_000_000) < LIMIT


@pytest.mark.slow
def test_a_bill_of_2_gigabytes(tmp_path: Path) -> None:
    assert peak_of(tmp_path, 2_000_000_000) < LIMIT
