"""Looking around in a folder for files that lepta knows, and writing the first lepta.yaml."""

import os
from collections.abc import Sequence
from pathlib import Path

from lepta.adapters.outfile import write_text
from lepta.config.template import template
from lepta.domain import schemas
from lepta.domain.tables import TableSchema
from lepta.errors import LeptaError, Refused

__all__ = ["fill", "look_around", "save"]

MOST_FILES = 400
ENDINGS = (".csv", ".csv.gz", ".csv.zst", ".parquet")
TABLES: Sequence[tuple[str, TableSchema]] = (
    ("usage", schemas.USAGE),
    ("scenarios", schemas.SCENARIOS),
    ("pipelines", schemas.PIPELINES),
    ("quotas", schemas.QUOTAS),
    ("demand", schemas.DEMAND),
    ("profiles", schemas.PROFILES),
    ("current", schemas.CURRENT),
)
"""The narrowest first: scenarios have all columns of a demand, too."""
CLASS_ONLY = {"latency_ms", "regions", "memory_gib", "input_tokens", "penalty_per_request"}


def look_around(folder: str | Path) -> dict[str, list[str]]:
    """Find bills, usage, demand, profiles and price tables by their columns; kind -> paths.

    Looks into the folder and the folders inside it, at most 400 files, at headers only. Two
    candidates for one table of a plan: neither is chosen.
    """
    folder = Path(folder)
    found: dict[str, list[str]] = {}
    for path in _candidates(folder):
        kind = _kind(path)
        if kind:
            found.setdefault(kind, []).append(path.relative_to(folder).as_posix())
    return {
        kind: paths
        for kind, paths in found.items()
        if len(paths) == 1 or kind in ("bills", "usage", "rate_cards")
    }


def save(path: str | Path, text: str, *, force: bool) -> Path:
    """Write whole or not at all; an existing file only with `force`.

    Raises
    ------
    Refused
        The file is there already.
    """
    path = Path(path)
    if not force and os.path.lexists(path):
        raise Refused(
            "is there already, and would be lost",
            where=str(path),
            remedy="give --force to replace it, or --stdout to see what would be written",
        )
    return write_text(path, text)


def fill(found: dict[str, list[str]]) -> str:
    """Return the text of a lepta.yaml with what was found."""
    return template(found)


def _candidates(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    places = [folder, *(place for place in _inside(folder) if place.is_dir())]
    files = [
        file
        for place in places
        for file in _inside(place)
        if file.name.lower().endswith(ENDINGS) and file.is_file()
    ]
    return files[:MOST_FILES]


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _plain(path.name))
    except OSError:
        return []  # a folder that may not be read holds nothing to propose


def _plain(name: str) -> bool:
    """Tell whether a name can be written into a configuration as a path, not as a pattern."""
    return not name.startswith(".") and name.isprintable() and not set(name) & set("*?[]")


def _kind(path: Path) -> str:
    try:
        header = set(_header(path))
    except LeptaError:
        return ""
    if {"BilledCost", "ChargeCategory", "ChargePeriodStart"} <= header:
        return "bills"
    for kind, schema in TABLES:
        if {column.name for column in schema.columns if column.required} <= header:
            return kind
    if {"class", "offer"} <= header:
        return "routes"
    if "class" in header and CLASS_ONLY & header:
        return "classes"
    if {"offer", "price_per_hour"} <= header:
        return "rate_cards" if {"currency", "source", "as_of"} & header else "offers"
    return ""


def _header(path: Path) -> Sequence[str]:
    from lepta.adapters.bigfile import head

    found = head(path)
    if not found.parquet:
        return found.header
    from lepta.adapters.lake import DuckLake

    with DuckLake() as lake:
        return list(lake.parquet([path]).columns)
