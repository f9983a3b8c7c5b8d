"""FOCUS bills of versions 1.0 to 1.3: what their columns and cells mean."""

from lepta.adapters.focus.cells import Dates, decide_dates
from lepta.adapters.focus.columns import Layout, layout
from lepta.adapters.focus.rows import (
    complaint,
    distinct_texts,
    faults,
    is_tidy,
    normalize,
    sightings,
)

__all__ = [
    "Dates",
    "Layout",
    "complaint",
    "decide_dates",
    "distinct_texts",
    "faults",
    "is_tidy",
    "layout",
    "normalize",
    "sightings",
]
