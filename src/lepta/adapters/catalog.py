"""Where the built-in catalog lies: list prices as facts, each row with its source and its day.

`tools/make_catalog.py` makes the file; its columns are those of a rate card.
"""

from pathlib import Path

__all__ = ["BUILT_IN"]

BUILT_IN: Path = Path(__file__).resolve().parent / "catalog_data" / "offers.csv"
