"""How far the price of one node of M1 may move before the answer is no longer the cheapest.

An answer is optimal as long as some resource prices y >= 0 prove it: no node that does not run is
worth more than it costs, none at its limit less, and one in between exactly what it costs
(Schrijver 1986, section 7.9). Where y is the only one, the price of a node that does not run may
fall to its worth, that of one at its limit may rise to it; the price of a node in between moves y
along, until another node or resource objects.
"""

import numpy as np

from lepta.numerics.columns import Market, Places, spans
from lepta.numerics.program import Array

__all__ = ["price_ranges"]

NEAR = 1e-9
"""Relative size of what counts as the same amount."""


def price_ranges(market: Market, time: Array, shadow: Array) -> tuple[Array, Array]:
    """Return from which to which price (n,) of each node, all else unchanged, `time` stays optimal.

    Where several y prove the answer (as many needs met exactly as nodes in between would settle),
    the range of a node in between is not known (NaN), and that of another holds at least.
    """
    low, high = np.zeros(time.size), np.full(time.size, np.inf)
    given = np.zeros(len(shadow))
    inside: list[Places] = []
    for span in spans(market.supply):
        now, limit, supply = time[span], market.limit[span], market.supply[:, span]
        worth = shadow @ supply
        given += supply @ now
        idle, full = now <= 0, now >= limit
        np.copyto(low[span], worth, where=idle & ~full)
        np.copyto(high[span], worth, where=full & ~idle)
        inside.append(np.flatnonzero(~idle & ~full) + span.start)
    between = np.concatenate(inside)
    price = market.price[between]
    low[between] = high[between] = price
    tight = np.flatnonzero(given <= market.need * (1 + NEAR))
    block = market.supply[np.ix_(tight, between)]
    moves = _moves(block)
    if moves is None:
        low[between] = high[between] = np.nan
        return low, high
    for place, move in moves:
        y_move = np.zeros(len(shadow))
        y_move[tight] = move
        down, up = _room(market, time, shadow, y_move, int(between[place]))
        low[between[place]] = max(price[place] - down, 0.0)
        high[between[place]] = price[place] + up
    return low, high


def _moves(block: Array) -> list[tuple[int, Array]] | None:
    """Return how y moves with the price of each node in between that others do not hold in place.

    None: the nodes in between do not settle y.
    """
    rows, columns = block.shape
    if not rows:
        return []
    row = np.maximum(np.abs(block).max(axis=1, initial=0.0), 1e-300)
    scaled = block / row[:, None]
    column = np.maximum(np.abs(scaled).max(axis=0, initial=0.0), 1e-300)
    scaled = scaled / column
    if columns < rows or np.linalg.matrix_rank(scaled, tol=1e-10) < rows:
        return None
    inverse = np.linalg.pinv(scaled)  # (columns, rows)
    inverse[np.abs(inverse) <= 1e-12 * np.abs(inverse).max(axis=1, keepdims=True)] = 0.0
    alone = np.flatnonzero(np.einsum("jk,kj->j", inverse, scaled) > 1 - NEAR)
    return [(int(j), inverse[j] / column[j] / row) for j in alone]


def _room(market: Market, time: Array, shadow: Array, move: Array, own: int) -> tuple[float, float]:
    """Return by how much a price may fall and rise, where y moves by `move` per unit of it."""
    down, up = np.inf, np.inf
    for y, pace in zip(shadow, move, strict=True):
        if pace < 0:
            up = min(up, y / -pace)
        elif pace > 0:
            down = min(down, y / pace)
    for span in spans(market.supply):
        now, limit, supply = time[span], market.limit[span], market.supply[:, span]
        margin = market.price[span] - shadow @ supply
        pace = move @ supply
        pace[np.abs(pace) <= 1e-12 * (np.abs(move) @ supply)] = 0.0
        idle, full = now <= 0, now >= limit
        ends = (idle != full) & (pace != 0)
        if span.start <= own < span.stop:
            ends[own - span.start] = False
        room = np.maximum(np.where(idle, margin, -margin)[ends], 0.0) / np.abs(pace[ends])
        rising = (pace[ends] > 0) == idle[ends]
        up = min(up, float(room[rising].min(initial=np.inf)))
        down = min(down, float(room[~rising].min(initial=np.inf)))
    return down, up
