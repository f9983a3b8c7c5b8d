"""The last results, kept in `.lepta/` under the working folder, so that `lepta report` finds them.

Keeping is a courtesy: it never fails the command that has an answer. Reading is strict: what is
damaged is said, with the command that makes it anew.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from lepta.adapters.outfile import write_text
from lepta.adapters.systemclock import SystemClock
from lepta.errors import InputError, LeptaError
from lepta.ports.clock import Clock

__all__ = ["FOLDER", "Kind", "load", "save"]

Kind = Literal["assess", "plan"]
FOLDER: Final = ".lepta"
NAME: Final = "lepta.state/1"
LARGEST_BYTES: Final = 256 * 2**20


def save(
    kind: Kind, payload: Mapping[str, Any], *, folder: str | Path = ".", clock: Clock | None = None
) -> str:
    """Keep the published JSON of a result; return a sentence that says where, or why not."""
    path = _path(kind, folder)
    now = (clock or SystemClock()).now()
    kept = {"schema": NAME, "kind": kind, "saved_at": now.isoformat(), "payload": payload}
    try:
        text = json.dumps(kept, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > LARGEST_BYTES:
            return f"not kept for `lepta report`: {size / 2**20:.0f} MiB are too much"
        ignore = path.parent / ".gitignore"
        if not ignore.exists():
            write_text(ignore, "*\n")
        write_text(path, text)
    except LeptaError as error:
        return f"not kept for `lepta report`: {error.where} {error.what}"
    except (OSError, ValueError, TypeError) as error:
        return f"not kept for `lepta report`: {error}"
    return f"kept for `lepta report` in {path}"


def load(kind: Kind, *, folder: str | Path = ".") -> tuple[dict[str, Any], datetime] | None:
    """Return the last result of a kind and when it was kept; None where there is none.

    Raises
    ------
    InputError
        The file cannot be read, is too large, or is not what `save` wrote.
    """
    path = _path(kind, folder)
    remedy = f"run `lepta {kind}` again, or delete the file"
    try:
        if not path.exists():
            return None
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise InputError(
                f"has {size / 2**20:.0f} MiB, too much for a saved result",
                where=str(path),
                remedy=remedy,
            )
        kept = json.loads(path.read_text("utf-8"))
        if kept["schema"] != NAME or kept["kind"] != kind or not isinstance(kept["payload"], dict):
            raise ValueError("it is not a saved result of this version")  # noqa: TRY301
        saved_at = datetime.fromisoformat(kept["saved_at"]).astimezone(UTC)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(path), remedy=remedy
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"is damaged: {type(error).__name__} {error}", where=str(path), remedy=remedy
        ) from None
    return kept["payload"], saved_at


def _path(kind: str, folder: str | Path) -> Path:
    # A closed list of kinds: no name from outside ever becomes part of a path.
    if kind not in get_args(Kind):
        raise InputError(f"there is no saved result of kind {kind!r}", remedy="use assess or plan")
    return Path(folder) / FOLDER / f"{kind}.json"
