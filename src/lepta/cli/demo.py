"""`lepta demo`: the whole loop on a generated company."""

from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit, note

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta demo
  lepta demo --out elsewhere --seed 11"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog=EXAMPLES)(demo)


def demo(
    out: Annotated[
        str, typer.Option("--out", help="Folder for the company and the report.")
    ] = "out",
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Another seed is another company.")
    ] = 7,
    as_json: AsJson = False,
) -> None:
    """Show a whole company: generate it, assess its bill, plan its fleet, write the report.

    Nothing is sent anywhere, and nothing outside the folder is touched.
    """
    from lepta.report.schema.demo import to_json
    from lepta.report.terminal.demo import show
    from lepta.verbs.demo import demo as run

    done = run(out, seed=seed, say=note)
    emit(to_json(done), as_json=as_json, show=lambda console: show(console, done))
