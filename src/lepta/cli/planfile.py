"""`lepta plan diff` and `lepta plan check`: what can be done with plan files."""

from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit
from lepta.errors import Refused

__all__ = ["register"]

DIFF_EXAMPLES = """\b
Examples:
  lepta plan diff monday.json tuesday.json
  lepta plan diff monday.json tuesday.json --json"""

CHECK_EXAMPLES = """\b
Examples:
  lepta plan check plan.json --case fleet
  lepta plan check plan.json          (the sources of lepta.yaml)

Exit code 6: the plan does not keep every promise on this case."""


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("diff", epilog=DIFF_EXAMPLES)(diff)
    group.command("check", epilog=CHECK_EXAMPLES)(check)


def diff(
    before: Annotated[str, typer.Argument(help="Plan file to compare with.", metavar="BEFORE")],
    after: Annotated[str, typer.Argument(help="Plan file to compare.", metavar="AFTER")],
    as_json: AsJson = False,
) -> None:
    """Compare two plan files: cost, units, starts, routes, prices, promises."""
    from lepta.report.schema.plandiff import to_json
    from lepta.report.terminal.plandiff import show_diff
    from lepta.verbs.planfile import diff_plans

    found = diff_plans(before, after)
    emit(to_json(found), as_json=as_json, show=lambda console: show_diff(found, console))


def check(
    plan: Annotated[str, typer.Argument(help="Plan file.", metavar="PLAN")],
    case: Annotated[
        str | None, typer.Option(help="Folder with the tables of the case.", metavar="DIR")
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            help="lepta.yaml, read when no case is given.", show_default=False, metavar="FILE"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute every promise of a plan file on a case, and say whether the case has changed."""
    from lepta.report.schema.plancheck import to_json
    from lepta.report.terminal.plandiff import show_check
    from lepta.verbs.planfile import check_plan

    found = check_plan(plan, case, config=config)
    emit(to_json(found), as_json=as_json, show=lambda console: show_check(found, console))
    if found.broken:
        raise typer.Exit(Refused.exit_code)
