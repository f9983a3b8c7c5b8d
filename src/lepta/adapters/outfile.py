"""Files that lepta writes: whole or not at all, and safe to open in a spreadsheet."""

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from lepta.errors import Permanent

__all__ = ["csv_text", "write_text"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_text(path: str | Path, text: str) -> Path:
    """Write to a temporary file beside `path`, then rename: a reader sees the old or the new whole.

    Raises
    ------
    Permanent
        The folder cannot be made or written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Permanent(
            f"cannot be written: {error.strerror}",
            where=str(path),
            remedy="choose a folder that you may write to",
        ) from None
    return path


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Render rows as CSV; a text that a spreadsheet would run as a formula gets a leading quote."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_tame(name) for name in header])
    writer.writerows([_tame(cell) for cell in row] for row in rows)
    return out.getvalue()


def _tame(cell: object) -> object:
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return "'" + cell
    return cell
