"""`lepta plan`: the cheapest fleet that serves all demand inside its promises."""

from typing import Annotated, Any

import typer

from lepta.cli.output import AsJson, emit, note
from lepta.errors import Infeasible

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta plan --case fleet
  lepta plan --case fleet --utilization 0.7 --json
  lepta plan --case fleet --quantile 0.9 --bootstrap-days history.csv --seed 7
  lepta plan --case fleet --survive zone=90% --payback 24h
  lepta plan --case fleet --what-if price:H100=-20% --what-if demand:*=x2
  lepta plan --case fleet --out plan.json --html plan.html
  lepta plan                       (the sources of lepta.yaml)

A case is a folder with offers.csv, demand.csv, profiles.csv, and maybe routes.csv, current.csv,
classes.csv, quotas.csv, pipelines.csv and scenarios.csv.

\b
A what-if is KIND:PATTERN=CHANGE. Kinds, and what their pattern names:
  price, limit, carbon   offers, by name, accelerator, machine type, region,
                         zone, provider or term
  rate                   the same, a class, or CLASS@OFFER
  demand, slo            classes (slo: pipelines, too)
  quota                  quotas
  survive                zone, region, provider or pool
A change is a new value (2.5, 300ms, 90%), a share (-20%), a factor (x2), or
none, which lifts a limit, a quota or a survival.

Exit code 3: no fleet serves all demand; the answer then says what falls short, when and why."""


def register(app: typer.Typer) -> None:
    """Add the command and what can be done with the files that it writes."""
    from lepta.cli import planfile

    group = typer.Typer(
        rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
    )
    group.callback(invoke_without_command=True, epilog=EXAMPLES)(plan)
    planfile.register(group)
    app.add_typer(group, name="plan")


def plan(
    context: typer.Context,
    case: Annotated[
        str | None, typer.Option(help="Folder with the tables of the case.", metavar="DIR")
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            help="lepta.yaml, read when no case is given.", show_default=False, metavar="FILE"
        ),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            help="Change the case and compare, such as price:H100=-20% (repeatable; all apply).",
            show_default=False,
            metavar="KIND:PATTERN=CHANGE",
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
    survive: Annotated[
        list[str] | None,
        typer.Option(
            help="Lose any one zone (region, provider, pool) and serve this share of the demand, "
            "such as zone=90% (repeatable).",
            show_default=False,
            metavar="PLACE=SHARE",
        ),
    ] = None,
    carbon_price: Annotated[
        float | None,
        typer.Option(
            help="What a tonne of CO2e counts in the cost.", show_default=False, metavar="MONEY"
        ),
    ] = None,
    carbon_limit: Annotated[
        float | None,
        typer.Option(help="Most kg of CO2e over the horizon.", show_default=False, metavar="KG"),
    ] = None,
    payback: Annotated[
        str | None,
        typer.Option(
            help="Change what runs now only where that pays within this time, such as 24h.",
            show_default=False,
            metavar="TIME",
        ),
    ] = None,
    risk: Annotated[
        float | None,
        typer.Option(
            help="Weight of the worst scenarios against the mean cost, 0 to 1.",
            show_default=False,
            metavar="SHARE",
        ),
    ] = None,
    gap: Annotated[
        float | None,
        typer.Option(
            help="Relative distance from the proven bound that is good enough "
            "(default: as configured, or 0.005).",
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
    out: Annotated[
        str | None,
        typer.Option(
            help="Write the answer to this file: JSON with a hash, to review, compare and keep.",
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            help="Write a page to this file; it opens offline.", show_default=False, metavar="FILE"
        ),
    ] = None,
    save: Annotated[
        bool,
        typer.Option("--save/--no-save", help="Keep the plan for `lepta report` (no what-ifs)."),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Find the cheapest fleet that serves all demand: machines, routes, proof, and why."""
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    from rich.console import Console

    from lepta.domain.plan import FleetPlan
    from lepta.report.terminal.plan import show
    from lepta.report.terminal.plandiff import show_comparison
    from lepta.verbs.plan import answer as find
    from lepta.verbs.plan import gather
    from lepta.verbs.planfile import document, remember, write_plan

    promises = _promises(survive, carbon_price, carbon_limit, payback, risk)
    asked = gather(
        case,
        config=config,
        utilization=utilization,
        promises=promises,
        gap=gap,
        time_limit_s=time_limit,
        quantile=quantile,
        bootstrap_days=bootstrap_days,
        seed=seed,
    )
    with Console(stderr=True).status("planning"):
        found = find(asked, what_if=what_if or None)
    files = write_plan(found, asked.case, out=out, html=html)
    if isinstance(found, FleetPlan):
        if save:
            kept = remember(found, asked.case)
            if not as_json:
                note(kept)
        answer, draw = found, lambda console: show(found, console)
    else:
        answer, draw = found.changed, lambda console: show_comparison(found, console)
    emit(document(found, asked.case) if as_json else {}, as_json=as_json, show=draw)
    for path in files:
        note(f"wrote {path}")
    if answer.status == "infeasible":
        raise typer.Exit(Infeasible.exit_code)


def _promises(
    survive: list[str] | None,
    carbon_price: float | None,
    carbon_limit: float | None,
    payback: str | None,
    risk: float | None,
) -> dict[str, Any]:
    """Gather what is promised by options; those that are not given stay as configured."""
    from lepta.domain.amounts import hours_of, share_of
    from lepta.errors import InputError, shorten

    shares: dict[str, float] = {}
    for text in survive or ():
        place, equals, share = text.partition("=")
        where = f"--survive {shorten(text)}"
        if not equals or place in shares:
            raise InputError(
                f"names {place} twice" if equals else "is not of the form PLACE=SHARE",
                where=where,
                remedy="write it once, as in --survive zone=90%",
            )
        shares[place] = share_of(share, where)
    given = {
        "survive": shares or None,
        "carbon_price": carbon_price,
        "carbon_limit": carbon_limit,
        "payback_hours": None if payback is None else hours_of(payback, "--payback"),
        "risk": risk,
    }
    return {name: value for name, value in given.items() if value is not None}


def _refuse_options(context: typer.Context) -> None:
    """Say that options of `lepta plan` mean nothing to the command behind it."""
    given = [
        f"--{name.replace('_', '-')}"
        for name, value in context.params.items()
        if value is not None
        and getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    if given:
        raise typer.BadParameter(
            f"{', '.join(given)} cannot stand before `{context.invoked_subcommand}`: "
            "options of that command stand behind it."
        )
