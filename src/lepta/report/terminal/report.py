"""What `lepta report` shows: the one sentence, its proof, then the assessment and the plan."""

from rich.console import Console
from rich.text import Text

from lepta.domain.assessment import Assessment
from lepta.domain.plan import FleetPlan
from lepta.report.fleet import failed, marginals
from lepta.report.headline import headline, proof, text
from lepta.report.numbers import label, plain, price
from lepta.report.terminal.assess import body, head, sentence
from lepta.report.terminal.plan import show as show_plan

__all__ = ["show"]

MOST_PRICES = 8


def show(console: Console, assessment: Assessment | None, plan: FleetPlan | None) -> None:
    """Draw both, or the one that there is."""
    console.print()
    console.print(sentence(text(headline(assessment, plan))))
    if plan is not None and proof(plan):
        style = "red" if failed(plan) else "green"
        console.print(Text(proof(plan).replace("\N{NO-BREAK SPACE}", " "), style=style))
    if assessment is not None:
        body(assessment, console)
    if plan is not None:
        console.print(head("The plan"))
        show_plan(plan, console)
        _marginals(console, plan)


def _marginals(console: Console, plan: FleetPlan) -> None:
    rows = marginals(plan)
    if not rows:
        return
    console.print(head("What one more would cost (lowest to highest period)"))
    for row in rows[:MOST_PRICES]:
        low, high = price(row.low), price(row.high)
        amount = low if low == high else f"{low} to {high}"
        console.print(Text(f"  {row.kind} {label(row.name)}: {amount} {plain(row.unit)}"))
    if len(rows) > MOST_PRICES:
        console.print(f"… and {len(rows) - MOST_PRICES:,} more in report.json", style="dim")
