"""`lepta frontier`: what a better second aim costs."""

from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit, note
from lepta.domain.frontier import Against
from lepta.errors import Infeasible

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta frontier --case voice --against latency
  lepta frontier --case fleet --against spread --points 20 --html spread.html
  lepta frontier --case fleet --against carbon --out plans

\b
Second aims:
  latency  the objective of one class or pipeline (--class), or all of them together
  carbon   emissions over the horizon, from those of the cheapest plan to the least
  risk     the quantile of uncertain demand (scenarios.csv) that the fleet carries
  spread   the share still served when any one provider (else region, else zone) is lost

Each point is a whole plan with its own proof; --out keeps them, the cheapest as plan-1.json.

Exit code 3: no fleet serves all demand, at whatever level."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("frontier", epilog=EXAMPLES)(frontier)


def frontier(
    against: Annotated[Against, typer.Option(help="The second aim.", show_default=False)],
    case: Annotated[
        str | None, typer.Option(help="Folder with the tables of the case.", metavar="DIR")
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            help="lepta.yaml, read when no case is given.", show_default=False, metavar="FILE"
        ),
    ] = None,
    demand_class: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="For latency: the class or pipeline whose objective moves.",
            show_default=False,
            metavar="NAME",
        ),
    ] = None,
    points: Annotated[
        int, typer.Option(help="Levels to plan, the two ends included.", min=2, max=200)
    ] = 12,
    utilization: Annotated[
        float | None,
        typer.Option(
            help="Largest load of a machine, as a share of what its profile says.",
            show_default=False,
            metavar="SHARE",
        ),
    ] = None,
    gap: Annotated[
        float | None,
        typer.Option(
            help="Relative distance from the proven bound that is good enough for each plan.",
            show_default=False,
            metavar="SHARE",
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            help="Seconds of search for the whole frontier.", show_default=False, metavar="SECONDS"
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Write the plan of each point into this folder.",
            show_default=False,
            metavar="DIR",
        ),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            help="Write a page with the chart to this file; it opens offline.",
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a better second aim costs: the plans that nothing beats in both, and the knee."""
    from rich.console import Console

    from lepta.report.schema.frontier import to_json
    from lepta.report.terminal.frontier import show
    from lepta.verbs.frontier import frontier as find
    from lepta.verbs.frontier import write_frontier

    with Console(stderr=True).status("planning"):
        found = find(
            case,
            against=against,
            demand_class=demand_class,
            points=points,
            config=config,
            utilization=utilization,
            gap=gap,
            time_limit_s=time_limit,
        )
    files = write_frontier(found, out=out, html=html)
    payload = to_json(found) if as_json else {}
    emit(payload, as_json=as_json, show=lambda console: show(found, console))
    for path in files:
        note(f"wrote {path}")
    if not found.points:
        raise typer.Exit(Infeasible.exit_code)
