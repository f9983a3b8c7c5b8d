"""What a what-if did to a case and to its plan, and what else two plans differ in, in words."""

from dataclasses import dataclass

from lepta.domain.plandiff import Comparison, Pair, PlanDiff
from lepta.domain.whatifcase import Moved
from lepta.report.numbers import count, decimals, money, share

__all__ = ["Other", "others", "said", "verdict"]

MOVED = 0.0005
"""Share of a class that has to move before a route is told."""


@dataclass(frozen=True, slots=True)
class Other:
    """Something beside cost and units that two plans differ in."""

    what: str
    before: str
    after: str


def said(row: Moved) -> str:
    """Say which number became which: `price per hour of h100 (accelerator H100): 5.4 -> 4.32`."""
    by = f" ({row.by})" if row.by else ""
    unit = "" if row.unit == "1" else f" {row.unit}"
    nothing = "unknown" if row.what.startswith(("price", "carbon")) else "none"
    before, after = (
        nothing if value is None else f"{value:,.6g}" for value in (row.before, row.after)
    )
    return f"{row.what} of {row.name}{by}: {before} -> {after}{unit}"


def verdict(made: Comparison) -> str:
    """Say in one sentence what the what-ifs cost."""
    before, after = made.base.cost, made.changed.cost
    if before is None or after is None:
        if before is after:
            return "No fleet serves all demand, neither as things are nor then."
        if after is None:
            return "No fleet would serve all demand then."
        return "Then there would be a fleet that serves all demand; as things are there is none."
    change = after - before
    digits = decimals(max(before, after))
    if abs(change) <= 1e-9 * max(before, after):
        return "The plan would cost the same."
    word = "more" if change > 0 else "less"
    part = share(abs(change), before, 1)
    return (
        f"The plan would cost {money(abs(change), digits)} {made.diff.currency} {word}"
        f"{f' ({part})' if part else ''}."
    )


def others(diff: PlanDiff) -> list[Other]:
    """Tell promises, starts, prices and routes that differ, the routes that move most first.

    The parts of prices that are due to one loss or scenario come last: there are many.
    """
    routes = sorted(diff.routes, key=lambda row: -abs(row.share.change or 0.0))
    return [
        *(_other(row.name, row) for row in diff.promises if row.differs),
        *(_other(f"{row.name} not served, requests/s", row) for row in diff.shortfalls),
        *(
            Other(f"starts of {row.offer}", count(row.starts.before), count(row.starts.after))
            for row in diff.offers
            if row.starts.change
        ),
        *(
            _other(f"{row.mean.name}: {row.unit}", row.mean)
            for row in diff.prices
            if row.mean.differs and not row.emergency
        ),
        *(
            Other(
                f"{row.demand_class} on {row.offer}",
                share(row.share.before, 1.0, 1),
                share(row.share.after, 1.0, 1),
            )
            for row in routes
            if abs(row.share.change or 0.0) >= MOVED
        ),
        *(
            _other(f"{row.mean.name}: {row.unit}, due to {row.emergency}", row.mean)
            for row in diff.prices
            if row.mean.differs and row.emergency
        ),
    ]


def _other(what: str, pair: Pair) -> Other:
    before, after = (
        "-" if value is None else f"{value:.4g}" for value in (pair.before, pair.after)
    )
    return Other(what, before, after)
