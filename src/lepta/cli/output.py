"""What commands share: JSON for programs, words and tables for people, on the right stream."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["AsJson", "emit", "is_unicode", "note"]

UNICODE: Final = ("utf8", "utf16", "utf32", "utf8sig")
_HALF: Final = re.compile("[\ud800-\udfff]")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def emit(payload: Mapping[str, Any], *, as_json: bool, show: "Callable[[Console], None]") -> None:
    """Print the answer once: the JSON document, or whatever `show` draws for people."""
    if as_json:
        text = json.dumps(
            payload, indent=2, allow_nan=False, ensure_ascii=not is_unicode(sys.stdout)
        )
        # A file name that is not UTF-8 holds half a character, which no encoding can write.
        sys.stdout.write(_HALF.sub("\ufffd", text) + "\n")
        return
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            # Rich would end the command with 1 here; `main` knows what a reader that left means.
            raise BrokenPipeError

    show(Screen())


def is_unicode(stream: TextIO) -> bool:
    """Tell whether the stream can write every letter."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "") in UNICODE


def note(text: str) -> None:
    """Tell people something beside the answer (standard error, so that JSON stays JSON)."""
    sys.stderr.write(text + "\n")
