"""What commands share: JSON for programs, words and tables for people, on the right stream."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["AsJson", "emit", "note"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def emit(payload: Mapping[str, Any], *, as_json: bool, show: "Callable[[Console], None]") -> None:
    """Print the answer once: the JSON document, or whatever `show` draws for people."""
    if as_json:
        sys.stdout.write(json.dumps(payload, indent=2, allow_nan=False, ensure_ascii=False) + "\n")
        return
    from rich.console import Console

    show(Console())


def note(text: str) -> None:
    """Tell people something beside the answer (standard error, so that JSON stays JSON)."""
    sys.stderr.write(text + "\n")
