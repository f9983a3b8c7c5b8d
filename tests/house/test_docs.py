"""The manual is true: its Python runs, its commands print what it says.

```python fences of a page are one script. ```console fences hold `$ command` lines and what they
print: a line `...` stands for any lines, `...` inside a line for any text. Each page runs in its
own copy of examples/.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(python|console)[^\n]*\n(.*?)^```\s*$", re.M | re.S)
PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if FENCE.search(page.read_text(encoding="utf-8"))
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "examples"
    ignored = shutil.ignore_patterns("__pycache__", ".lepta", "out")
    shutil.copytree(ROOT / "examples", copy, ignore=ignored)
    return copy


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONWARNINGS": "error",
    }
    env.pop("FORCE_COLOR", None)
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )


def matches(said: list[str], seen: list[str]) -> bool:
    """Tell whether what was printed is what the page says."""
    parts = []
    for line in said:
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(".*".join(re.escape(p) for p in line.rstrip().split("...")) + r" *\n")
    return re.fullmatch("".join(parts), "".join(line + "\n" for line in seen)) is not None


def dialogues(text: str) -> list[tuple[str, list[str]]]:
    """Split a console fence into commands and what they print; `\\` continues a command."""
    found: list[tuple[str, list[str]]] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command = command[:-1] + next(lines)
            found.append((command, []))
        else:
            found[-1][1].append(line)
    return found


def tidy(lines: list[str]) -> list[str]:
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return lines


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_page(page: Path, folder: Path) -> None:
    fences = FENCE.findall(page.read_text(encoding="utf-8"))
    for kind, text in fences:
        if kind != "console":
            continue
        for command, said in dialogues(text):
            done = run(["bash", "-c", command], folder)
            wanted, seen = tidy(said), tidy(done.stdout.splitlines())
            if not matches(wanted, seen):
                diff = "\n".join(difflib.unified_diff(wanted, seen, "page", "printed", lineterm=""))
                pytest.fail(f"{page.name}: $ {command} (exit {done.returncode})\n{diff}")
    script = "\n".join(text for kind, text in fences if kind == "python")
    if script:
        done = run([sys.executable, "-c", script], folder)
        assert done.returncode == 0, f"{page.name}: its Python fails\n{done.stdout}"


def test_the_matcher_itself() -> None:
    assert matches(["a", "...", "c ... e"], ["a", "x", "y", "c d e"])
    assert matches(["..."], [])
    assert not matches(["a"], ["a", "b"])
    assert not matches(["cost 10"], ["cost 100"])
