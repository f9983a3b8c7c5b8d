"""Requests that have ended, between a kernel that tells of them and the caller who asks."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lepta.sim.engine import Finished

__all__ = ["LEAST", "TOLD", "Ended", "record"]


def record(whole: str, real: str) -> np.dtype[Any]:
    """Return a record of whole numbers and real ones, by their names."""
    fields = [(name, "i8") for name in whole.split()] + [(name, "f8") for name in real.split()]
    return np.dtype(fields)


TOLD = record("number kind how", "arrival start end")
"""What a kernel tells of a request that has ended."""

LEAST = 4096
"""Rows of such a table at least, so that it is not emptied for a few."""


class Ended:
    """Holds full tables of a kernel, and hands out once what they tell."""

    def __init__(self) -> None:
        self._full: list[npt.NDArray[Any]] = []

    def keep(self, told: npt.NDArray[Any]) -> None:
        """Keep a table; the kernel must be given another."""
        self._full.append(told)

    def finished(self, told: npt.NDArray[Any]) -> Finished:
        """Return, and forget, what was kept and a last table, which is not kept.

        In order of (end, number); first tokens and amounts are NaN.
        """
        tables, self._full = [*self._full, told], []

        def column(name: str) -> npt.NDArray[Any]:
            return np.concatenate([table[name] for table in tables])

        number, end = column("number"), column("end")
        order: slice | npt.NDArray[np.int64] = slice(None)
        if ((end[1:] == end[:-1]) & (number[1:] < number[:-1])).any():
            order = np.lexsort((number, end))
        return Finished(
            request=number[order],
            kind=column("kind")[order],
            arrival_s=column("arrival")[order],
            start_s=column("start")[order],
            first_token_s=np.full(len(number), np.nan),
            end_s=end[order],
            outcome=np.concatenate([table["how"].astype(np.int8) for table in tables])[order],
            amount=np.full(len(number), np.nan),
        )
