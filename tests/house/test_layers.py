"""The layers that import-linter guards are those of the house: no room is missing, no rule gone.

`make check` runs the linter itself.
"""

import ast
import tomllib
from pathlib import Path

import pytest

CORE = (
    *("errors", "units", "domain", "numerics", "forecast", "profile"),
    *("assess", "optimize", "policy", "ports", "loop"),
)


@pytest.fixture(scope="module")
def contracts(checkout: Path) -> dict[str, dict]:
    settings = tomllib.loads((checkout / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {contract["type"]: contract for contract in settings["contracts"]}


def test_every_contract_stands(contracts) -> None:
    assert set(contracts) == {
        "layers",
        "forbidden",
        "independence",
        "protected",
        "acyclic_siblings",
    }
    assert contracts["layers"]["exhaustive"]
    assert set(contracts["protected"]["allowed_importers"]) == {"lepta.wiring"}


def test_every_room_has_its_floor(contracts, checkout: Path) -> None:
    floors = {
        name.strip(" ()") for layer in contracts["layers"]["layers"] for name in layer.split("|")
    }
    rooms = {
        path.stem
        for path in (checkout / "src/lepta").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert rooms - floors == {"__init__", "__main__"}


def test_the_whole_core_is_forbidden_to_do_io(contracts) -> None:
    assert set(contracts["forbidden"]["source_modules"]) == {f"lepta.{room}" for room in CORE}


@pytest.mark.parametrize("room", CORE)
def test_the_core_calls_no_clock_no_chance_no_file(checkout: Path, room: str) -> None:
    # What an import contract cannot see: built-ins and methods.
    place = checkout / "src/lepta" / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            assert called not in {"open", "print", "input", "exec", "eval", "__import__"}, file
            assert not called.endswith(("datetime.now", "date.today", "default_rng")), file
