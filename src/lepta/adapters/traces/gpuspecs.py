"""Arithmetic speed of accelerators, as ai-dynamo/aiconfigurator (Apache-2.0) lists it."""

from collections.abc import Iterable
from pathlib import Path

from lepta.adapters.traces.fetch import fetch

__all__ = ["FILE", "parse", "read"]

FILE = "llm_perf/gpu_specs.csv"


def parse(rows: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Map accelerator names (H100, B200) to dense BF16 FLOP/s of the SXM part."""
    return {
        system.removesuffix("_sxm").upper(): float(flops)
        for system, flops in rows
        if system.endswith("_sxm")
    }


def read(folder: str | Path) -> dict[str, float]:
    """Read the dense BF16 FLOP/s of one accelerator of each kind."""
    return parse(fetch(folder, FILE, "SELECT gpu_system, bf16_dense_flops FROM data ORDER BY 1"))
