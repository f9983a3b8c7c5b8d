"""Streams as shells leave them: closed, full, left by their reader, or in another encoding."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

LEPTA = f"{shlex.quote(sys.executable)} -m lepta"
SOLVE = "solve nodes.csv --price price --need compute=4"


@pytest.fixture
def shell(tmp_path):
    (tmp_path / "nodes.csv").write_text("node,price,compute\n日本語,1,2\n", encoding="utf-8")

    def run(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["/bin/bash", "-c", f"set -o pipefail; {line}"],
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, **environment},
            check=False,
            timeout=120,
        )

    return run


@pytest.mark.parametrize("command", ["prices --all", "prices --all --json", "prices --all --csv"])
def test_a_reader_that_has_read_enough_is_no_fault(shell, command):
    done = shell(f"{LEPTA} {command} | head -1")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_output_is_no_fault(shell):
    done = shell(f"{LEPTA} {SOLVE} --json >&-")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("form", ["", "--json"])
def test_a_full_disk_is_said(shell, form):
    done = shell(f"{LEPTA} {SOLVE} {form} > /dev/full")
    assert done.returncode == 7
    assert b"cannot be written" in done.stderr
    assert b"remedy" in done.stderr
    assert b"Traceback" not in done.stderr


def test_another_encoding_shows_question_marks(shell):
    done = shell(f"{LEPTA} {SOLVE}", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert b"???" in done.stdout


def test_another_encoding_escapes_json(shell):
    done = shell(f"{LEPTA} {SOLVE} --json", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["nodes"][0]["name"] == "日本語"


def test_half_a_character_in_a_path_is_replaced(shell):
    done = shell(f"mkdir $'\\xff' && {LEPTA} init --json $'\\xff/lepta.yaml'")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["written"] is True


def test_two_forms_at_once_are_refused(shell):
    done = shell(f"{LEPTA} prices --csv --json")
    assert done.returncode == 2
    assert done.stdout == b""


def test_a_narrow_terminal_cuts_no_number(shell, tmp_path):
    for name, text in {
        "offers": "offer,price_per_hour\na-rather-long-name,123456.78\n",
        "demand": "class,start,hours,rate_per_s\nchat,2026-11-23T00:00:00Z,1,1\n",
        "profiles": "class,offer,rate_per_s\nchat,a-rather-long-name,5\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(text)
    done = shell(f"{LEPTA} plan --case . --no-save", COLUMNS="40")
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.decode().splitlines() if "a-rather-long-name" in line]
    assert rows[0].split()[-1] == "123,457"
