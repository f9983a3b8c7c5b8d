"""The tables that people hand to lepta: one schema per table, read by the parser and by the manual.

A schema is the single place where a column's name, kind, unit, range and meaning are written. The
parser here is pure: it takes rows of text (an adapter read them) and gives rows of values, or an
`InputError` that names file, line, column, value and remedy.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from lepta.errors import InputError, listing

__all__ = [
    "MOST_HOURS",
    "MOST_MONEY",
    "MOST_UNITS",
    "Column",
    "Kind",
    "RawTable",
    "Row",
    "TableSchema",
]

Row = Mapping[str, Any]

# Far beyond all that there is: a number above them is a slip of the unit or of the keyboard.
MOST_HOURS = 1e6
MOST_MONEY = 1e12
MOST_UNITS = 1e9

NULLS = frozenset({"", "null", "none", "na", "n/a", "nan"})
"""Texts that mean "not known". The text of an infinite number is not among them: it is an error."""


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what it means and what may stand in it. A blank cell is None ("unknown")."""

    name: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    required: bool = False
    """The column must exist and no cell of it may be blank."""
    present: bool = False
    """The column must exist; blank cells say that it is not known there."""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    about: str = ""

    def value(self, text: str) -> Any:
        """Parse one cell; raises ValueError with what is wrong, in words."""
        text = text.strip()
        if self.kind in (Kind.NUMBER, Kind.INTEGER) and text.lower() == "nan":
            raise ValueError("is not a finite number; leave it blank where it is unknown")
        if text.lower() in NULLS:
            if self.required:
                raise ValueError("is blank, but this column must be given")
            return None
        if self.kind is Kind.INSTANT:
            return parse_instant(text)
        if self.kind is Kind.TEXT:
            if self.choices and text not in self.choices:
                raise ValueError(f"is none of {', '.join(self.choices)}")
            return text
        return self._number(text)

    def _number(self, text: str) -> float | int:
        try:
            number = float(text.replace("_", "?"))  # 1_000 is a number to Python only
        except ValueError:
            comma = re.fullmatch(r"-?\d+,\d+", text)
            hint = f"; write {text.replace(',', '.')}, with a point" if comma else ""
            raise ValueError("is not a number" + hint) from None
        if not math.isfinite(number):
            raise ValueError("is not a finite number")
        if not self.low <= number <= self.high:
            bound = f"at least {self.low:g}" if number < self.low else f"at most {self.high:g}"
            raise ValueError(f"must be {bound}")
        if self.kind is Kind.INTEGER:
            if number != int(number):
                raise ValueError("is not a whole number")
            return int(number)
        return number


@dataclass(frozen=True, slots=True)
class RawTable:
    """Text as it stood in a file: `lines[i]` is the line number where `rows[i]` began."""

    source: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """The columns of a table, and which of them together name a row (`key`)."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    about: str = ""
    extra_columns: bool = field(default=True)
    """Columns that the schema does not know are passed over (True) or refused."""
    may_be_empty: bool = False
    """A header without rows is an answer too: there is none."""

    def parse(self, raw: RawTable) -> list[dict[str, Any]]:
        """Turn rows of text into rows of values; `row["_line"]` keeps the line number.

        Raises
        ------
        InputError
            A column is missing, a cell is wrong, a key stands twice, or there is no row at all.
        """
        places = self._places(raw)
        rows = []
        seen: dict[tuple[Any, ...], int] = {}
        for line, cells in zip(raw.lines, raw.rows, strict=True):
            if len(cells) != len(raw.header):
                raise InputError.at(
                    raw.source,
                    f"has {len(cells)} cells where the header has {len(raw.header)}",
                    row=line,
                    remedy="quote cells that hold the delimiter, or mend the row",
                )
            row = dict(self._cells(raw.source, line, cells, places))
            row["_line"] = line
            if self.key:
                key = tuple(row[name] for name in self.key)
                if key in seen:
                    said = ", ".join(f"{n} {v!s}" for n, v in zip(self.key, key, strict=True))
                    raise InputError.at(
                        raw.source,
                        f"{said} stands twice, first in line {seen[key]}",
                        row=line,
                        column=self.key[0],
                        remedy="keep one of the two rows",
                    )
                seen[key] = line
            rows.append(row)
        if not rows and not self.may_be_empty:
            raise InputError.at(
                raw.source,
                "has a header but no rows",
                remedy=f"add at least one row of {self.name}",
            )
        return rows

    def _places(self, raw: RawTable) -> dict[str, int]:
        header = [name.strip() for name in raw.header]
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise InputError.at(
                raw.source,
                "stands twice in the header",
                row=1,
                column=twice[0],
                remedy="rename or remove one of the two columns",
            )
        known = {_plain(c.name): c.name for c in self.columns}
        absent = [plain for plain, column in known.items() if column not in header]
        for name in header:
            near = [] if _plain(name) in known else get_close_matches(_plain(name), absent, 1, 0.88)
            meant = known.get(near[0] if near else _plain(name), name)
            if meant != name and meant not in header:
                raise InputError.at(
                    raw.source,
                    f"column {name!r} would be passed over; {meant!r} is meant",
                    row=1,
                    column=name,
                    remedy=f"rename it to {meant}",
                )
        needed = [c.name for c in self.columns if c.required or c.present]
        missing = [name for name in needed if name not in header]
        if missing:
            near = get_close_matches(missing[0], header, n=1)
            hint = f" (is {near[0]!r} meant?)" if near else ""
            raise InputError.at(
                raw.source,
                f"column {missing[0]!r} is missing{hint}; there are {listing(header, 12)}"
                if header
                else f"column {missing[0]!r} is missing: the file is empty",
                row=1,
                column=missing[0],
                remedy="give the columns " + listing(needed, 12),
            )
        if not self.extra_columns:
            unknown = [n for n in header if n not in {c.name for c in self.columns}]
            if unknown:
                raise InputError.at(
                    raw.source,
                    "is not a column of this table",
                    row=1,
                    column=unknown[0],
                    remedy=f"use {listing([c.name for c in self.columns], 20)}",
                )
        return {c.name: header.index(c.name) for c in self.columns if c.name in header}

    def _cells(
        self, source: str, line: int, cells: Sequence[str], places: Mapping[str, int]
    ) -> Iterator[tuple[str, Any]]:
        for column in self.columns:
            place = places.get(column.name)
            if place is None:
                yield column.name, None
                continue
            try:
                yield column.name, column.value(cells[place])
            except ValueError as error:
                unit = f" [{column.unit}]" if column.unit else ""
                raise InputError.at(
                    source,
                    str(error),
                    row=line,
                    column=column.name,
                    value=cells[place],
                    remedy=f"{column.name}{unit}: {column.about or column.kind.value}",
                ) from None


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def parse_instant(text: str) -> datetime:
    """Parse an ISO 8601 instant that says its zone; raises ValueError in words otherwise."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is not an ISO 8601 time such as 2026-11-23T14:00:00Z") from None
    if instant.tzinfo is None:
        raise ValueError("has no zone; write UTC as in 2026-11-23T14:00:00Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999") from None
