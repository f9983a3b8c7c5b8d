"""`lepta solve`: the cheapest times to run nodes so that every need is met."""

from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit
from lepta.errors import Infeasible

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta solve nodes.csv --price price --need compute=100 --need memory=8
  lepta solve nodes.csv --price usd_per_hour --need gpu_hours=500 --limit hours
  lepta solve nodes.csv --price price --need compute=100 --limit 24 --json
  lepta solve nodes.csv --price price --need compute=100 --limit 24 --fixed start_cost

Exit code 3: no times are enough; the answer then says what falls short, and by how much."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("solve", epilog=EXAMPLES)(solve)


def solve(
    nodes: Annotated[
        str, typer.Argument(help="CSV file of nodes; the first column is the name.", metavar="FILE")
    ],
    price: Annotated[
        str, typer.Option(help="Column with the price per unit of time.", metavar="COLUMN")
    ],
    need: Annotated[
        list[str],
        typer.Option(
            help="COLUMN=AMOUNT: how much of a resource is needed, in the unit of its column, "
            "which says what a node supplies per unit of time; repeatable.",
            metavar="COLUMN=AMOUNT",
        ),
    ],
    limit: Annotated[
        str | None,
        typer.Option(
            help="Column with the longest time of each node (blank: no limit), or one number "
            "for all.",
            metavar="COLUMN|NUMBER",
        ),
    ] = None,
    fixed: Annotated[
        str | None,
        typer.Option(
            help="Column with what a start of each node costs, paid only where it runs.",
            metavar="COLUMN",
        ),
    ] = None,
    balance: Annotated[
        bool,
        typer.Option(
            "--balance/--no-balance",
            help="Of all cheapest answers take the one that ends soonest, equal nodes equally "
            "(not with --fixed).",
        ),
    ] = True,
    gap: Annotated[
        float,
        typer.Option(
            help="With --fixed: relative distance from the proven bound that is good enough.",
            metavar="SHARE",
        ),
    ] = 1e-6,
    time_limit: Annotated[
        float,
        typer.Option(
            help="Seconds of search; with --fixed the best answer so far and its true gap come "
            "then.",
            metavar="SECONDS",
        ),
    ] = 600.0,
    as_json: AsJson = False,
) -> None:
    """Find the cheapest times to run nodes so that every need is met, with the proof."""
    from lepta.report.schema.solve import to_json
    from lepta.report.terminal.solve import show
    from lepta.verbs.solve import solve as find

    answer = find(
        nodes,
        price=price,
        need=need,
        limit=limit,
        fixed=fixed,
        balance=balance,
        gap=gap,
        time_limit_s=time_limit,
    )
    emit(to_json(answer), as_json=as_json, show=lambda console: show(answer, console))
    if answer.status == "infeasible":
        raise typer.Exit(Infeasible.exit_code)
