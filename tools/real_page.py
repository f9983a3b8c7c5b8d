"""Put today's output into docs/howto/real-data.md: `python tools/real_page.py [--check]`.

The page quotes a few files and outputs in fences that name them (```text title="plan"). With
--check nothing is written; the exit code is 1 where the page is stale. Needs the public data.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "howto" / "real-data.md"


def run(*command: str, cwd: Path) -> str:
    """Run a Python program and return what it says; lines without trailing blanks."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def blocks(data: Path, out: Path) -> dict[str, str]:
    """Make the case and the plan in `out`; return what the page quotes, by title."""
    build = str(ROOT / "examples" / "real_data" / "build.py")
    said = run(build, "--data", str(data), "--out", "out/real/case", cwd=out)
    case = out / "out" / "real" / "case"
    plan = run("-m", "lepta", "plan", "--case", "case", "--no-save", cwd=case.parent)
    # Eight small machines cost what one large one costs: which of them is held is a toss-up, so
    # these rows are left out, as "..." says.
    plan = re.sub(r"(^ +p5\..*\n)+", "  ...\n", plan, flags=re.MULTILINE)
    files = ("replicas.csv", "offers.csv")
    return {"build": said, "plan": plan, **{name: (case / name).read_text() for name in files}}


def fill(page: str, quotes: dict[str, str]) -> str:
    """Put each quote into the fence of its title."""
    for title, quote in quotes.items():
        fence = re.compile(rf'(```text title="{re.escape(title)}"\n).*?(```)', re.DOTALL)
        page, count = fence.subn(lambda found, quote=quote: found[1] + quote + found[2], page)
        if count != 1:
            raise SystemExit(f"{PAGE}: there are {count} fences titled {title!r}, not 1")
    return page


def main() -> int:
    """Fill the page, or tell whether it is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--data", type=Path, help="folder of public data")
    options = parser.parse_args()
    data = options.data or Path(os.environ.get("LEPTA_DATA") or ROOT.parent / "shared" / "data")
    page = PAGE.read_text()
    with tempfile.TemporaryDirectory() as out:
        filled = fill(page, blocks(data.resolve(), Path(out)))
    if filled == page:
        return 0
    if options.check:
        print(f"{PAGE.relative_to(ROOT)} is stale: run python tools/real_page.py")
        return 1
    PAGE.write_text(filled)
    return 0


if __name__ == "__main__":
    sys.exit(main())
