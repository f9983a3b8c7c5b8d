"""`lepta forecast`: what will come, with intervals."""

from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta forecast load.csv
  lepta forecast load.csv --hours 6 --column requests_per_s --json
  lepta forecast load.parquet --series chat --step 600 --level 0.99

The file has the columns ts (ISO 8601 with a zone, or seconds from the start)
and value, and perhaps series. A blank value was not seen; it is never zero."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("forecast", epilog=EXAMPLES)(forecast)


def forecast(
    series: Annotated[
        str, typer.Argument(help="CSV or Parquet file of measurements.", metavar="FILE")
    ],
    hours: Annotated[float, typer.Option(help="How far to look ahead.")] = 24.0,
    column: Annotated[str, typer.Option(help="Column with the value.", metavar="COLUMN")] = "value",
    name: Annotated[
        str | None,
        typer.Option("--series", help="Which one, where the file has several.", metavar="NAME"),
    ] = None,
    step: Annotated[
        float | None,
        typer.Option(
            help="Length of a step; the mean of its rows counts (default: the distance of rows).",
            metavar="SECONDS",
        ),
    ] = None,
    level: Annotated[
        list[float] | None,
        typer.Option(help="A further quantile, such as 0.99; repeatable.", metavar="SHARE"),
    ] = None,
    learned: Annotated[
        bool, typer.Option("--learned", help="Also try trees (extra lepta[forecast]).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Forecast a series by the method that did best on its past, with intervals that hold."""
    from lepta.forecast.base import LEVELS
    from lepta.report.schema.forecast import to_json
    from lepta.report.terminal.forecast import show
    from lepta.verbs.forecast import forecast as find

    answer = find(
        series,
        hours=hours,
        column=column,
        name=name,
        step_s=step,
        levels=(*LEVELS, *(level or ())),
        learned=learned,
    )
    emit(to_json(answer), as_json=as_json, show=lambda console: show(answer, console))
