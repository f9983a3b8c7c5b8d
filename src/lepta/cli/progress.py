"""What is being done, on standard error, where a person looks on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["telling"]


@contextmanager
def telling(stream: TextIO, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Give a function that shows the present step; silent unless the stream is a terminal."""
    if quiet or not stream.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(file=stream).status("") as status:
        yield lambda text: status.update(escape(text))
