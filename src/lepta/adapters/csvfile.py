"""Small CSV files as people keep them: comma, semicolon or tab, with or without BOM, gzip too.

Large tables (bills, usage, request logs) go through the lake instead.
"""

import csv
import gzip
import io
import re
import zlib
from pathlib import Path

from lepta.domain.tables import RawTable
from lepta.errors import InputError

__all__ = ["parse_csv", "read_csv", "read_text"]

LARGEST_BYTES = 256 * 2**20
DELIMITERS = (",", ";", "\t", "|")


def read_csv(path: str | Path) -> RawTable:
    """Read a CSV file whole.

    Raises
    ------
    InputError
        The file is missing, not a file, too large, truncated, not UTF-8, or empty.
    """
    return parse_csv(read_text(path), str(path))


def read_text(path: str | Path) -> str:
    """Read a text file whole, unzipped where it is gzipped; errors as those of `read_csv`."""
    path = Path(path)
    source = str(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise InputError("is a folder", where=source, remedy="give the path of a file")
        if size > LARGEST_BYTES:
            raise InputError(
                f"has {size / 2**20:.0f} MiB; this table may have {LARGEST_BYTES // 2**20}",
                where=source,
                remedy="give a smaller table",
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", where=source, remedy="check the path") from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}",
            where=source,
            remedy="check the path and its permissions",
        ) from None
    if data[:2] == b"\x1f\x8b":
        data = _unzip(data, source)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError.at(
            source, f"is not UTF-8 (byte {error.start})", row=line, remedy="save the file as UTF-8"
        ) from None


def parse_csv(text: str, source: str) -> RawTable:
    """Split text into a header and rows, passing over blank lines and lines of only delimiters."""
    if not text.strip():
        raise InputError("is empty", where=source, remedy="give a header line and at least one row")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: tuple[str, ...] = ()
    rows, lines, line = [], [], 1
    try:
        for cells in reader:
            begin, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = tuple(cell.strip() for cell in cells)
                continue
            rows.append(tuple(cells))
            lines.append(begin)
    except csv.Error as error:
        raise InputError.at(
            source,
            f"is not CSV: {error}",
            row=line,
            remedy="close every quote, and double quotes inside cells",
        ) from None
    return RawTable(source, header, tuple(rows), tuple(lines))


def _delimiter(text: str) -> str:
    head = next(line for line in text.splitlines() if line.strip())
    head = re.sub(r'"[^"]*"', "", head)
    return max(DELIMITERS, key=head.count)


def _unzip(data: bytes, source: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            out = stream.read(LARGEST_BYTES + 1)
    except (EOFError, OSError, zlib.error):
        raise InputError(
            "is a truncated or damaged gzip file", where=source, remedy="copy or download it again"
        ) from None
    if len(out) > LARGEST_BYTES:
        raise InputError(
            f"unpacks to more than {LARGEST_BYTES // 2**20} MiB",
            where=source,
            remedy="give a smaller table",
        )
    return out
