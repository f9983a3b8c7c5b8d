"""What a linear or mixed-integer program is: its matrix, costs and bounds, checked at birth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError

__all__ = ["Matrix", "Program"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A sparse matrix: `value[start[j]:start[j+1]]` is column j, in rows `index[...]`."""

    rows: int
    columns: int
    start: Index
    index: Index
    value: Array

    @classmethod
    def dense(cls, full: npt.ArrayLike) -> "Matrix":
        """Take a full (rows, columns) array; zeros are left out."""
        full = np.asarray(full, dtype=np.float64)
        if full.ndim != 2:
            raise InputError(f"a matrix has {full.ndim} dimensions", remedy="give rows x columns")
        column, row = np.nonzero(full.T)  # by column, then row: sorted already
        start = np.concatenate(([0], np.cumsum(np.count_nonzero(full, axis=0)))).astype(np.int32)
        return cls(full.shape[0], full.shape[1], start, row.astype(np.int32), full.T[column, row])

    @classmethod
    def triplets(
        cls,
        row: npt.ArrayLike,
        column: npt.ArrayLike,
        value: npt.ArrayLike,
        *,
        shape: tuple[int, int],
    ) -> "Matrix":
        """Take (row, column, value) entries in any order; each place at most once.

        Raises
        ------
        InputError
            The three have different lengths, or a place lies outside `shape` or stands twice.
        """
        row_, column_ = np.asarray(row, np.int32), np.asarray(column, np.int32)
        value_ = np.asarray(value, np.float64)
        if not row_.shape == column_.shape == value_.shape or row_.ndim != 1:
            raise InputError(
                f"rows, columns and values have shapes {row_.shape}, {column_.shape}, "
                f"{value_.shape}",
                remedy="give three flat lists of one length",
            )
        for size, place in zip(shape, (row_, column_), strict=True):
            if place.size and not (place.min() >= 0 and place.max() < size):
                raise InputError(
                    f"an entry lies outside the {shape[0]} x {shape[1]} matrix",
                    remedy="count rows and columns from 0",
                )
        order = np.lexsort((row_, column_))
        row_, column_ = row_[order], column_[order]
        twice = np.flatnonzero((np.diff(row_) == 0) & (np.diff(column_) == 0))
        if twice.size:
            where = (int(row_[twice[0]]), int(column_[twice[0]]))
            raise InputError(f"entry {where} of the matrix stands twice", remedy="add the two up")
        counts = np.bincount(column_, minlength=shape[1])
        start = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        return cls(shape[0], shape[1], start, row_, value_[order])

    def __matmul__(self, x: Array) -> Array:
        """Return matrix @ x, shape (rows,)."""
        column = np.repeat(np.arange(self.columns), np.diff(self.start))
        return np.bincount(self.index, self.value * x[column], minlength=self.rows).astype(float)

    def transposed(self, y: Array) -> Array:
        """Return matrix.T @ y, shape (columns,)."""
        column = np.repeat(np.arange(self.columns), np.diff(self.start))
        return np.bincount(column, self.value * y[self.index], minlength=self.columns).astype(float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A linear program, mixed-integer where `integer` says so. Bounds may be infinite."""

    cost: Array
    matrix: Matrix
    row_low: Array
    row_high: Array
    low: Array
    high: Array
    integer: Mask | None = None

    def __post_init__(self) -> None:
        rows, columns = self.matrix.rows, self.matrix.columns
        shapes = {
            "cost": (self.cost, columns),
            "low": (self.low, columns),
            "high": (self.high, columns),
            "row_low": (self.row_low, rows),
            "row_high": (self.row_high, rows),
        }
        for name, (array, size) in shapes.items():
            if array.shape != (size,):
                raise InputError(
                    f"{name} has shape {array.shape}, but the matrix is {rows} x {columns}",
                    remedy=f"give {name} the shape ({size},)",
                )
            if np.isnan(array).any():
                place = int(np.flatnonzero(np.isnan(array))[0])
                raise InputError(f"{name}[{place}] is NaN", remedy="leave unknown columns out")
        if not np.isfinite(self.matrix.value).all() or not np.isfinite(self.cost).all():
            raise InputError("a coefficient is not finite", remedy="leave unknown columns out")
