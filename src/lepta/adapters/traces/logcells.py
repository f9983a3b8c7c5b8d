"""The cells of a request log, from Arrow columns to checked NumPy arrays."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["UNNAMED", "Bad", "Names", "blocks", "numbers", "times", "zones"]

UNNAMED = "unnamed"
MOST_S = 1e10
"""A number of seconds beyond is no time of any log, nor Unix time of this millennium."""
OFFSET = re.compile(r"[+-]\d\d(:?\d\d)?$")
ZONE = r"\d\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$"


class Bad(Exception):
    """A cell is wrong; `row` counts from 0 within the batch."""

    def __init__(self, row: int, what: str, value: object, remedy: str) -> None:
        super().__init__(what)
        self.row, self.what, self.value, self.remedy = row, what, value, remedy


@dataclass(slots=True)
class Names:
    """Gives each text a number, in order of first sight, and counts the blank ones."""

    most: int
    what: str
    seen: dict[str, int] = field(default_factory=dict)
    blank: int = 0

    def codes(self, column: Any) -> npt.NDArray[np.int64]:
        """Return the numbers of one column of texts; a blank cell is called `UNNAMED`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.dictionary_encode(pc.fill_null(pc.cast(column, pa.string()), ""))
        places = found.indices.to_numpy(zero_copy_only=False)
        here = np.zeros(len(found.dictionary), np.int64)
        for place, text in enumerate(found.dictionary.to_pylist()):
            name = text.strip()
            here[place] = self.seen.setdefault(name or UNNAMED, len(self.seen))
            if not name:
                self.blank += int((places == place).sum())
            if "\n" in name or here[place] >= self.most:
                raise self._bad(int((places == place).argmax()), name)
        codes: npt.NDArray[np.int64] = here[places]
        return codes

    def _bad(self, row: int, name: str) -> Bad:
        if "\n" in name:
            return Bad(
                row,
                f"a {self.what} goes over several lines: a quote is not closed",
                name,
                "close every quote, and double quotes inside cells",
            )
        return Bad(
            row,
            f"there are more than {self.most:,} different values of {self.what}",
            name,
            f"put into {self.what} what tells requests apart by kind, not each by its own name",
        )


def numbers(
    column: Any, *, most: float, whole: bool, unit: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return numbers from 0 to `most`, 0 where blank, and which are blank."""
    values = _floats(column)
    blank = _nulls(column)
    wrong = ~blank & ~((values >= 0) & (values <= most))
    if whole:
        wrong |= ~blank & (values != np.floor(values))
    if wrong.any():
        row = int(wrong.argmax())
        seen = values[row]
        if not np.isfinite(seen):
            what, remedy = "is no finite number", "leave the cell blank where nothing is known"
        elif seen < 0:
            what, remedy = "is negative", "give 0 or more, or remove the row"
        elif seen > most:
            what, remedy = f"is beyond {most:g} {unit}", "mend the cell; is the unit right?"
        else:
            what, remedy = f"is no whole number of {unit}", "give a whole number"
        raise Bad(row, what, column[row].as_py(), remedy)
    values[blank] = 0.0
    return values, blank


def zones(column: Any) -> set[str]:
    """Return the offsets from UTC that a column of texts names, such as Z and +01:00."""
    import pyarrow.compute as pc

    utc = pc.ends_with(column, "Z")
    tails = pc.unique(pc.utf8_slice_codeunits(column.filter(pc.invert(utc)), -6)).to_pylist()
    named = {found.group() for tail in tails if (found := OFFSET.search(tail))}
    return named | ({"Z"} if pc.any(utc).as_py() else set())


def times(
    column: Any, *, unit_s: float, zoned: bool, assume_utc: bool, zoneless: bool
) -> npt.NDArray[Any]:
    """Return instants as whole ns since 1970 (int64) where `zoned`, else as seconds (float64)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    nulls = _nulls(column)
    if nulls.any():
        raise Bad(int(nulls.argmax()), "is blank", None, "give each request its time of arrival")
    if not zoned:
        values = _floats(column) * unit_s
        wrong = ~((values >= 0) & (values <= MOST_S))
        if wrong.any():
            row = int(wrong.argmax())
            what = "is negative" if values[row] < 0 else "is no time in seconds from the start"
            remedy = "count from the start of the trace"
            if values[row] > MOST_S:
                remedy = "is it in milliseconds? Then divide by 1000, or name the column t_ms"
            raise Bad(row, what, column[row].as_py(), remedy)
        return values
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = _instants(column, assume_utc=assume_utc, zoneless=zoneless)
    elif kind.tz is None and not (assume_utc or zoneless):
        raise Bad(0, "is a time without a zone", str(column[0].as_py()), _NO_ZONE)
    if column.type.unit != "ns":
        try:
            column = pc.cast(column, pa.timestamp("ns", column.type.tz))
        except pa.ArrowInvalid:
            raise Bad(
                0, "holds a year outside of 1678 to 2261", None, "mend the times of arrival"
            ) from None
    stamps: npt.NDArray[Any] = pc.cast(column, pa.int64()).to_numpy(zero_copy_only=False)
    return stamps


_NO_ZONE = "write the zone, such as 2026-11-23T08:00:00Z, or say that the times are in UTC"


def _instants(column: Any, *, assume_utc: bool, zoneless: bool) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    with_zone = pc.match_substring_regex(column, ZONE).to_numpy(zero_copy_only=False)
    if not with_zone.all():
        if not (assume_utc or zoneless):
            row = int((~with_zone).argmax())
            text = column[row].as_py()
            if not _parses(text + "Z"):
                raise _no_instant(row, text)
            raise Bad(row, "is a time without a zone", text, _NO_ZONE)
        column = pc.if_else(
            pa.array(with_zone), column, pc.binary_join_element_wise(column, "Z", "")
        )
    kind = pa.timestamp("ns", "UTC")
    try:
        return pc.cast(column, kind)
    except pa.ArrowInvalid:
        column = pc.utf8_trim(column, " \t")
        texts = column.to_pylist()
        wrong = [row for row, text in enumerate(texts) if not _parses(text)]
        if wrong:
            raise _no_instant(wrong[0], texts[wrong[0]]) from None
        return pc.cast(column, kind)


def _no_instant(row: int, text: str) -> Bad:
    try:
        float(text)
    except ValueError:
        return Bad(
            row, "is no time", text, "write ISO 8601 with zone, such as 2026-11-23T08:00:00.5Z"
        )
    return Bad(
        row,
        "is a number where the rows above have ISO 8601",
        text,
        "write all times in one way",
    )


def _parses(text: str) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.cast(pa.array([text]), pa.timestamp("ns", "UTC"))
    except pa.ArrowInvalid:
        return False
    return True


def blocks(column: Any) -> Any:
    """Return lists of block ids as an Arrow list<int64>; blank: none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = pa.list_(pa.int64())
    nulls = _nulls(column)
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    lists = pc.split_pattern(column, ";") if text else column
    try:
        lists = pc.cast(lists, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        cells = column.to_pylist()
        row = next((row for row, cell in enumerate(cells) if not _is_list(cell)), 0)
        raise Bad(
            row, "is no list of block ids", cells[row], "write whole numbers, such as 1;2;3"
        ) from None
    if nulls.any():
        empty = pa.array([[]], kind)[0]
        lists = pc.if_else(pa.array(nulls), empty, lists)
    if lists.flatten().null_count:
        row = next(i for i, ids in enumerate(lists.to_pylist()) if None in ids)
        raise Bad(row, "holds a block without an id", column[row].as_py(), "give each an id")
    return lists


def _is_list(cell: Any) -> bool:
    if cell is None:
        return True
    parts = cell.split(";") if isinstance(cell, str) else cell
    try:
        return all(-(2**63) <= int(part) < 2**63 for part in parts)
    except (TypeError, ValueError):
        return False


def _nulls(column: Any) -> npt.NDArray[np.bool_]:
    import pyarrow.compute as pc

    nulls: npt.NDArray[np.bool_] = pc.is_null(column).to_numpy(zero_copy_only=False)
    return nulls


def _floats(column: Any) -> npt.NDArray[np.float64]:
    """Return a column as float64, NaN where blank; the first text that is no number is Bad."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_null(kind)
    ):
        raise Bad(0, f"is of the type {kind}, not a number", column[0].as_py(), "give a number")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        try:
            column = pc.cast(column, pa.float64())
        except pa.ArrowInvalid:
            column = _trimmed(column)
    else:
        column = pc.cast(column, pa.float64(), safe=False)
    values: npt.NDArray[np.float64] = np.array(column.to_numpy(zero_copy_only=False), np.float64)
    return values


def _trimmed(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.utf8_trim(column, " \t")
    try:
        return pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        for row, text in enumerate(column.to_pylist()):
            if text is not None:
                try:
                    pc.cast(pa.array([text]), pa.float64())
                except pa.ArrowInvalid:
                    raise Bad(row, "is no number", text, "write a number, with a dot") from None
        raise
