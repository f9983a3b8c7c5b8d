"""The core as it runs: importing it opens no door to the outside."""

import json
import subprocess
import sys

CODE = """
import importlib, json, pkgutil, sys
import lepta
before = set(sys.modules)
ROOMS = "errors units domain numerics forecast profile assess optimize policy ports loop"
for room in ROOMS.split():
    package = importlib.import_module(f"lepta.{room}")
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), f"lepta.{room}."):
        importlib.import_module(module.name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""

# rich is not among them: ibis loads it.
DOORS = (
    "duckdb",
    "httpx",
    "requests",
    "boto3",
    "kubernetes",
    "sqlalchemy",
    "typer",
    "plotly",
    "highspy",
)


def test_the_core_loads_no_door() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert "lepta.numerics.linear" in loaded
    assert [name for name in loaded if name in DOORS] == []
    rooms = ("lepta.adapters", "lepta.wiring", "lepta.cli", "lepta.report", "lepta.verbs")
    assert [name for name in loaded if name.startswith(rooms)] == []
