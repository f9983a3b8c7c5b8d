"""What `lepta forecast` shows: the interval per step, and how the methods did."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lepta.forecast.answer import ForecastAnswer
from lepta.report.numbers import NO_DATA, clip, plain
from lepta.report.schema.forecast import moment

__all__ = ["show"]

MOST_ROWS = 24
MOST_DRIFTS = 3


def show(answer: ForecastAnswer, console: Console) -> None:
    """Draw the head, the steps (thinned out to 24), the back-test and the remarks."""
    said, past = answer.forecast, answer.past
    lost = f", {past.missing} not seen" if past.missing else ""
    head = f"{clip(past.name, 60)}: {len(past)} steps of {past.step_s:g} s{lost}"
    console.print(Text(f"{head}; forecast by {said.method}"), soft_wrap=True)
    console.print(_steps(answer))
    console.print(_methods(answer))
    for line in _remarks(answer):
        console.print(Text(plain(line)), soft_wrap=True)


def _steps(answer: ForecastAnswer) -> Table:
    said = answer.forecast
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("From", no_wrap=True)
    for level in said.levels:
        table.add_column(f"{level * 100:g} %", justify="right", no_wrap=True)
    every = -(-said.horizon // MOST_ROWS)
    for k in range(0, said.horizon, every):
        when = moment(answer.past, said.start_s + k * said.step_s)
        shown = when if isinstance(when, str) else f"{when:.10g} s"
        table.add_row(shown, *(f"{value:.5g}" for value in said.values[:, k]))
    return table


def _methods(answer: ForecastAnswer) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Back-test", overflow="fold")
    for name in ("Pinball", "of naive", "90 % holds", "MASE"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in answer.tried:
        ratio = one.pinball / one.pinball_naive if one.pinball_naive > 0 else float("nan")
        table.add_row(
            Text(clip(one.method, 60)),
            f"{one.pinball:.4g}",
            f"{ratio:.2f}" if ratio == ratio else NO_DATA,
            f"{one.coverage:.0%}",
            f"{one.mase:.2f}" if one.mase == one.mase else NO_DATA,
        )
    return table


def _remarks(answer: ForecastAnswer) -> list[str]:
    lines = [*answer.forecast.notes, *(f"left out: {reason}" for reason in answer.left_out)]
    for since, side in answer.drifted_s[-MOST_DRIFTS:]:
        where = "above" if side > 0 else "below"
        when = moment(answer.past, since)
        lines.append(f"drift: since {when} the series lies {where} its daily pattern")
    return lines
