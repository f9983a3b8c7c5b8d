"""How each need of M1 is met, what one more unit costs, and from where to where that holds."""

import numpy as np

from lepta.domain.cover import ResourceLine
from lepta.numerics.columns import Market
from lepta.numerics.face import Face, next_unit, optimal_face, reach
from lepta.numerics.program import Array
from lepta.optimize.cover_program import Solved, unfolded

__all__ = ["resource_lines"]

NEAR = 1e-9
"""Relative size of what counts as the same amount."""


def resource_lines(
    names: tuple[str, ...], market: Market, solved: Solved, *, most: Array, supplied: Array
) -> tuple[ResourceLine, ...]:
    """Return a line per resource; `most` (K,) can be had, `supplied` (K,) is."""
    face = optimal_face(solved.covering, solved.x, solved.y)
    shadow = solved.shadow_price
    row = {int(k): r for r, k in enumerate(solved.scale.rows)}
    lines = []
    for k, name in enumerate(names):
        need, price = float(market.need[k]), float(shadow[k])
        if k not in row:
            next_cost, low, high = (
                (0.0 if supplied[k] > 0 else None),
                0.0,
                float(supplied[k]),
            )
        else:
            next_cost, low, high = _holds(face, row[k], market, k, solved)
        lines.append(
            ResourceLine(
                name=name,
                need=need,
                supplied=float(supplied[k]),
                shadow_price=price,
                binding=k in row and bool(price > 0 or supplied[k] <= need * (1 + NEAR)),
                next_unit_cost=next_cost,
                holds_from=low,
                holds_to=high,
                most=float(most[k]),
            )
        )
    return tuple(lines)


def _holds(
    face: Face, row: int, market: Market, k: int, solved: Solved
) -> tuple[float | None, float, float]:
    """Return what one more unit of need costs, and from which to which need that holds."""
    now = float(market.need[k])
    low, high = (end * now / solved.scale.spread for end in reach(face, row))
    if high > now * (1 + NEAR):
        return float(solved.shadow_price[k]), low, high
    # Degenerate: the next unit may come from any node, not only from those at the margin.
    whole = solved if solved.places is None else unfolded(solved, market)
    face = optimal_face(whole.covering, whole.x, whole.y)
    dual = next_unit(face, row)
    if dual is None:
        return None, low, now
    dual = np.where(dual > NEAR * dual.max(initial=0.0), dual, 0.0)
    _, high = reach(optimal_face(face.covering, face.x, dual), row)
    price = float(dual[row]) * whole.scale.money / now
    return price, now, max(high * now / whole.scale.spread, now)
