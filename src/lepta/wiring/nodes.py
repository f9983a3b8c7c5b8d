"""From a file of nodes to the numbers of M1."""

from collections.abc import Sequence
from pathlib import Path

from lepta.adapters.csvfile import read_csv
from lepta.domain.nodes import NodeTable, parse_nodes

__all__ = ["read_nodes"]


def read_nodes(
    path: str | Path,
    *,
    price: str,
    resources: Sequence[str],
    limit: str | float | None = None,
    fixed: str | None = None,
) -> NodeTable:
    """Read a CSV file of nodes (see `parse_nodes` for what is refused)."""
    return parse_nodes(read_csv(path), price=price, resources=resources, limit=limit, fixed=fixed)
