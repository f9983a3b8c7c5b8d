"""`lepta plan`: the cheapest fleet that serves all demand inside its promises."""

from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit, note
from lepta.errors import Infeasible

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta plan --case fleet
  lepta plan --case fleet --utilization 0.7 --json
  lepta plan --case fleet --quantile 0.9 --bootstrap-days history.csv --seed 7
  lepta plan                       (the sources of lepta.yaml)

A case is a folder with offers.csv, demand.csv, profiles.csv, and maybe routes.csv and current.csv.

Exit code 3: no fleet serves all demand; the answer then says what falls short, when and why."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan", epilog=EXAMPLES)(plan)


def plan(
    case: Annotated[
        str | None, typer.Option(help="Folder with the tables of the case.", metavar="DIR")
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            help="lepta.yaml, read when no case is given.", show_default=False, metavar="FILE"
        ),
    ] = None,
    utilization: Annotated[
        float | None,
        typer.Option(
            help="Largest load of a machine, as a share of what its profile says "
            "(default: as configured, or 0.85).",
            show_default=False,
            metavar="SHARE",
        ),
    ] = None,
    gap: Annotated[
        float | None,
        typer.Option(
            help="Relative distance from the proven bound that is good enough "
            "(default: as configured, or 0.000001).",
            show_default=False,
            metavar="SHARE",
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            help="Seconds of search; the best plan so far and its true gap come then "
            "(default: as configured, or 60).",
            show_default=False,
            metavar="SECONDS",
        ),
    ] = None,
    quantile: Annotated[
        float | None,
        typer.Option(
            help="Plan for this quantile of uncertain demand, such as 0.9, and say what it costs "
            "beside the mean.",
            show_default=False,
            metavar="SHARE",
        ),
    ] = None,
    bootstrap_days: Annotated[
        str | None,
        typer.Option(
            help="Draw scenarios from the days of this table of demand.",
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Where chance begins: the same seed, the same draws.", min=0)
    ] = 0,
    save: Annotated[
        bool, typer.Option("--save/--no-save", help="Keep the plan for `lepta report`.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Find the cheapest fleet that serves all demand: machines, routes, proof, and why."""
    from rich.console import Console

    from lepta.report.schema.plan import to_json
    from lepta.report.terminal.plan import show
    from lepta.verbs.plan import plan as find
    from lepta.verbs.plan import remember

    with Console(stderr=True).status("planning"):
        found = find(
            case,
            config=config,
            utilization=utilization,
            gap=gap,
            time_limit_s=time_limit,
            quantile=quantile,
            bootstrap_days=bootstrap_days,
            seed=seed,
        )
    if save:
        kept = remember(found)
        if not as_json:
            note(kept)
    emit(to_json(found), as_json=as_json, show=lambda console: show(found, console))
    if found.status == "infeasible":
        raise typer.Exit(Infeasible.exit_code)
