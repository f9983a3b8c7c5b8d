"""Rounding that keeps a sum: whole micro-units from finer amounts, by the largest remainder."""

from collections.abc import Sequence

__all__ = ["PICOS", "apportion", "round_half_even"]

PICOS = 1_000_000
"""Pico-units in one micro-unit: amounts of a bill are exact to 1e-12 of its currency."""


def round_half_even(picos: int) -> int:
    """Round pico-units to micro-units, ties to the even neighbor (as IEEE 754 and banks do)."""
    whole, rest = divmod(picos, PICOS)
    if 2 * rest > PICOS or (2 * rest == PICOS and whole % 2):
        return whole + 1
    return whole


def apportion(picos: Sequence[int], total: int | None = None) -> list[int]:
    """Round parts to micro-units so that they sum to `total` exactly.

    Parameters
    ----------
    picos  (parts,)  amounts in 1e-12 units, of either sign
    total            micro-units that the result must sum to; the rounded sum of `picos` when None

    Returns
    -------
    (parts,) micro-units. With `total` left out each part is within one micro-unit of its amount:
    the method of the largest remainder (Hamilton 1792). Ties go to the earlier part, so that the
    same parts in the same order give the same answer. A `total` that lies further off is spread
    as evenly as whole micro-units allow.

    Raises
    ------
    ValueError
        There is no part, but the total is not zero.
    """
    if total is None:
        total = round_half_even(sum(picos))
    if not picos:
        if total:
            raise ValueError(f"{total} micro-units, but nobody to carry them")
        return []
    parts = [amount // PICOS for amount in picos]
    short = total - sum(parts)
    each, more = divmod(short, len(parts))
    order = sorted(range(len(parts)), key=lambda i: (-(picos[i] % PICOS), i))
    for place, i in enumerate(order):
        parts[i] += each + (1 if place < more else 0)
    return parts
