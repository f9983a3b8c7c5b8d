"""A frontier as one page: chart, table, and why."""

from datetime import datetime
from typing import Any

from lepta.domain.frontier import Frontier
from lepta.optimize.tradeoff import level_text
from lepta.report.frontier import TITLES, step_rows, title
from lepta.report.html.charts import GOOD, GRAY, PALETTE, Figure, inert
from lepta.report.html.page import render
from lepta.report.numbers import decimals, money

__all__ = ["frontier_page"]


def frontier_page(frontier: Frontier, *, generated_at: datetime) -> str:
    """Return the page as text."""
    rows = step_rows(frontier)
    figures = {"frontier": _chart(frontier)} if len(rows) > 1 else {}
    return render(
        "frontier.html.j2",
        figures,
        title=f"Cost against: {title(frontier)}",
        frontier=frontier,
        rows=rows,
        aim=TITLES[frontier.against],
        digits=decimals(max((row.cost for row in rows), default=0.0)),
        generated_at=generated_at,
    )


def _chart(frontier: Frontier) -> Figure:
    """Points joined by steps: between two levels the cost is at most that of the tighter one."""
    points = frontier.points
    digits = decimals(max(point.plan.cost or 0.0 for point in points))
    scale = 100.0 if frontier.unit in ("share", "quantile") else 1.0
    values = [scale * point.value for point in points]
    costs = [point.plan.cost or 0.0 for point in points]
    bounds = [point.plan.bound or 0.0 for point in points]
    hover = [
        f"{inert(level_text(frontier, point.value))}<br>"
        f"<b>{money(point.plan.cost, digits)} {inert(frontier.currency)}</b>"
        for point in points
    ]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": "Cheapest plan",
            "x": values,
            "y": costs,
            "line": {"shape": "vh", "width": 1.6, "color": PALETTE[0]},
            "marker": {"size": 9, "color": PALETTE[0]},
            "hoverinfo": "text",
            "hovertext": hover,
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": "No plan of this level costs less",
            "x": values,
            "y": bounds,
            "marker": {"size": 12, "symbol": "line-ew-open", "color": GRAY},
            "hoverinfo": "skip",
        },
    ]
    marked = (("Knee", GOOD, "knee", "diamond"), ("As asked", PALETTE[1], "asked", "circle-open"))
    for name, color, field, symbol in marked:
        places = [k for k, point in enumerate(points) if getattr(point, field)]
        if places:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "x": [values[k] for k in places],
                    "y": [costs[k] for k in places],
                    "marker": {"size": 15, "symbol": symbol, "color": color},
                    "hoverinfo": "text",
                    "hovertext": [f"{name}<br>{hover[k]}" for k in places],
                }
            )
    unit = "%" if scale > 1 else frontier.unit
    return {
        "data": traces,
        "layout": {
            "height": 380,
            "xaxis": {"title": {"text": inert(f"{title(frontier)}, {unit}")}},
            "yaxis": {
                "title": {"text": inert(frontier.currency)},
                "rangemode": "tozero",
                "tickformat": ",~f",
            },
            "showlegend": False,
            "margin": {"t": 8, "r": 16, "b": 8, "l": 8},
        },
    }
