"""Building a program block by block: one call for a family of columns, rows or entries."""

import numpy as np
import numpy.typing as npt

from lepta.numerics.program import Array, Mask, Matrix, Program

__all__ = ["Assembly"]

Places = npt.NDArray[np.int64]


class Assembly:
    """Collects columns, rows and entries, then gives the `Program` that they make.

    Entries that meet in one place are added up.
    """

    def __init__(self) -> None:
        self._columns: list[tuple[Array, Array, Array, npt.NDArray[np.bool_]]] = []
        self._rows: list[tuple[Array, Array]] = []
        self._entries: list[tuple[Places, Places, Array]] = []
        self.column_count = 0
        self.row_count = 0

    def columns(
        self,
        cost: npt.ArrayLike,
        *,
        low: npt.ArrayLike = 0.0,
        high: npt.ArrayLike = np.inf,
        integer: bool = False,
        count: int | None = None,
    ) -> Places:
        """Add columns and return their places; a number stands for all of them."""
        size = np.size(cost) if count is None else count
        block = [np.broadcast_to(np.asarray(a, np.float64), (size,)) for a in (cost, low, high)]
        self._columns.append((block[0], block[1], block[2], np.full(size, integer)))
        self.column_count += size
        return np.arange(self.column_count - size, self.column_count)

    def rows(self, low: npt.ArrayLike, high: npt.ArrayLike, *, count: int | None = None) -> Places:
        """Add rows and return their places; a number stands for all of them."""
        size = max(np.size(low), np.size(high)) if count is None else count
        block = [np.broadcast_to(np.asarray(a, np.float64), (size,)) for a in (low, high)]
        self._rows.append((block[0], block[1]))
        self.row_count += size
        return np.arange(self.row_count - size, self.row_count)

    def put(self, row: npt.ArrayLike, column: npt.ArrayLike, value: npt.ArrayLike) -> None:
        """Add entries; a number stands for all of them."""
        places = np.broadcast_arrays(
            np.asarray(row, np.int64), np.asarray(column, np.int64), np.asarray(value, np.float64)
        )
        self._entries.append((places[0].ravel(), places[1].ravel(), places[2].ravel()))

    def program(self) -> Program:
        """Return the program."""
        cost, low, high, whole = (
            np.concatenate([block[k] for block in self._columns]) if self._columns else np.empty(0)
            for k in range(4)
        )
        row_low, row_high = (
            np.concatenate([block[k] for block in self._rows]) if self._rows else np.empty(0)
            for k in range(2)
        )
        row, column, value = (
            np.concatenate([block[k] for block in self._entries]) if self._entries else np.empty(0)
            for k in range(3)
        )
        shape = (self.row_count, self.column_count)
        place, inverse = np.unique(
            column.astype(np.int64) * max(shape[0], 1) + row.astype(np.int64), return_inverse=True
        )
        column, row = np.divmod(place, max(shape[0], 1))
        count = np.bincount(column, minlength=shape[1])
        integer: Mask = whole.astype(np.bool_)
        return Program(
            cost=cost,
            matrix=Matrix(
                shape[0],
                shape[1],
                np.concatenate(([0], np.cumsum(count))).astype(np.int32),
                row.astype(np.int32),
                np.bincount(inverse, value, minlength=len(place)).astype(np.float64),
            ),
            row_low=row_low,
            row_high=row_high,
            low=low,
            high=high,
            integer=integer if integer.any() else None,
        )
