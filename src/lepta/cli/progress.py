"""What is being done, on standard error, where a person looks on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["advancing", "telling"]


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


@contextmanager
def advancing(stream: TextIO) -> Iterator[Callable[[str, float], None]]:
    """Give a function that shows how much of each named piece of work is done, 0 to 1."""
    if not stream.isatty():
        yield lambda _, __: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bars:
        known: dict[str, TaskID] = {}

        def advance(name: str, done: float) -> None:
            if name not in known:
                known[name] = bars.add_task(escape(name), total=1.0)
            bars.update(known[name], completed=min(done, 1.0))

        yield advance
