"""What `lepta demo` shows: the report, whether the planted waste was found, and the way on."""

from collections import Counter

from rich.console import Console
from rich.text import Text

from lepta.domain.demo import Demo
from lepta.report.terminal.assess import head
from lepta.report.terminal.report import show as show_report

__all__ = ["show"]


def show(console: Console, demo: Demo) -> None:
    """Draw the report of the generated company, and the way on."""
    show_report(console, demo.assessment, demo.plan)
    found = Counter(finding.kind for finding in demo.assessment.findings)
    planted = Counter(kind for kind, _ in demo.planted)
    console.print(head("What was planted in this generated company"))
    for kind, count in sorted(planted.items()):
        seen = f"found, {found[kind]} finding(s)" if found[kind] else "not found"
        console.print(Text(f"  {kind}: {count} resource(s), {seen}"))
    blind = len(demo.unmeasured)
    console.print(Text(f"  unknown utilization: {blind} machine(s), left alone: not known to idle"))
    console.print(head("Files"))
    for what, path in (("page", demo.html), ("data", demo.json), ("company", demo.folder)):
        console.print(Text(f"  {what:8}{path}"), soft_wrap=True)
    console.print(head("Try next"))
    for command in (
        f"open {demo.html} in a browser; it needs no network",
        f"cd {demo.folder} && lepta check && lepta assess --cost effective && lepta plan",
        "lepta init, to point lepta at your own bill",
    ):
        console.print(Text(f"  {command}"), soft_wrap=True)
    console.print()
