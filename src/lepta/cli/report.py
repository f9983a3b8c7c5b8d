"""`lepta report`: a file to send."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lepta.cli.output import AsJson, emit, note

if TYPE_CHECKING:
    from lepta.verbs.report import Report

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta report                         (tables in the terminal)
  lepta report --out out               (out/report.html and out/report.json)
  lepta report --html september.html --title "September"
  lepta report --json"""


class Format(StrEnum):
    """What a report can be written as."""

    TERMINAL = "terminal"
    HTML = "html"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog=EXAMPLES)(report)


def report(
    out: Annotated[
        str | None,
        typer.Option(
            help="Folder for report.html and report.json.", metavar="DIR", show_default=False
        ),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            help="Write the page to this file; it opens offline.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            help="Only these, repeatable; html and json go to --out (default: out).",
            show_default=False,
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Title of the page.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report what is paid, what is wasted and what the plan saves: terminal, page or JSON.

    Takes the last results that `lepta assess` and `lepta plan` kept in this folder, and says how
    old they are; one of the two is enough.
    """
    from lepta.report.schema.report import to_json
    from lepta.report.terminal.report import show
    from lepta.verbs.report import report as make

    wanted = set(formats or ([Format.HTML, Format.JSON] if out else []))
    place = Path(out or "out")
    page = html or (place / "report.html" if Format.HTML in wanted else None)
    document = place / "report.json" if Format.JSON in wanted else None
    made = make(html=page, json=document, title=title)
    _tell(made)
    files_only = formats is not None and Format.TERMINAL not in wanted
    if as_json or not files_only:
        emit(
            to_json(
                made.assessment,
                made.plan,
                made.generated_at,
                assessed_at=made.assessed_at,
                planned_at=made.planned_at,
                planned_for=made.planned_for,
            ),
            as_json=as_json,
            show=lambda console: show(console, made.assessment, made.plan),
        )
    for path in made.files:
        note(f"wrote {path}")


def _tell(made: "Report") -> None:
    from lepta.report.numbers import age, instant

    for name, moment, value in (
        ("assess", made.assessed_at, made.assessment),
        ("plan", made.planned_at, made.plan),
    ):
        if value is None:
            note(f"{name}: none kept in this folder; run `lepta {name}` to add it")
        elif moment is not None:
            note(f"{name}: {age(moment, made.generated_at)}, from {instant(moment)}")
