"""Arrivals that were fed and have not come yet: columns in chunks, given out in blocks."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.errors import InputError

__all__ = ["BLOCK", "Arrivals"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

BLOCK = 1 << 14
"""Most arrivals that a kernel is given at once: so much room for them is made before."""


class Arrivals:
    """Checks what is fed, and keeps it until its time comes.

    `work` turns requests into one number each (seconds of service, units of work), finite, >= 0.
    """

    def __init__(self, classes: int, work: Callable[[Requests], Array], name: str) -> None:
        self._classes, self._work, self._name = classes, work, name
        self._chunks: deque[tuple[Array, Array, Counts | None]] = deque()
        self._first = 0
        self._fed, self._last_s = 0, 0.0

    def feed(self, requests: Requests, now_s: float) -> None:
        """Take the next requests.

        Raises
        ------
        InputError
            Columns of several lengths, a time or a work that is no finite number >= 0, an arrival
            before the one before it or before what has been run, a kind that is no class; which
            request is said.
        """
        if not len(requests):
            return
        at = _column(requests.at_s, np.float64)
        work = _column(self._work(requests), np.float64)
        kind = None if requests.kind is None else _column(requests.kind, np.int64)
        sizes = {at.shape, work.shape, at.shape if kind is None else kind.shape}
        if len(sizes) > 1 or at.ndim != 1:
            raise InputError(
                f"at_s, {self._name} and kind have the shapes {sorted(sizes)}",
                where=f"requests from {self._fed} on",
                remedy="give columns of one length",
            )
        for values, what in ((at, "at_s"), (work, self._name)):
            self._refuse(~((values >= 0) & (values < np.inf)), values, f"{what} is no time or work")
        before = np.concatenate(([max(self._last_s, now_s)], at[:-1]))
        self._refuse(at < before, at, "arrives before the one before it, or before now")
        if kind is not None:
            none = (kind < 0) | (kind >= self._classes)
            self._refuse(none, kind, f"is of none of {self._classes} classes")
        self._fed += len(at)
        self._last_s = float(at[-1])
        self._chunks.append((at, work, kind))

    def _refuse(
        self, wrong: npt.NDArray[np.bool_], values: npt.NDArray[np.generic], what: str
    ) -> None:
        if wrong.any():
            i = int(np.argmax(wrong))
            raise InputError(
                f"{what}: {values[i]}",
                where=f"request {self._fed + i} (from 0)",
                remedy="give requests sorted by arrival, with finite numbers, 0 or more",
            )

    def until(self, until_s: float) -> Iterator[tuple[Array, Array, Counts, bool]]:
        """Give out (at, work, kind, whether these are all) up to an instant, block by block.

        There is always one last block, be it empty.
        """
        final = False
        while self._chunks and not final:
            at, work, kind = self._chunks[0]
            first = self._first
            last = int(np.searchsorted(at, until_s, side="right"))
            stop = min(first + BLOCK, last)
            self._first = stop
            if stop == len(at):
                self._chunks.popleft()
                self._first = 0
            final = stop == last and (stop < len(at) or not self._chunks)
            kinds = _FIRST_KIND[: stop - first] if kind is None else kind[first:stop]
            yield at[first:stop], work[first:stop], kinds, final
        if not final:
            yield _NONE, _NONE, _FIRST_KIND[:0], True


_NONE = np.zeros(0)
_FIRST_KIND = np.zeros(BLOCK, np.int64)


def _column(values: npt.ArrayLike, dtype: type) -> npt.NDArray[Any]:
    # One compiled kernel for all: writable and in a row.
    return np.require(values, dtype, ["C", "W"])
