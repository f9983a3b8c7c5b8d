"""The `lepta` command: its commands, and the one place where an error becomes a message."""

import io
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated

import typer
from typer.core import TyperGroup

from lepta import __version__, cli
from lepta.cli.output import is_unicode
from lepta.errors import AdapterError, LeptaError

__all__ = ["app", "main"]

ORDER = (
    "init",
    "check",
    "demo",
    "prices",
    "profile",
    "assess",
    "solve",
    "plan",
    "frontier",
    "commit",
    "forecast",
    "replay",
    "report",
)
"""The order of the commands in the help page: the order of the loop."""

FAULT = 1
INTERRUPTED = 130


class InOrder(TyperGroup):
    """Lists commands and groups of commands in the order of the loop."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names as the help page shows them."""
        return [name for name in ORDER if name in self.commands]


app = typer.Typer(
    name="lepta",
    cls=InOrder,
    help="Closed-loop cost control for AI infrastructure: a true account of what you pay, "
    "and a provably cheaper plan.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lepta {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and end.", is_eager=True, callback=_version
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an unexpected fault.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    context.obj = {"debug": debug}


def _register() -> None:
    """Let the file of each command in this folder add it, in the order of the loop."""
    names = {module.name for module in iter_modules(cli.__path__)}
    for name in ORDER:
        if name in names:
            import_module(f"lepta.cli.{name}").register(app)


_register()


def main(argv: list[str] | None = None) -> None:
    """Run a command; every error ends in one message with a remedy and a documented exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    _prepare_streams()
    try:
        code = app(arguments, prog_name="lepta", standalone_mode=False)
        sys.stdout.flush()
    except LeptaError as error:
        _say(f"error: {error}")
        raise SystemExit(error.exit_code) from None
    except typer.TyperException as error:  # a wrong command line: its usage, then what is wrong
        show = getattr(error, "show", None)
        _say(f"Error: {error}") if show is None else show()
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read the answer has read enough (`lepta ... | head`).
        _drop_output()
        raise SystemExit(0) from None
    except Exception as fault:
        if "--debug" in arguments:
            raise
        if isinstance(fault, OSError) and fault.filename is None:  # a stream has no file name
            _drop_output()
            _say(
                f"error: the answer cannot be written: {fault.strerror or fault}\n"
                "  remedy: check the disk, and where standard output goes"
            )
            raise SystemExit(AdapterError.exit_code) from None
        _say(
            f"error: lepta met a fault of its own: {type(fault).__name__}: {fault}\n"
            "  remedy: run again as `lepta --debug ...` and report the output"
        )
        raise SystemExit(FAULT) from None
    if code == INTERRUPTED:
        _say("interrupted; nothing half-written was left behind")
    raise SystemExit(code if isinstance(code, int) else 0)


def _prepare_streams() -> None:
    """Make standard output and error safe to write to: closed ones, and those that are not UTF-8.

    A letter that the terminal's encoding lacks is shown as a question mark, instead of ending the
    command; JSON escapes it (see `emit`).
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # `lepta ... >&-`
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper) and not is_unicode(stream):
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """Let what is left in the buffer go nowhere, instead of failing once more when Python ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    # Names come from files: no control character of theirs reaches the terminal.
    shown = "".join(c if c == "\n" or c.isprintable() else ascii(c)[1:-1] for c in text)
    sys.stderr.write(shown + "\n")
