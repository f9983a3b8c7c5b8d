"""Files that lepta writes: whole or not at all, and safe to open in a spreadsheet."""

import csv
import io
import secrets
import stat
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from lepta.errors import Permanent

__all__ = ["csv_text", "write_bytes", "write_text"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet run a text (OWASP, CSV injection); the last four are full-width."""


def write_text(path: str | Path, text: str) -> Path:
    """Write a text in UTF-8, as `write_bytes` writes."""
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise Permanent(
            f"cannot be written: {error}", where=str(path), remedy="mend the text"
        ) from None
    return write_bytes(path, data)


def write_bytes(path: str | Path, data: bytes) -> Path:
    """Write to a temporary file beside `path`, then rename: a reader sees the old or the new whole.

    Raises
    ------
    Permanent
        The folder cannot be made or written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.resolve()  # a link stays a link; the file behind it is replaced
        if target.exists() and not target.is_file() and not target.is_dir():
            # A device or a pipe (/dev/null, /dev/stdout) is written to, never replaced.
            with target.open("wb") as stream:
                stream.write(data)
            return path
        _replace(target, data)
    except OSError as error:
        raise Permanent(
            f"cannot be written: {error.strerror}",
            where=str(path),
            remedy="choose a folder that you may write to",
        ) from None
    except ValueError as error:
        raise Permanent(
            f"cannot be written: {error}", where=repr(str(path)), remedy="choose another name"
        ) from None
    return path


def _replace(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        # Opened by mode "x", so that the user's umask decides who may read a new file.
        with temporary.open("xb") as stream:
            stream.write(data)
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Render rows as CSV; a text that a spreadsheet would run as a formula gets a leading quote."""
    return "".join(_line(row) for row in chain((header,), rows))


def _line(row: Sequence[object]) -> str:
    # With "\r\n" as its line end, the csv module quotes a lone "\r" too.
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_tame(cell) for cell in row])
    return out.getvalue()[:-2] + "\n"


def _tame(cell: object) -> object:
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return "'" + cell
    return cell
