"""Worlds behind the same ports: generated companies, later replays."""

from importlib import import_module
from typing import Any

__all__ = ["fcfs"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Load what is compiled on first use, so that `import lepta.sim` stays cheap."""
    if name == "fcfs":
        return import_module("lepta.sim.first_come").fcfs
    raise AttributeError(f"module 'lepta.sim' has no attribute {name!r}")
