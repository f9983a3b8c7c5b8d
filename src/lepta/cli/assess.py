"""`lepta assess`: what we pay, for what, and what of it is wasted."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from lepta.cli.output import AsJson, emit, note

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta assess --focus bill.csv
  lepta assess --focus 'bills/2026-*.parquet' --usage usage.csv --json
  lepta assess --cost effective    (the sources of lepta.yaml)"""


SEVERAL = ("--focus", "--usage")
"""Options after which several values may follow, as a shell's globs give them."""


class _SeveralValues(TyperCommand):
    """A command that reads `--focus a.csv b.csv` as `--focus a.csv --focus b.csv`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        told: list[str] = []
        option, given = "", True
        for arg in args:
            if arg.startswith("-") and arg != "-":
                if not given:
                    break
                option, given = (arg, False) if arg in SEVERAL else ("", True)
                if not option:
                    told.append(arg)
            elif option:
                told += [option, arg]
                given = True
            else:
                told.append(arg)
        # An option without any value is for the parser to complain about.
        return super().parse_args(ctx, told if given else [*told, option])


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("assess", cls=_SeveralValues, epilog=EXAMPLES)(assess)


def assess(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Bills, as after --focus.", metavar="[FILE]...", show_default=False),
    ] = None,
    focus: Annotated[
        list[str] | None,
        typer.Option(
            help="FOCUS bill: path or glob of CSV (plain, .gz, .zst) or Parquet. More may follow.",
            metavar="FILE...",
            show_default=False,
        ),
    ] = None,
    usage: Annotated[
        list[str] | None,
        typer.Option(
            help="Usage table: who held which part of which machine. Several may follow.",
            metavar="FILE...",
            show_default=False,
        ),
    ] = None,
    cost: Annotated[
        str, typer.Option(help="billed (as invoiced) or effective (commitments amortized).")
    ] = "billed",
    currency: Annotated[
        str | None, typer.Option(help="Currency of bills that name none; target of --rate.")
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(help="Units of --currency for one of another: EUR=1.08.", show_default=False),
    ] = None,
    config: Annotated[
        str | None, typer.Option(help="lepta.yaml, read when no bill is given.")
    ] = None,
    save: Annotated[
        bool, typer.Option("--save/--no-save", help="Keep the result for `lepta report`.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Tell what is paid, by whom, what a unit costs, what is wasted, and what is not known.

    Reads FOCUS bills (1.0 to 1.3) and, if given, usage tables; without either, the sources of
    lepta.yaml.
    """
    from lepta.cli.progress import telling
    from lepta.report.schema.assess import to_json
    from lepta.report.terminal.assess import show
    from lepta.verbs.assess import assess as told_by

    with telling(sys.stderr, quiet=as_json) as say:
        told = told_by(
            focus=[*(focus or ()), *(files or ())],
            usage=usage or (),
            basis=_basis(cost),
            currency=currency,
            rates=dict(_rate(text) for text in rate or ()),
            config=config,
            say=say,
        )
    payload = to_json(told)
    if save:
        from lepta.wiring.state import save as keep

        kept = keep("assess", payload)
        if not as_json:
            note(kept)
    emit(payload, as_json=as_json, show=lambda console: show(told, console))


def _basis(text: str) -> str:
    if text not in ("billed", "effective"):
        raise typer.BadParameter("is neither billed nor effective", param_hint="--cost")
    return text


def _rate(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark:
        raise typer.BadParameter(f"{text!r} is not like EUR=1.08", param_hint="--rate")
    return name, value
