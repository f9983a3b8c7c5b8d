"""The command itself: every end is one message and a documented exit code."""

import subprocess
import sys

import pytest
import typer

from lepta import __version__
from lepta.cli import main as face
from lepta.errors import ConfigError, Infeasible, InputError, LeptaError, Permanent, Refused

TREE = {LeptaError: 1, Infeasible: 3, ConfigError: 4, InputError: 5, Refused: 6, Permanent: 7}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lepta", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """A command line with one command that ends as it is told to."""

    def build(fault: BaseException) -> None:
        app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)

        @app.callback()
        def options(debug: bool = False) -> None:
            pass

        @app.command("fail")
        def fail() -> None:
            raise fault

        monkeypatch.setattr(face, "app", app)

    return build


def end(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        face.main(list(arguments))
    return ended.value.code


@pytest.mark.parametrize(("kind", "code"), TREE.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_each_error_is_one_message_and_its_code(failing, capsys, kind, code) -> None:
    failing(kind("no such thing", where="a.csv, line 2", remedy="write it"))
    assert end("fail") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: a.csv, line 2: no such thing\n  remedy: write it\n"


def test_a_fault_shows_no_traceback(failing, capsys) -> None:
    failing(ZeroDivisionError("division by zero"))
    assert end("fail") == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "ZeroDivisionError: division by zero" in err
    assert "lepta --debug" in err


def test_a_fault_shows_its_traceback_when_asked(failing) -> None:
    failing(ZeroDivisionError("division by zero"))
    with pytest.raises(ZeroDivisionError):
        face.main(["--debug", "fail"])


def test_interrupted(failing, capsys) -> None:
    failing(KeyboardInterrupt())
    assert end("fail") == 130
    assert "interrupted" in capsys.readouterr().err


def test_who_closed_the_pipe_has_read_enough(failing, capsys) -> None:
    failing(BrokenPipeError())
    assert end("fail") == 0
    assert capsys.readouterr().err == ""


def test_the_exit_code_that_a_command_chose(failing) -> None:
    failing(typer.Exit(3))
    assert end("fail") == 3


def test_no_control_character_of_a_name_reaches_the_terminal(failing, capsys) -> None:
    failing(InputError("bad", where="evil\x1b[2Jname.csv"))
    assert end("fail") == 5
    assert capsys.readouterr().err == "error: evil\\x1b[2Jname.csv: bad\n"


def test_version_needs_no_command() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"lepta {__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(flag: str) -> None:
    done = run(flag)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: lepta ")
    for name in face.ORDER:
        assert f"\n  {name} " in done.stdout, f"{name} is missing"


def test_unknown_command_and_option() -> None:
    for wrong in (["nonsense"], ["--nonsense"]):
        done = run(*wrong)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("Usage: lepta ")
        assert "nonsense" in done.stderr


def test_help_loads_nothing_heavy() -> None:
    heavy = ["numpy", "pandas", "ibis", "duckdb", "highspy", "rich", "plotly", "pydantic", "jinja2"]
    code = (
        "import sys\nfrom lepta.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("LOADED []\n")
