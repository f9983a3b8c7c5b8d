"""Figures as plain Plotly dictionaries. Colors of text and grid are the page's, set when drawn.

Text from data goes through `inert`: Plotly reads a little HTML in labels, so markup is escaped.
Bars stand at positions 0, 1, 2... with the names as tick texts: a name that looks like a date or a
number stays a name, and two names that look alike when cut stay two bars.
"""

from collections.abc import Sequence
from html import unescape
from typing import Any, Final

from lepta.domain.assessment import IDLE, UNALLOCATED, Assessment
from lepta.report.numbers import clip, decimals, money, plain, share
from lepta.report.spend import Breakdown, Daily, Line, daily
from lepta.units import from_micros

__all__ = ["GOOD", "GRAY", "PALETTE", "Figure", "bars", "colors", "inert", "legend", "per_day"]

PALETTE: Final = (
    "#3f74b5",
    "#e0873e",
    "#3d9a8b",
    "#b9557d",
    "#8878c9",
    "#b99a2f",
    "#63a0d8",
    "#7d9445",
)
"""Eight hues of like weight that stay apart for color-blind eyes, on white and on near-black."""
GRAY: Final = "#98a1ac"
GOOD: Final = "#2f9e6e"

LEGEND_CLASS: Final = {"/": "hatch", ".": "dots", "x": "cross", "dot": "dotted"}
"""The class of style.css that draws a pattern like the chart's."""

Figure = dict[str, Any]


def inert(text: str, longest: int | None = None) -> str:
    """Escape the little markup that Plotly reads, after cutting: an entity is never cut."""
    cut = plain(text) if longest is None else clip(text, longest)
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def colors(lines: Sequence[Line]) -> dict[str, str]:
    """Give each member its hue, the same in every chart of the page; gray is nobody's."""
    named = [line.key for line in lines if not line.special and line.key]
    return {key: PALETTE[index % len(PALETTE)] for index, key in enumerate(named)}


def per_day(assessment: Assessment, hues: dict[str, str]) -> Figure | None:
    """Money per day, stacked by team."""
    table = daily(assessment)
    if len(table.days) < 2:
        return None
    currency = assessment.spend.currency
    digits = decimals(from_micros(assessment.spend.total_micros))
    days = [day.isoformat() for day in table.days]
    traces = []
    for line, row in table.series:
        name = inert(line.label, 28)
        amounts = [from_micros(micros) for micros in row]
        traces.append(
            {
                "type": "bar",
                "name": name,
                "x": days,
                "y": amounts,
                "marker": _marker(line, hues),
                "hoverinfo": "text",
                "hovertext": [
                    f"{day}<br>{inert(line.label, 60)}<br><b>{money(amount, digits)} {currency}</b>"
                    for day, amount in zip(days, amounts, strict=True)
                ],
            }
        )
    return {
        "data": traces,
        "layout": {
            "barmode": "relative",
            "bargap": 0.18,
            "height": 320,
            "xaxis": {"type": "date", "tickformat": "%b %-d", "showgrid": False},
            "yaxis": {"tickformat": _ticks(table)},
            "showlegend": False,
            "margin": {"t": 8, "r": 8, "b": 8, "l": 8},
        },
    }


def bars(table: Breakdown, currency: str, hues: dict[str, str] | None = None) -> Figure:
    """One bar per member of a dimension, the largest on top."""
    lines = list(table.lines)
    if table.more:
        spot = next((i for i, line in enumerate(lines) if line.special), len(lines))
        other = Line(key="", label=f"{table.more} others", micros=table.rest_micros)
        lines.insert(spot, other)
    amounts = [from_micros(line.micros) for line in lines]
    whole = table.total_micros
    digits = decimals(from_micros(whole))
    top = max(amounts, default=0.0)
    low = min(amounts, default=0.0)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": amounts,
                "y": list(range(len(lines))),
                "marker": _markers(lines, hues),
                "text": [money(amount, digits) for amount in amounts],
                "textposition": "outside",
                "cliponaxis": False,
                "hoverinfo": "text",
                "hovertext": [
                    f"{inert(line.label, 80)}<br><b>{money(amount, digits)} {currency}</b> "
                    f"({share(line.micros, whole, 1)})"
                    for line, amount in zip(lines, amounts, strict=True)
                ],
            }
        ],
        "layout": {
            "height": 30 * len(lines) + 16,
            "meta": _room([money(amount, digits) for amount in amounts], lines),
            "bargap": 0.32,
            "showlegend": False,
            "xaxis": {
                "visible": False,
                "range": [min(low, 0), max(top, 0) or 1],
            },
            "yaxis": {
                "tickvals": list(range(len(lines))),
                "ticktext": [inert(line.label, 24) + "  " for line in lines],
                "range": [len(lines) - 0.5, -0.5],
                "showgrid": False,
                "zeroline": False,
            },
            "margin": {"t": 4, "r": 4, "b": 4, "l": 4},
        },
    }


def legend(figure: Figure) -> list[tuple[str, str, str]]:
    """Return (name, color, pattern) per trace with a name, for a legend that the page sets itself.

    Plotly's own legend does not wrap on a telephone and moves when the chart is redrawn.
    """
    found = []
    for trace in figure["data"]:
        if "name" not in trace:
            continue
        marker = trace.get("marker") or trace["line"]
        shape = marker.get("pattern", {}).get("shape", marker.get("dash", ""))
        found.append((unescape(trace["name"]), marker["color"], LEGEND_CLASS.get(shape, "")))
    return found


def _room(amounts: Sequence[str], lines: Sequence[Line]) -> dict[str, int]:
    """Say how many letters stand at the end and before the bars; the page knows how wide it is."""
    return {
        "amount": max(map(len, amounts), default=0),
        "name": max((len(clip(line.label, 24)) for line in lines), default=0),
    }


def _ticks(table: Daily) -> str:
    """Choose the d3 format of the money axis: 20k and 8M where that is shorter and certain."""
    top = max(
        sum(map(abs, column)) for column in zip(*(row for _, row in table.series), strict=True)
    )
    return "~s" if 10_000 <= from_micros(top) < 1e9 else ",~f"


def _marker(line: Line, hues: dict[str, str]) -> dict[str, Any]:
    if not line.special:
        return {"color": hues.get(line.key, GRAY)}
    shape = {IDLE: "/", UNALLOCATED: "."}.get(line.key, "x")
    return {"color": GRAY, "pattern": {"shape": shape, "size": 6, "solidity": 0.35}}


def _markers(lines: Sequence[Line], hues: dict[str, str] | None) -> dict[str, Any]:
    plain_hue = PALETTE[0]
    return {
        "color": [
            GRAY
            if line.special or not line.key
            else plain_hue
            if hues is None
            else hues.get(line.key, GRAY)
            for line in lines
        ],
        "pattern": {
            "shape": [
                "" if not line.special else {IDLE: "/", UNALLOCATED: "."}.get(line.key, "x")
                for line in lines
            ],
            "size": 6,
            "solidity": 0.35,
        },
    }
