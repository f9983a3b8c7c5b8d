"""What `lepta init` says."""

from rich.console import Console
from rich.text import Text

from lepta.domain.started import Started
from lepta.report.numbers import plain

__all__ = ["show"]


def show(started: Started, console: Console) -> None:
    """Say where the file went, what was filled in, and what to do next."""
    lines = [f"Wrote {started.path}."]
    for kind, paths in started.found.items():
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        lines.append(f"  {kind.replace('_', ' ')}: {', '.join(paths[:3])}{more}")
    lines.append(
        "Next: `lepta check` tells whether each file can be read."
        if started.found
        else "Next: fill in the paths, then `lepta check`."
    )
    for line in lines:
        console.print(Text(plain(line)), soft_wrap=True)
