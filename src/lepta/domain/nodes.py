"""The table of nodes that `lepta solve` reads: a name, prices, what each supplies, a limit.

The first column is the name. Which other columns count is said by the caller, so that any table
that people already keep will do.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lepta.domain.tables import Column, Kind, RawTable, TableSchema
from lepta.errors import InputError, listing

__all__ = ["NodeTable", "parse_need", "parse_nodes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTable:
    """Nodes with everything known that the model needs; `left_out` says which were not."""

    names: tuple[str, ...]
    resources: tuple[str, ...]
    price: tuple[float, ...]
    supply: tuple[tuple[float, ...], ...]
    """One row per resource, one value per node."""
    limit: tuple[float, ...]
    """inf: no limit."""
    fixed: tuple[float, ...] | None = None
    """Cost per start; None: starting costs nothing."""
    left_out: tuple[str, ...] = ()
    """One sentence per node that was left out."""


def parse_need(texts: Iterable[str]) -> dict[str, float]:
    """Read needs written as NAME=AMOUNT.

    Raises
    ------
    InputError
        There is no `=`, the amount is not a plain number of at least 0, or a name stands twice.
    """
    needs: dict[str, float] = {}
    for text in texts:
        name, equals, amount = (part.strip() for part in text.rpartition("="))
        where = f"--need {text}"
        if not equals or not name:
            raise InputError(
                "is not NAME=AMOUNT",
                where=where,
                remedy="name a resource column and an amount, for example --need compute=100",
            )
        try:
            needed = float(amount)
        except ValueError:
            raise InputError(
                f"the amount {amount!r} is not a plain number",
                where=where,
                remedy=f"write the number alone, in the unit of the column {name!r}, "
                f"for example --need {name}=8",
            ) from None
        if not math.isfinite(needed) or needed < 0:
            raise InputError(
                f"the amount {amount!r} must be a finite number, at least 0",
                where=where,
                remedy=f"say how much of {name} is needed",
            )
        if name in needs:
            raise InputError(
                f"{name} is needed twice", where=where, remedy="give one amount, or add them up"
            )
        needs[name] = needed
    return needs


def parse_nodes(
    raw: RawTable,
    *,
    price: str,
    resources: Sequence[str],
    limit: str | float | None = None,
    fixed: str | None = None,
) -> NodeTable:
    """Take the named columns from a table of text.

    `limit` is a column's name (a blank cell: no limit) or one number for all nodes; `fixed` is the
    column of what a start costs. A node with a blank price, supply or cost of a start is left out
    and named: what is not known is neither free nor 0.

    Raises
    ------
    InputError
        A column is missing, a cell is wrong, a node stands twice, or no node is left.
    """
    header = [name.strip() for name in raw.header]
    if not header:
        raise InputError("is empty", where=raw.source, remedy="give a header and rows of nodes")
    limit_column, limit_number = _limit(limit, header, raw.source)
    needed = [price, *resources, *([fixed] if fixed is not None else [])]
    wanted = [*needed, *([limit_column] if limit_column else [])]
    _present(raw.source, header, wanted)
    _no_nan(raw, [header.index(name) for name in wanted])
    schema = TableSchema(
        name="nodes",
        columns=(
            Column(name=header[0], required=True, about="the name of the node"),
            *(
                Column(name=name, kind=Kind.NUMBER, low=0.0, about="a plain number, at least 0")
                for name in dict.fromkeys(wanted)
            ),
        ),
        key=(header[0],),
    )
    known, left_out = [], []
    for row in schema.parse(raw):
        blank = [name for name in needed if row[name] is None]
        if blank:
            left_out.append(
                f"{row[header[0]]} was left out: its {listing(blank)} is not known "
                f"(line {row['_line']})"
            )
        else:
            known.append(row)
    if not known:
        raise InputError.at(
            raw.source,
            "no node has all its numbers",
            remedy=f"fill in {listing(needed)} for at least one node",
        )
    return NodeTable(
        names=tuple(row[header[0]] for row in known),
        resources=tuple(resources),
        price=tuple(row[price] for row in known),
        supply=tuple(tuple(row[name] for row in known) for name in resources),
        limit=tuple(_time(row, limit_column, limit_number) for row in known),
        fixed=None if fixed is None else tuple(row[fixed] for row in known),
        left_out=tuple(left_out),
    )


def _time(row: Mapping[str, float | None], column: str | None, number: float) -> float:
    found = row[column] if column else number
    return math.inf if found is None else found


def _limit(
    limit: str | float | None, header: Sequence[str], source: str
) -> tuple[str | None, float]:
    """Return the column of limits, or the one limit of all nodes."""
    if limit is None:
        return None, math.inf
    if isinstance(limit, str) and limit in header:
        return limit, math.inf
    try:
        number = float(limit)
    except ValueError:
        near = get_close_matches(str(limit), list(header), n=1)
        hint = f" (is {near[0]!r} meant?)" if near else ""
        raise InputError(
            f"limit {limit!r} is neither a column{hint} nor a plain number",
            where=source,
            remedy=f"use a column of {listing(list(header), 12)}, or a number such as 24",
        ) from None
    if math.isnan(number) or number < 0:
        raise InputError(
            f"limit {limit!r} must be at least 0", where=source, remedy="give a number such as 24"
        )
    return None, number


def _present(source: str, header: Sequence[str], wanted: Sequence[str]) -> None:
    for name in wanted:
        if name == header[0]:
            raise InputError.at(
                source,
                "is the first column, which holds the names of the nodes",
                row=1,
                column=name,
                remedy="put a column with the name of each node first",
            )
        if name not in header:
            near = get_close_matches(name, header[1:], n=1, cutoff=0.5)
            hint = f" (is {near[0]!r} meant?)" if near else ""
            raise InputError.at(
                source,
                f"column {name!r} is missing{hint}; there are {listing(list(header), 12)}",
                row=1,
                column=name,
                remedy=f"add the column {name!r}, or name one that is there",
            )


def _no_nan(raw: RawTable, places: Sequence[int]) -> None:
    """Refuse the text NaN: a computation went wrong there, which a blank cell does not say."""
    for line, cells in zip(raw.lines, raw.rows, strict=True):
        for place in places:
            if place < len(cells) and cells[place].strip().lower() == "nan":
                raise InputError.at(
                    raw.source,
                    "is not a number",
                    row=line,
                    column=raw.header[place],
                    value=cells[place],
                    remedy="give the number, or leave the cell blank where it is not known",
                )
