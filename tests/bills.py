"""Bills and usage for tests: rows as people export them, written to files."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FOCUS = (
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "BilledCost",
    "EffectiveCost",
    "ServiceName",
    "RegionId",
    "ResourceId",
    "CommitmentDiscountStatus",
    "Tags",
    "x_Team",
    "x_Workload",
    "x_Accelerator",
    "x_AcceleratorCount",
)
DEFAULTS = {
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-11-01T00:00:00Z",
    "BillingPeriodEnd": "2026-12-01T00:00:00Z",
    "ChargePeriodStart": "2026-11-02T00:00:00Z",
    "ChargePeriodEnd": "2026-11-03T00:00:00Z",
    "ChargeCategory": "Usage",
    "BilledCost": "1",
    "ServiceName": "Compute",
}
USAGE = (
    "resource_id",
    "start",
    "hours",
    "kind",
    "team",
    "workload",
    "workload_kind",
    "allocated",
    "capacity",
    "utilization",
    "requests",
    "input_tokens",
    "output_tokens",
    "images",
    "audio_s",
)
USE = {"resource_id": "m1", "start": "2026-11-02T00:00:00Z", "hours": 1, "capacity": 1}


def text(header: Sequence[str], rows: Sequence[Mapping[str, Any]], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([row.get(name, "") for name in header] for row in rows)
    return out.getvalue()


def charge(**cells: Any) -> dict[str, Any]:
    row = {**DEFAULTS, **cells}
    row.setdefault("EffectiveCost", row["BilledCost"])
    return row


def bill(path: Path, *rows: Mapping[str, Any], delimiter: str = ",") -> Path:
    path.write_text(text(FOCUS, rows, delimiter), encoding="utf-8")
    return path


def used(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.write_text(text(USAGE, [{**USE, **row} for row in rows]), encoding="utf-8")
    return path
