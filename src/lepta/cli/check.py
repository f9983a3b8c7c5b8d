"""`lepta check`: is lepta.yaml right, and can its sources be read?"""

from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta check
  lepta check --config other.yaml --json"""

UNREADABLE = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", epilog=EXAMPLES)(check)


def check(
    config: Annotated[str | None, typer.Option(help="The file; default: lepta.yaml.")] = None,
    as_json: AsJson = False,
) -> None:
    """Validate lepta.yaml; tell per source whether it reads, how fresh it is, what is missing.

    Ends with 0 when all is readable, 4 when lepta.yaml is wrong, 5 when a source cannot be read.
    """
    from lepta.report.schema.check import to_json
    from lepta.report.terminal.check import show
    from lepta.verbs.check import check as checked

    checkup = checked(config)
    emit(to_json(checkup), as_json=as_json, show=lambda console: show(checkup, console))
    if not checkup.readable:
        raise typer.Exit(UNREADABLE)
