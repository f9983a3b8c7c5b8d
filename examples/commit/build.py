"""Write the tables of this folder: eight weeks of made-up usage, contracts, prices, what is owned.

    python examples/commit/build.py

Two families of machines: one that serves users (a day-and-night wave, calm weekends), one that
trains (flat, with holes). Prices are those of no provider.
"""

import csv
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
START = datetime(2026, 9, 28, tzinfo=UTC)  # a Monday
HOURS = 8 * 168


def usage() -> Iterable[Sequence[object]]:
    """Yield rows of hourly usage."""
    random = np.random.default_rng(20)
    for hour in range(HOURS):
        day, clock = hour // 24 % 7, hour % 24
        wave = 1.0 - math.cos(2 * math.pi * (clock - 4) / 24)
        serving = (9.0 + 6.0 * wave) * (0.7 if day >= 5 else 1.0) + random.normal(0, 1.2)
        training = 4.0 if random.random() < 0.03 else 10.0 + random.integers(0, 4)
        moment = f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}"
        yield "gpu-8x", "us-east", moment, 1, max(round(serving), 0)
        yield "gpu-1x", "eu-west", moment, 1, int(training)


def write(name: str, header: str, rows: Iterable[Sequence[object]]) -> None:
    """Write one table."""
    with (FOLDER / name).open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(header.split(","))
        out.writerows(rows)


def main() -> None:
    """Write all tables."""
    write("usage.csv", "family,region,start,hours,units", usage())
    write(
        "on_demand.csv",
        "family,region,price_per_hour",
        [("gpu-8x", "us-east", 48.0), ("gpu-1x", "eu-west", 3.2)],
    )
    write(
        "contracts.csv",
        "contract,type,category,family,region,term_years,price_per_hour,discount,upfront_share,lot",
        [
            ("gpu-8x-1y", "Reserved Instance", "usage", "gpu-8x", "us-east", 1, 31.0, "", "", ""),
            ("gpu-8x-1y-upfront", "Reserved Instance", "", "gpu-8x", "us-east", 1, 29.5, "", 1, ""),
            ("gpu-1x-1y", "Committed Use", "usage", "gpu-1x", "eu-west", 1, "", 0.37, "", 2),
            ("savings-1y", "Savings Plan", "spend", "", "", 1, "", 0.27, "", ""),
            ("gpu-2x-1y", "Reserved Instance", "usage", "gpu-2x", "us-east", 1, 5.0, "", "", ""),
        ],
    )
    write(
        "owned.csv",
        "contract,units,start,end",
        [("gpu-8x-1y", 4, "2026-02-01T00:00:00Z", "2027-02-01T00:00:00Z")],
    )


if __name__ == "__main__":
    main()
