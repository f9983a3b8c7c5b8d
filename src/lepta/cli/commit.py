"""`lepta commit`: how much of which commitment to buy."""

from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit, note

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta commit --usage usage.csv --contracts contracts.csv --on-demand on_demand.csv
  lepta commit --usage usage.csv --contracts contracts.csv --owned owned.csv --growth 10%
  lepta commit --forecast forecast.csv --contracts contracts.csv --risk 0.5 --html out.html

Buys nothing itself. Without --on-demand a family is a machine type of the built-in catalog."""


def _share(given: str | float) -> float:
    """Read 10% or 0.1; the default comes as a number."""
    text = str(given).strip()
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a share like 0.1 nor 10%") from None
    return value / 100 if text.endswith("%") else value


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("commit", epilog=EXAMPLES)(commit)


def commit(
    contracts: Annotated[
        str,
        typer.Option(help="What can be bought, or is owned: one row per contract.", metavar="FILE"),
    ],
    usage: Annotated[
        str | None,
        typer.Option(help="Hourly usage that was.", metavar="FILE", show_default=False),
    ] = None,
    on_demand: Annotated[
        str | None,
        typer.Option(
            help="On-demand prices (default: the built-in catalog).",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    owned: Annotated[
        str | None,
        typer.Option(help="Contracts that run already.", metavar="FILE", show_default=False),
    ] = None,
    forecast: Annotated[
        str | None,
        typer.Option(
            help="Scenarios of usage to come, instead of --usage.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    growth: Annotated[
        float,
        typer.Option(
            help="Growth of usage per year, as 10% or 0.1.", parser=_share, metavar="SHARE"
        ),
    ] = 0.0,
    spread: Annotated[
        float,
        typer.Option(
            help="Standard deviation of that growth between scenarios.",
            parser=_share,
            metavar="SHARE",
        ),
    ] = 0.2,
    scenarios: Annotated[
        int, typer.Option(help="Scenarios to draw from the usage.", metavar="NUMBER")
    ] = 50,
    risk: Annotated[
        float,
        typer.Option(
            help="0: largest expected saving; 1: largest saving in the worst 5% of the scenarios.",
            metavar="0..1",
        ),
    ] = 0.0,
    capital: Annotated[
        float,
        typer.Option(
            help="Cost of capital per year, as 8% or 0.08.", parser=_share, metavar="SHARE"
        ),
    ] = 0.0,
    whole: Annotated[
        bool, typer.Option("--whole/--fractions", help="Buy whole lots, or any fraction.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Of the draw: same seed, same answer.")] = 7,
    currency: Annotated[
        str, typer.Option(help="Currency of all prices, ISO 4217.", metavar="CODE")
    ] = "USD",
    html: Annotated[
        str | None,
        typer.Option(
            help="Write a page with charts to this file; it opens offline.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find how much of which commitment to buy: saving, risk, regret, proof, and why."""
    from rich.console import Console

    from lepta.report.schema.commit import to_json
    from lepta.report.terminal.commit import show
    from lepta.verbs.commit import commit as decide
    from lepta.verbs.commit import write_page

    with Console(stderr=True).status("weighing contracts"):
        plan = decide(
            usage,
            contracts,
            on_demand=on_demand,
            owned=owned,
            forecast=forecast,
            growth=growth,
            spread=spread,
            scenarios=scenarios,
            risk=risk,
            capital=capital,
            whole=whole,
            seed=seed,
            currency=currency,
        )
    if html is not None:
        note(f"wrote {write_page(plan, html)}")
    emit(to_json(plan), as_json=as_json, show=lambda console: show(plan, console))
