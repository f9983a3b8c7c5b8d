"""Tables of the library's own schemas as Parquet: a tenth of the size of CSV, and typed."""

from collections.abc import Sequence
from typing import Any

from lepta.domain.tables import Kind, TableSchema, parse_instant

__all__ = ["parquet_bytes"]


def parquet_bytes(schema: TableSchema, rows: Sequence[Sequence[Any]]) -> bytes:
    """Render rows in the order of the schema's columns; None is null, instants are in UTC."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {Kind.TEXT: pa.string(), Kind.INSTANT: pa.timestamp("us", tz="UTC")}
    columns = {}
    for column, cells in zip(schema.columns, zip(*rows, strict=True), strict=True):
        values: Sequence[Any] = cells
        if column.kind is Kind.INSTANT:
            known = {text: parse_instant(text) for text in set(cells)}
            values = [known[text] for text in cells]
        columns[column.name] = pa.array(values, kinds.get(column.kind, pa.float64()))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data
