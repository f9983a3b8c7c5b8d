"""Requests as columns, in order of arrival: what every trace is turned into."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

__all__ = ["Requests"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """One run of requests, sorted by `at_s` (seconds from the start of the trace), finite, >= 0.

    Work stands in the columns that the trace has; None: it has none of that kind. `kind` and
    `tenant` are indices into the names of the reader. prefix_start (n + 1,) and prefix_block hold
    the block ids of request j at prefix_block[prefix_start[j]:prefix_start[j + 1]].
    """

    at_s: Array
    kind: Counts | None = None
    tenant: Counts | None = None
    service_s: Array | None = None
    input_tokens: Counts | None = None
    output_tokens: Counts | None = None
    images: Counts | None = None
    audio_s: Array | None = None
    prefix_start: Counts | None = None
    prefix_block: Counts | None = None

    def __len__(self) -> int:
        return len(self.at_s)

    def __getitem__(self, rows: slice) -> "Requests":
        """Take some in a row."""
        first, last, step = rows.indices(len(self))
        if step != 1:
            raise IndexError("requests are taken in a row")
        last = max(first, last)
        parts = {}
        for field in fields(self):
            column = getattr(self, field.name)
            if column is not None and not field.name.startswith("prefix"):
                parts[field.name] = column[first:last]
        if self.prefix_start is not None and self.prefix_block is not None:
            start = self.prefix_start[first : last + 1]
            parts["prefix_start"] = start - start[0]
            parts["prefix_block"] = self.prefix_block[start[0] : start[-1]]
        return Requests(**parts)
