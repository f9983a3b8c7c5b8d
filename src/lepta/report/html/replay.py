"""A replay as one page: load against capacity, latency over time, cost against violations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lepta.domain.replay import PolicyRun, Replay
from lepta.report.html.charts import GRAY, PALETTE, Figure, inert
from lepta.report.html.page import render
from lepta.report.numbers import decimals, money
from lepta.report.replay import NAMES, RunRow, hardware, moment, rows, seconds, shown, verdict

__all__ = ["replay_page"]

INK: Final = "var(--ink)"
MOST_CHANGES: Final = 12
LETTER: Final = 0.027
"""Width of a letter, as a share of the width of the narrowest plot."""
MOST_RUNS: Final = 8
"""Policies with a color of their own; the rest is in the table."""


def replay_page(replay: Replay, *, generated_at: datetime) -> str:
    """Return the page as text."""
    found = rows(replay)
    drawn = [run for run in replay.policies if run.course is not None][:MOST_RUNS]
    figures: dict[str, Figure] = {}
    if drawn:
        figures["load"] = _load(replay, drawn)
        if any(np.isfinite(run.course.p99_s).any() for run in drawn if run.course):
            figures["times"] = _times_of(replay, drawn)
        if len(replay.policies) > 1:
            figures["tradeoff"] = _tradeoff(replay, found)
    best = next(
        (row.run for row in found if row.best), replay.policies[0] if replay.policies else None
    )
    if best is not None and best.course is not None and len(replay.variants) > 1:
        figures["variants"] = _variants(replay, best)
    return render(
        "replay.html.j2",
        figures,
        title=f"Replay of {replay.trace}",
        replay=replay,
        rows=found,
        verdict=verdict(replay),
        best=best,
        digits=decimals(max((row.cost for row in found), default=0.0)),
        seconds=seconds,
        hardware=hardware,
        shown=lambda run: shown(replay, run),
        name=NAMES[replay.shown],
        moment=lambda at_s: moment(replay, at_s),
        most_changes=MOST_CHANGES,
        generated_at=generated_at,
    )


def _load(replay: Replay, runs: Sequence[PolicyRun]) -> Figure:
    first = runs[0].course
    assert first is not None  # noqa: S101 - chosen so
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "Load",
            "x": _times(replay, first.step_s, len(first.load_per_s)),
            "y": _numbers(first.load_per_s),
            "line": {"width": 1.6, "color": INK},
        }
    ]
    traces += [
        {
            "type": "scatter",
            "mode": "lines",
            "name": inert(run.policy, 30),
            "x": _times(replay, run.course.step_s, len(run.course.capacity)),
            "y": _numbers(run.course.capacity),
            "line": {"shape": "hv", "width": 1.3, "color": PALETTE[k % len(PALETTE)]},
        }
        for k, run in enumerate(runs)
        if run.course is not None
    ]
    of = f" of {inert(replay.variants[0], 30)}" if len(replay.variants) > 1 else ""
    return _figure(replay, traces, f"replicas{of}", height=340)


def _times_of(replay: Replay, runs: Sequence[PolicyRun]) -> Figure:
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": inert(run.policy, 30),
            "x": _times(replay, run.course.step_s, len(run.course.p99_s)),
            "y": _numbers(run.course.p99_s),
            "line": {"width": 1.3, "color": PALETTE[k % len(PALETTE)]},
        }
        for k, run in enumerate(runs)
        if run.course is not None
    ]
    bound = replay.objective[0] if replay.objective else None
    if bound is not None and traces:
        longest = max(traces, key=lambda trace: len(trace["x"]))["x"]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "Objective",
                "x": [longest[0], longest[-1]],
                "y": [bound.bound_s] * 2,
                "line": {"dash": "dot", "width": 1.6, "color": GRAY},
            }
        )
    figure = _figure(replay, traces, f"{NAMES[replay.shown]} p99, s", height=300)
    figure["layout"]["yaxis"] |= {"type": "log", "rangemode": "normal"}
    return figure


def _tradeoff(replay: Replay, found: Sequence[RunRow]) -> Figure:
    digits = decimals(max(row.cost for row in found))
    front = sorted(
        (row for row in found if not row.beaten), key=lambda row: (row.cost, row.run.violations)
    )
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "Nothing is better in both",
            "x": [row.cost for row in front],
            "y": [100 * row.run.violations for row in front],
            "line": {"shape": "hv", "width": 1.2, "dash": "dot", "color": GRAY},
            "hoverinfo": "skip",
        }
    ]
    names = [inert(row.policy, 24) for row in found]
    places = label_places([(row.cost, row.run.violations) for row in found], names)
    traces += [
        {
            "type": "scatter",
            "mode": "markers+text",
            "name": inert(row.policy, 30),
            "x": [row.cost],
            "y": [100 * row.run.violations],
            "text": [names[k] if places[k] else ""],
            "textposition": places[k] or "top center",
            "cliponaxis": False,
            "marker": {
                "size": 11,
                "color": PALETTE[k % len(PALETTE)],
                "symbol": "circle" if row.run.kept else "circle-open",
            },
            "hoverinfo": "text",
            "hovertext": f"{inert(row.policy)}<br><b>{money(row.cost, digits)} "
            f"{inert(replay.currency)}</b><br>{row.run.violations:.2%} broken",
        }
        for k, row in enumerate(found)
    ]
    return {
        "data": traces,
        "layout": {
            "height": 360,
            "xaxis": {"title": {"text": inert(f"Cost, {replay.currency}")}, "rangemode": "tozero"},
            "yaxis": {
                "title": {"text": "Requests outside the objective, %"},
                "rangemode": "tozero",
            },
            "showlegend": False,
            "margin": {"t": 24, "r": 24, "b": 8, "l": 8},
        },
    }


def label_places(points: Sequence[tuple[float, float]], names: Sequence[str]) -> list[str]:
    """Return where each name of a point goes; "" where it would lie on another (see the legend).

    Sizes are shares of the plot of a telephone, on which a letter takes most room.
    """
    wide = max((x for x, _ in points), default=0.0) * 1.07 or 1.0
    high = max((y for _, y in points), default=0.0) * 1.07 or 1.0
    at = [(x / wide, y / high) for x, y in points]
    boxes = [(x - 0.03, x + 0.03, y - 0.025, y + 0.025) for x, y in at]
    places = [""] * len(at)
    for k in sorted(range(len(at)), key=lambda k: (len(names[k]), k)):
        x, y = at[k]
        half = LETTER * len(names[k]) / 2
        for place, low in (("top center", y + 0.03), ("bottom center", y - 0.09)):
            box = (x - half, x + half, low, low + 0.06)
            apart = (
                box[1] < other[0] or other[1] < box[0] or box[3] < other[2] or other[3] < box[2]
                for other in boxes
            )
            if box[0] >= -0.1 and box[1] <= 1.05 and low >= -0.01 and all(apart):
                places[k] = place
                boxes.append(box)
                break
    return places


def _variants(replay: Replay, run: PolicyRun) -> Figure:
    course = run.course
    assert course is not None  # noqa: S101 - chosen so
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": inert(name, 30),
            "x": _times(replay, course.step_s, len(course.replicas)),
            "y": _numbers(course.replicas[:, v]),
            "stackgroup": "replicas",
            "line": {"shape": "hv", "width": 0.6, "color": PALETTE[v % len(PALETTE)]},
            "fillcolor": PALETTE[v % len(PALETTE)],
        }
        for v, name in enumerate(replay.variants)
        if course.replicas[:, v].any()
    ]
    return _figure(replay, traces, "replicas paid for", height=280)


def _figure(replay: Replay, traces: list[dict[str, Any]], unit: str, *, height: int) -> Figure:
    calendar = replay.epoch_s == replay.epoch_s
    return {
        "data": traces,
        "layout": {
            "height": height,
            "xaxis": {"title": {"text": "UTC" if calendar else "hours from the start"}},
            "yaxis": {"title": {"text": unit}, "rangemode": "tozero"},
            "showlegend": False,
            "margin": {"t": 8, "r": 16, "b": 8, "l": 8},
        },
    }


def _times(replay: Replay, step_s: float, count: int) -> list[str] | list[float]:
    if replay.epoch_s == replay.epoch_s:
        return [moment(replay, k * step_s) for k in range(count)]
    return [round(k * step_s / 3600, 6) for k in range(count)]


def _numbers(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Return what JSON can hold: a gap where nothing is known."""
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]
