"""Large files before they are opened: which, of what kind, with which header, whole or cut off."""

import csv
import glob
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lepta.errors import InputError

__all__ = ["Found", "Head", "find", "head", "line_of", "whole"]

GLOB = re.compile(r"[*?\[]")
DELIMITERS = (",", ";", "\t", "|")
GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
LARGEST_HEADER = 2**20


class Found(tuple[Path, ...]):
    """The files of some patterns, each once; `twice` names those that stood in several patterns."""

    twice: tuple[str, ...] = ()


def find(patterns: Iterable[str | Path]) -> Found:
    """Expand paths and globs to existing files, in order, each file once.

    Raises
    ------
    InputError
        A path does not exist, is a folder, or a pattern matches nothing; or two different files
        hold the same bytes, so that every row would count twice.
    """
    files: dict[Path, str] = {}
    twice: list[str] = []
    for pattern in patterns:
        for path in _expand(str(pattern)):
            real = path.resolve()
            if real in files:
                twice.append(str(path))
            else:
                files[real] = str(path)
    found = Found(Path(name) for name in files.values())
    found.twice = tuple(dict.fromkeys(twice))
    _refuse_copies(found)
    return found


def _expand(pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.is_dir():
        raise InputError(
            "is a folder", where=pattern, remedy=f"name its files, such as '{pattern}/*.parquet'"
        )
    if path.exists():
        if not path.is_file():
            raise InputError(
                "is not a regular file", where=pattern, remedy="save it to a file first"
            )
        return [path]
    if not GLOB.search(pattern):
        raise InputError("there is no such file", where=pattern, remedy="check the path")
    names = glob.glob(pattern, recursive=True)  # noqa: PTH207 (patterns may be absolute)
    found = sorted(Path(name) for name in names)
    files = [name for name in found if name.is_file()]
    if not files:
        raise InputError("matches no file", where=pattern, remedy="check the pattern")
    return files


def _refuse_copies(files: Sequence[Path]) -> None:
    sizes: dict[int, list[Path]] = {}
    for path in files:
        sizes.setdefault(path.stat().st_size, []).append(path)
    for same in sizes.values():
        seen: dict[str, Path] = {}
        for path in same if len(same) > 1 else ():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if digest in seen:
                raise InputError(
                    f"holds the same bytes as {seen[digest]}: every row would count twice",
                    where=str(path),
                    remedy="give one of the two files",
                )
            seen[digest] = path


@dataclass(frozen=True, slots=True)
class Head:
    """What the first bytes of a file tell."""

    path: Path
    parquet: bool
    compression: str = "none"
    delimiter: str = ","
    header: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    """Cells of the first row; empty when there is a header only."""


def head(path: Path) -> Head:
    """Tell the kind of a file, and of CSV its delimiter, header and first row.

    Raises
    ------
    InputError
        The file cannot be read, is empty, damaged, not UTF-8, or starts with a line that is no
        header.
    """
    source = str(path)
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
        if magic == PARQUET:
            return Head(path, parquet=True)
        compression = _compression(magic)
        with _text(path, compression) as lines:
            text = lines.read(LARGEST_HEADER)
    except UnicodeDecodeError:
        raise InputError("is not UTF-8", where=source, remedy="save the file as UTF-8") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _cut_off(source) from None
    except OSError as error:
        if compression_error(error):
            raise _cut_off(source) from None
        raise InputError(
            f"cannot be read: {error.strerror or error}",
            where=source,
            remedy="check the path and its permissions",
        ) from None
    if not text.strip():
        raise InputError("is empty", where=source, remedy="give a header line and at least one row")
    if "\0" in text:
        raise InputError(
            "is neither CSV nor Parquet", where=source, remedy="give a bill as CSV or Parquet"
        )
    # A blank line before the header would shift what DuckDB takes for the header.
    if not text.splitlines()[0].strip():
        raise InputError.at(source, "is blank", row=1, remedy="begin the file with its header")
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = tuple(name.strip() for name in next(reader))
    first = next((tuple(row) for row in reader if any(cell.strip() for cell in row)), ())
    return Head(path, False, compression, delimiter, header, first)


def whole(head: Head) -> None:
    """Refuse a compressed file that was cut off where the decoder may not notice.

    DuckDB notices a truncated gzip; of a truncated zstd file it may return what it found. A zstd
    frame tells the length of each block and which is the last (RFC 8878, section 3.1.1), so the
    blocks are walked without unpacking them.
    """
    if head.compression != "zstd":
        return
    size = head.path.stat().st_size
    with head.path.open("rb") as stream:
        while stream.tell() < size:
            if not _frame(stream):
                raise _cut_off(str(head.path))
        if stream.tell() != size:
            raise _cut_off(str(head.path))


def _frame(stream: IO[bytes]) -> bool:
    """Walk over one frame; False when the file ends inside it."""
    magic = stream.read(4)
    if len(magic) == 4 and magic[1:] == b"\x2a\x4d\x18" and 0x50 <= magic[0] <= 0x5F:
        length = stream.read(4)
        stream.seek(int.from_bytes(length, "little"), io.SEEK_CUR)
        return len(length) == 4
    if magic != ZSTD:
        return False
    descriptor = stream.read(1)
    if not descriptor:
        return False
    flags = descriptor[0]
    single = bool(flags & 0x20)
    content = (1 if single else 0, 2, 4, 8)[flags >> 6]
    stream.seek((0 if single else 1) + (0, 1, 2, 4)[flags & 3] + content, io.SEEK_CUR)
    while True:
        block = stream.read(3)
        if len(block) < 3:
            return False
        number = int.from_bytes(block, "little")
        kind, size = (number >> 1) & 3, number >> 3
        stream.seek(1 if kind == 1 else size, io.SEEK_CUR)
        if number & 1:
            break
    if flags & 4:
        stream.seek(4, io.SEEK_CUR)
    return True


def line_of(head: Head, record: int) -> int | None:
    """Find the line where the `record`-th row (from 0) of a CSV file starts; the header is line 1.

    Quoted cells may hold line ends, so rows are counted by a parser; blank lines are no rows.
    """
    with _text(head.path, head.compression, errors="replace") as lines:
        reader = csv.reader(lines, delimiter=head.delimiter)
        seen, begin = -1, 1
        for cells in reader:
            if cells:
                if seen == record:
                    return begin
                seen += 1
                if seen == record + 1:
                    return begin
            begin = reader.line_num + 1
    return None


def compression_error(error: OSError) -> bool:
    """Tell errors of an unpacker (no errno) from errors of the file system."""
    return error.errno is None


@contextmanager
def _text(path: Path, compression: str, errors: str = "strict") -> Iterator[IO[str]]:
    if compression == "gzip":
        with gzip.open(path, "rt", encoding="utf-8-sig", errors=errors, newline="") as stream:
            yield stream
    elif compression == "zstd":
        import pyarrow as pa

        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as packed:
            yield io.TextIOWrapper(packed, encoding="utf-8-sig", errors=errors, newline="")
    else:
        with path.open(encoding="utf-8-sig", errors=errors, newline="") as stream:
            yield stream


def _compression(magic: bytes) -> str:
    if magic[:2] == GZIP:
        return "gzip"
    return "zstd" if magic == ZSTD else "none"


def _delimiter(text: str) -> str:
    line = re.sub(r'"[^"]*"', "", text.splitlines()[0])
    return max(DELIMITERS, key=line.count)


def _cut_off(source: str) -> InputError:
    return InputError(
        "is a truncated or damaged compressed file",
        where=source,
        remedy="copy or download it again",
    )
