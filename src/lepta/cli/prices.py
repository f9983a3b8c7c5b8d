"""`lepta prices`: what can be rented."""

import sys
from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit, note

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta prices --accelerator H100 --term spot --region 'us-*'
  lepta prices --accelerator L4,L40S --max-price 2
  lepta prices --rate-card mine.csv --no-builtin --csv"""

SHOWN = 20
"""Rows of the table without --limit or --all; JSON and CSV hold everything by default."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("prices", epilog=EXAMPLES)(prices)


def prices(
    accelerator: Annotated[
        str | None, typer.Option(help="H100, A100-80GB, L4,L40S; a family finds its members.")
    ] = None,
    term: Annotated[str | None, typer.Option(help="on-demand, spot or reserved.")] = None,
    region: Annotated[str | None, typer.Option(help="us-east-1, us-*, or a comma list.")] = None,
    provider: Annotated[str | None, typer.Option(help="aws, gcp, azure, ...")] = None,
    instance_type: Annotated[str | None, typer.Option(help="p5.*, a3-highgpu-8g, ...")] = None,
    max_price: Annotated[
        float | None, typer.Option(help="Largest price of a machine-hour.")
    ] = None,
    rate_card: Annotated[
        list[str] | None, typer.Option(help="CSV file with your own prices; repeatable.")
    ] = None,
    skypilot: Annotated[
        list[str] | None,
        typer.Option(help="SkyPilot catalog folder (<cloud>/vms.csv); repeatable."),
    ] = None,
    builtin: Annotated[
        bool, typer.Option("--builtin/--no-builtin", help="Search the built-in catalog.")
    ] = True,
    sort: Annotated[
        str, typer.Option(help="price_per_accelerator, price or offer.")
    ] = "price_per_accelerator",
    limit: Annotated[int | None, typer.Option(help="Show at most so many offers.", min=0)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show all offers.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV: a rate card, and offers.csv of a plan.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Search offers: built-in catalog, your rate cards, SkyPilot catalogs.

    An offer whose price is zero or missing in its source is listed as unknown, never as free.
    """
    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json exclude each other")
    from lepta.verbs.prices import offers_csv
    from lepta.verbs.prices import prices as search

    shown = None if everything or as_csv or as_json else SHOWN
    found = search(
        accelerator,
        term,
        region,
        provider,
        instance_type,
        max_price=max_price,
        rate_card=rate_card,
        skypilot=skypilot,
        builtin=builtin,
        sort=sort,
        limit=shown if limit is None else limit,
    )
    if as_csv:
        sys.stdout.write(offers_csv(found))
        foreign = sorted({entry.currency for entry in found.entries} - {"USD"})
        if foreign:
            note(f"some prices are in {', '.join(foreign)}: a plan takes offers.csv as it stands")
        return
    from lepta.report.schema.prices import to_json
    from lepta.report.terminal.prices import show

    emit(to_json(found), as_json=as_json, show=lambda console: show(found, console))
