"""Reading JSON documents that lepta wrote."""

import json
from pathlib import Path
from typing import Any, Final

from lepta.errors import InputError, shorten

__all__ = ["read_document"]

LARGEST_BYTES: Final = 256 * 2**20


def read_document(path: str | Path) -> dict[str, Any]:
    """Read one JSON object.

    Raises
    ------
    InputError
        There is no such file, or it is too large, no JSON, or no object.
    """
    path, remedy = Path(path), "give a file that `lepta plan --out` wrote"
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise InputError(
                f"has {size / 2**20:.0f} MiB, too much for a document",
                where=str(path),
                remedy=remedy,
            )
        document = json.loads(path.read_text("utf-8-sig"), parse_constant=_no_number)
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path), remedy=remedy) from None
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(path), remedy="check the path"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"is no JSON: {shorten(str(error))}", where=str(path), remedy=remedy
        ) from None
    if not isinstance(document, dict):
        raise InputError("is no JSON object", where=str(path), remedy=remedy)
    return document


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")
