"""Figures of a plan: cost beside what runs now, what it is paid for, units and their changes."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from lepta.domain.plan import FleetPlan
from lepta.report.fleet import COSTS, costs, demand, first_week, steps
from lepta.report.html.charts import GOOD, GRAY, PALETTE, Figure, inert
from lepta.report.numbers import count, decimals, instant, money, share

__all__ = ["changes", "compare", "split", "units_over_time"]

BOUND: Final = "#b9557d"
INK: Final = "var(--ink)"
"""The color of text, which the page knows: it stays clear on every color beneath."""
MOST_OFFERS: Final = 7
"""Offers with a color of their own; the rest is one."""


def compare(plan: FleetPlan, base: FleetPlan | None = None) -> Figure | None:
    """What runs now, the plan, and the least that any plan can cost; `base` is without what-ifs."""
    if plan.cost is None:
        return None
    rows = [("What if" if base else "Plan", plan.cost, GOOD)]
    if base is not None and base.cost is not None:
        rows.insert(0, ("Base", base.cost, PALETTE[0]))
    if plan.cost_now is not None:
        rows.insert(0, ("Runs now", plan.cost_now, GRAY))
    top = max(amount for _, amount, _ in rows)
    digits = decimals(top)
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [amount for _, amount, _ in rows],
            "y": list(range(len(rows))),
            "marker": {"color": [color for _, _, color in rows]},
            "text": [money(amount, digits) for _, amount, _ in rows],
            "textposition": "outside",
            "cliponaxis": False,
            "hoverinfo": "text",
            "hovertext": [
                f"{name}<br><b>{money(amount, digits)} {plan.currency}</b>"
                for name, amount, _ in rows
            ],
        }
    ]
    if plan.bound is not None:
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "No plan can cost less",
                "x": [plan.bound, plan.bound],
                "y": [len(rows) - 1.45, len(rows) - 0.55] if base else [-0.45, len(rows) - 0.55],
                "line": {"dash": "dot", "width": 2, "color": BOUND},
                "hoverinfo": "text",
                "hovertext": f"No plan can cost less than {money(plan.bound, digits)}",
            }
        )
    layout = _lying([name for name, _, _ in rows], top)
    layout["meta"]["amount"] = len(money(top, digits))
    return {"data": traces, "layout": layout}


def split(plan: FleetPlan, base: FleetPlan | None = None) -> Figure | None:
    """The parts of the cost, stacked; nothing where the plan pays for machines alone."""
    rows = [("What if" if base else "Plan", costs(plan))]
    if base is not None:
        rows.insert(0, ("Base", costs(base)))
    names = [name for name in COSTS if any(name in parts for _, parts in rows)]
    if len(names) < 2:
        return None
    top = max(sum(parts.values()) for _, parts in rows)
    digits = decimals(top)
    traces = []
    for index, name in enumerate(names):
        amounts = [parts.get(name, 0.0) for _, parts in rows]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": COSTS[name],
                "x": amounts,
                "y": list(range(len(rows))),
                "marker": {"color": PALETTE[index % len(PALETTE)]},
                "hoverinfo": "text",
                "hovertext": [
                    f"{COSTS[name]}<br><b>{money(amount, digits)} {plan.currency}</b> "
                    f"({share(amount, sum(parts.values()), 1)})"
                    for amount, (_, parts) in zip(amounts, rows, strict=True)
                ],
            }
        )
    layout = _lying([name for name, _ in rows], top)
    return {"data": traces, "layout": {**layout, "barmode": "relative"}}


def units_over_time(plan: FleetPlan) -> Figure | None:
    """Units held in the first week, stacked by offer; a step holds until the next.

    The dotted line is what is served, all classes together, on an axis of its own.
    """
    grid = first_week(steps(plan))
    if len(grid.times) < 3 or not grid.series:
        return None
    times = [moment.isoformat() for moment in grid.times]
    traces: list[dict[str, Any]] = []
    for index, (offer, row) in enumerate(_largest(grid.series)):
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": inert(offer, 30),
                "x": times,
                "y": [*row, row[-1]],
                "stackgroup": "units",
                "line": {"shape": "hv", "width": 0.6, "color": PALETTE[index % len(PALETTE)]},
                "fillcolor": PALETTE[index % len(PALETTE)],
                "hoveron": "points",
                "hoverinfo": "text",
                "hovertext": [
                    f"{instant(moment)}<br>{inert(offer, 60)}<br><b>{number} units</b>"
                    for moment, number in zip(grid.times, (*row, row[-1]), strict=True)
                ],
            }
        )
    served = demand(plan, grid.times)
    if any(served):
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "Demand, requests/s (right)",
                "x": times,
                "y": [*served, served[-1]],
                "yaxis": "y2",
                "line": {"shape": "hv", "width": 2, "dash": "dot", "color": INK},
                "hoverinfo": "text",
                "hovertext": [
                    f"{instant(moment)}<br><b>{count(rate)} requests/s</b>"
                    for moment, rate in zip(grid.times, (*served, served[-1]), strict=True)
                ],
            }
        )
    return {
        "data": traces,
        "layout": {
            "height": 320,
            "xaxis": {"type": "date", "showgrid": False},
            "yaxis": {"rangemode": "tozero", "tickformat": ",~f"},
            "yaxis2": {
                "overlaying": "y",
                "side": "right",
                "rangemode": "tozero",
                "showgrid": False,
                "tickmode": "auto",
                "tickformat": "~s",
            },
            "showlegend": False,
            "margin": {"t": 8, "r": 8, "b": 8, "l": 8},
        },
    }


def changes(plan: FleetPlan) -> Figure | None:
    """Units added (up) and released (down) in the first week, by offer.

    At the first instant the plan is compared with what runs now, where that is known.
    """
    grid = first_week(steps(plan))
    if len(grid.times) < 2:
        return None
    start, end = grid.times[0], grid.times[-1]
    margin = (end - start) / 40  # a bar stands to both sides of its instant
    shortest = min(after - moment for moment, after in pairwise(grid.times))
    width = 800 * min(max(shortest, margin / 4), 2 * margin).total_seconds()  # in ms, with a gap
    now = dict(plan.current or ())
    held = dict(grid.series)
    rows = [
        *held.items(),
        *((name, (0,) * (len(grid.times) - 1)) for name in sorted(now.keys() - held)),
    ]
    before = {name: now.get(name, 0) if plan.current is not None else row[0] for name, row in rows}
    turns = [
        (name, tuple(here - last for last, here in zip((before[name], *row), row, strict=False)))
        for name, row in rows
    ]
    traces = []
    for index, (offer, row) in enumerate(_largest(turns)):
        moved = [(moment, step) for moment, step in zip(grid.times[:-1], row, strict=True) if step]
        traces.append(
            {
                "type": "bar",
                "name": inert(offer, 30),
                "x": [moment.isoformat() for moment, _ in moved],
                "y": [step for _, step in moved],
                "width": width,
                "marker": {"color": PALETTE[index % len(PALETTE)]},
                "hoverinfo": "text",
                "hovertext": [
                    f"{instant(moment)}<br>{inert(offer, 60)}<br><b>{step:+d} units</b>"
                    for moment, step in moved
                ],
            }
        )
    if not any(trace["y"] for trace in traces):
        return None
    return {
        "data": [trace for trace in traces if trace["y"]],
        "layout": {
            "barmode": "relative",
            "height": 220,
            "xaxis": {
                "type": "date",
                "showgrid": False,
                "range": [(start - margin).isoformat(), (end + margin).isoformat()],
            },
            "yaxis": {"tickformat": ",~f"},
            "showlegend": False,
            "margin": {"t": 8, "r": 8, "b": 8, "l": 8},
        },
    }


def _largest(
    rows: Sequence[tuple[str, tuple[int, ...]]],
) -> list[tuple[str, tuple[int, ...]]]:
    """The first offers, which are those with most unit-hours, and the sum of all others."""
    if len(rows) <= MOST_OFFERS + 1:
        return list(rows)
    columns = zip(*(row for _, row in rows[MOST_OFFERS:]), strict=True)
    rest = tuple(sum(column) for column in columns)
    return [*rows[:MOST_OFFERS], (f"{len(rows) - MOST_OFFERS} other offers", rest)]


def _lying(names: list[str], top: float) -> dict[str, Any]:
    """Lay out bars that lie, the first on top."""
    return {
        "height": 52 * len(names) + 12,
        "meta": {"amount": 0, "name": max(map(len, names))},
        "bargap": 0.3,
        "xaxis": {"visible": False, "range": [0, top or 1]},
        "yaxis": {
            "tickvals": list(range(len(names))),
            "ticktext": [name + "  " for name in names],
            "range": [len(names) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
        "showlegend": False,
        "margin": {"t": 4, "r": 4, "b": 4, "l": 4},
    }
