"""What goes wrong in a replay, from a YAML file."""

from pathlib import Path
from typing import Any

import yaml

from lepta.domain.pool import Pool
from lepta.domain.serving import parse_duration
from lepta.errors import InputError, LeptaError, listing, shorten
from lepta.sim.faults import Faults, PriceChange, Span

__all__ = ["read_faults"]

LINES = {
    "zone_losses": ("zone", "from", "to"),
    "dry_markets": ("variant", "from", "to"),
    "prices": ("variant", "at", "price_per_hour"),
}
KEYS = ("failures_per_hour", *LINES)


def read_faults(path: str | Path | None, pool: Pool) -> Faults:
    """Read failures, lost zones, dry markets and price changes; None: nothing goes wrong.

    Times are seconds or text like 10m from the start::

        failures_per_hour: 0.01
        zone_losses: [{zone: a, from: 10m, to: 40m}]
        dry_markets: [{variant: H100-spot, from: 1h, to: 2h}]
        prices: [{variant: H100-spot, at: 1h, price_per_hour: 3.2}]

    Raises
    ------
    InputError
        The file, a key or a value is wrong, or a name is not one of the pool.
    """
    if path is None:
        return Faults()
    where = str(path)
    try:
        found = yaml.safe_load(Path(path).read_text("utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=where, remedy="check the path"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"is no YAML: {error}", where=where, remedy="correct it") from None
    if found is None:
        raise InputError("is empty", where=where, remedy=f"the keys are {listing(KEYS)}")
    if not isinstance(found, dict) or set(found) - set(KEYS):
        raise InputError(
            "has other keys than faults have",
            where=where,
            remedy=f"the keys are {listing(KEYS)}",
        )
    zones = {variant.zone for variant in pool.variants if variant.zone}
    names = {variant.name for variant in pool.variants}
    try:
        return Faults(
            failures_per_hour=_number(found, "failures_per_hour", where)
            if "failures_per_hour" in found
            else 0.0,
            zone_losses=tuple(
                _span(row, "zone", zones, where) for row in _rows(found, "zone_losses", where)
            ),
            dry_markets=tuple(
                _span(row, "variant", names, where) for row in _rows(found, "dry_markets", where)
            ),
            prices=tuple(
                PriceChange(
                    variant=_name(row, "variant", names, where),
                    at_s=_at(row, "at", where),
                    price_per_hour=_number(row, "price_per_hour", where),
                )
                for row in _rows(found, "prices", where)
            ),
        )
    except LeptaError as error:
        if error.where.startswith(where):
            raise
        raise InputError(error.what, where=where, remedy=error.remedy) from None


def _rows(found: dict[str, Any], part: str, where: str) -> list[dict[str, Any]]:
    """Return the lines of one part, each with the keys that it must have and no other."""
    rows = found.get(part) or []
    for row in rows if isinstance(rows, list) else [rows]:
        if not isinstance(rows, list) or not isinstance(row, dict) or set(row) != set(LINES[part]):
            raise InputError(
                f"a line of {part} is {shorten(row)}",
                where=where,
                remedy=f"give a list of lines with the keys {listing(LINES[part])}",
            )
    return list(rows)


def _number(row: dict[str, Any], key: str, where: str) -> float:
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{key} is {shorten(value)}", where=where, remedy="give a number")
    return float(value)


def _span(row: Any, key: str, known: set[str], where: str) -> Span:
    return Span(
        name=_name(row, key, known, where),
        from_s=_at(row, "from", where),
        to_s=_at(row, "to", where),
    )


def _name(row: Any, key: str, known: set[str], where: str) -> str:
    name = str(row[key])
    if name not in known:
        raise InputError(
            f"there is no {key} {name!r}",
            where=where,
            remedy=f"there are {listing(sorted(known))}" if known else f"no offer names a {key}",
        )
    return name


def _at(row: Any, key: str, where: str) -> float:
    value = row[key]
    if isinstance(value, str) and value.strip() not in ("0", "0s"):
        return parse_duration(value, f"{key} in {where}")
    if isinstance(value, str):
        return 0.0
    return _number(row, key, where)
