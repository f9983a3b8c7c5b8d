"""Write the calibration tables of docs/howto/demo.md from the figures in the code.

Without arguments: rewrite the page. With --check: say whether it is fresh (exit code 1 if not).
"""

import sys
from pathlib import Path

from lepta.sim.company.figures import FIGURES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "howto" / "demo.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def table() -> str:
    """The figures as a Markdown table."""
    lines = ["| figure | value | unit | source |", "|---|---|---|---|"]
    for each in FIGURES:
        shown = [f"{value:,g}" for value in each.values]
        values = ", ".join(shown if len(shown) <= 12 else (*shown[:3], "...", *shown[-2:]))
        lines.append(
            f"| {each.about} | {values} | {each.unit} | {each.source.title}; {each.source.cite} |"
        )
    return "\n".join(lines)


def fresh() -> str:
    """The page with the table as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


def main() -> int:
    """Rewrite or check the page."""
    if "--check" in sys.argv:
        ok = PAGE.read_text(encoding="utf-8") == fresh()
        print("fresh" if ok else f"stale: run python {Path(__file__).name}")
        return 0 if ok else 1
    PAGE.write_text(fresh(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
