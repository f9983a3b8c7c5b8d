"""`lepta init`: write the first lepta.yaml."""

import sys
from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta init
  lepta init --stdout"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init", epilog=EXAMPLES)(init)


def init(
    path: Annotated[str, typer.Argument(help="The file to write.")] = "lepta.yaml",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    stdout: Annotated[
        bool, typer.Option("--stdout", help="Print the file instead of writing it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented lepta.yaml, filled in with the files that lie around."""
    from lepta.report.schema.init import to_json
    from lepta.report.terminal.init import show
    from lepta.verbs.init import init as begin

    started = begin(path, force=force, write=not stdout)
    if stdout and not as_json:
        sys.stdout.write(started.text)
        return
    emit(to_json(started), as_json=as_json, show=lambda console: show(started, console))
