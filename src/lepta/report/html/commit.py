"""A purchase of commitments -> one HTML file: regret curve, coverage, contracts, and why."""

from datetime import datetime

from lepta.domain.commitment import CommitPlan
from lepta.report.html.charts import GOOD, GRAY, PALETTE, Figure, inert
from lepta.report.html.page import render
from lepta.report.numbers import decimals, money, share

__all__ = ["commit_page"]

MOST_POOLS = 12


def commit_page(plan: CommitPlan, *, title: str | None = None, generated_at: datetime) -> str:
    """Return the page as text; it opens offline and runs nothing from data."""
    figures = {"regret": _regret(plan), "coverage": _coverage(plan)}
    return render(
        "commit.html.j2",
        figures,
        title=title or "Commitments",
        plan=plan,
        generated_at=generated_at,
        digits=decimals(plan.cost_on_demand),
        failed=sum(not check.ok for check in plan.checks),
    )


def _regret(plan: CommitPlan) -> Figure:
    """Draw saving, saving in the worst 5 % and regret over demand."""
    digits = decimals(plan.cost)
    demand = [100 * row.demand for row in plan.regret]
    series = (
        ("Expected saving", [row.saving.expected for row in plan.regret], GOOD, "solid"),
        (
            "In the worst 5%",
            [r.saving.worst for r in plan.regret],
            "#e0873e",
            "dot",
        ),
        ("Regret", [row.regret for row in plan.regret], GRAY, "solid"),
    )
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": demand,
                "y": amounts,
                "line": {"width": 2, "color": color, "dash": dash},
                "hoverinfo": "text",
                "hovertext": [
                    f"demand {at:.0f}% of the forecast<br>{name}<br>"
                    f"<b>{money(amount, digits)} {inert(plan.currency)}</b>"
                    for at, amount in zip(demand, amounts, strict=True)
                ],
            }
            for name, amounts, color, dash in series
        ],
        "layout": {
            "height": 320,
            "xaxis": {"ticksuffix": "%", "showgrid": False},
            "yaxis": {"tickformat": "~s" if plan.cost >= 10_000 else ",~f", "zeroline": True},
            "showlegend": False,
            "margin": {"t": 8, "r": 8, "b": 8, "l": 8},
        },
    }


def _coverage(plan: CommitPlan) -> Figure:
    """Draw how each family in a region is paid for: owned, bought now, on demand."""
    pools = [row for row in plan.pools[:MOST_POOLS] if row.usage > 0]
    parts = (
        ("Covered by what is owned", [row.covered_now / row.usage for row in pools], PALETTE[0]),
        (
            "Covered by the purchase",
            [max(row.covered - row.covered_now, 0.0) / row.usage for row in pools],
            GOOD,
        ),
        ("On demand", [1.0 - max(r.covered, r.covered_now) / r.usage for r in pools], GRAY),
    )
    names = [f"{row.family} in {row.region}" for row in pools]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "x": [100 * part for part in shares],
                "y": list(range(len(pools))),
                "marker": {"color": color},
                "hoverinfo": "text",
                "hovertext": [
                    f"{inert(pool, 60)}<br>{name}: <b>{share(part, 1.0, 1) or '0%'}</b>"
                    for pool, part in zip(names, shares, strict=True)
                ],
            }
            for name, shares, color in parts
        ],
        "layout": {
            "barmode": "stack",
            "height": 44 * len(pools) + 40,
            "bargap": 0.3,
            "showlegend": False,
            "xaxis": {"range": [0, 100], "ticksuffix": "%", "showgrid": False},
            "yaxis": {
                "tickvals": list(range(len(pools))),
                "ticktext": [inert(name, 24) + "  " for name in names],
                "range": [len(pools) - 0.5, -0.5],
                "showgrid": False,
                "zeroline": False,
            },
            "margin": {"t": 4, "r": 4, "b": 4, "l": 4},
        },
    }
