"""`make install` on machines that lack something: a message with the remedy, or nothing to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOO_OLD = '#!/bin/sh\nif [ "$1" = --version ]; then echo Python 3.10.4; exit 0; fi\nexit 1\n'
NO_VENV = '#!/bin/sh\n[ "$1" = -m ] && exit 1\nexit 0\n'
NO_ROOT = "#!/bin/sh\necho 1000\n"


@pytest.fixture
def machine(tmp_path: Path, checkout: Path) -> Path:
    """A checkout without `.venv`, and a PATH with only what every Linux has."""
    place = tmp_path / "checkout"
    shutil.copytree(checkout / "tools", place / "tools")
    shutil.copytree(checkout / "requirements", place / "requirements")
    shutil.copy(checkout / "pyproject.toml", place)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cat", "cmp", "dirname", "head", "rm", "sh", "touch"):
        (tools / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name} here"))
    command(tools, "id", NO_ROOT)
    return place


def command(tools: Path, name: str, script: str) -> None:
    (tools / name).write_text(script)
    (tools / name).chmod(0o755)


def install(place: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(place.parent / "bin"), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [shutil.which("bash") or "bash", "tools/install.sh", "core"],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_python_at_all(machine: Path) -> None:
    done = install(machine)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; python3 is not there" in done.stderr
    assert "remedy:" in done.stderr


def test_python_too_old(machine: Path) -> None:
    command(machine.parent / "bin", "python3", TOO_OLD)
    done = install(machine)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; python3 is Python 3.10.4" in done.stderr


def test_no_venv_module_and_no_root(machine: Path) -> None:
    command(machine.parent / "bin", "python3", NO_VENV)
    done = install(machine)
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert not (machine / ".venv").exists()


def test_up_to_date_says_and_does_nothing(machine: Path) -> None:
    venv = machine / ".venv"
    (venv / "bin").mkdir(parents=True)
    command(venv / "bin", "python", "#!/bin/sh\nexit 1\n")
    parts = ("core.txt", "build.txt")
    pins = "".join((machine / "requirements" / part).read_text() for part in parts)
    rest = (machine / "pyproject.toml").read_text() + (machine / "tools/install.sh").read_text()
    (venv / "core.stamp").write_text(f"{machine.resolve()}\n{pins}{rest}")
    done = install(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_pin_is_seen(machine: Path) -> None:
    test_up_to_date_says_and_does_nothing(machine)
    with (machine / "requirements/core.txt").open("a") as pins:
        pins.write("another==1\n")
    assert install(machine).returncode != 0  # it tried: this machine has no Python
