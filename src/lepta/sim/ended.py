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
    """Takes what a kernel has told out of its short table, and hands it out once."""

    def __init__(self) -> None:
        self._parts: list[dict[str, npt.NDArray[Any]]] = []

    def take(self, told: npt.NDArray[Any]) -> None:
        """Keep a copy."""
        if len(told):
            part = {name: told[name].copy() for name in told.dtype.names or () if name != "how"}
            self._parts.append(part | {"how": told["how"].astype(np.int8)})

    def finished(self) -> Finished:
        """Return and forget all, in order of (end, number); first tokens and amounts are NaN."""
        parts = self._parts or [{name: np.zeros(0, TOLD[name]) for name in TOLD.names or ()}]
        self._parts = []
        ended = parts[0]
        if len(parts) > 1:
            ended = {name: np.concatenate([part[name] for part in parts]) for name in ended}
        number, end = ended["number"], ended["end"]
        if ((end[1:] == end[:-1]) & (number[1:] < number[:-1])).any():
            order = np.lexsort((number, end))
            ended = {name: column[order] for name, column in ended.items()}
        return Finished(
            request=ended["number"],
            kind=ended["kind"],
            arrival_s=ended["arrival"],
            start_s=ended["start"],
            first_token_s=np.full(len(number), np.nan),
            end_s=ended["end"],
            outcome=ended["how"].astype(np.int8, copy=False),
            amount=np.full(len(number), np.nan),
        )
