"""A request log as it stands in its file, as Arrow batches in the order of the file."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lepta.errors import InputError

__all__ = ["RawLog", "open_csv", "open_jsonl", "open_parquet"]

BLOCK = 8 * 2**20
ROWS = 2**17
ROW = re.compile(r"Row #(\d+)")
WRONG_WIDTH = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLog:
    """A log: its columns by name, and how to go through those of them that are wanted.

    `texts`: cells are texts, blank ones null. `place(row)` names a row (from 0) for an error:
    the file, and the line where it has lines.
    """

    source: str
    names: tuple[str, ...]
    texts: bool
    batches: Callable[[Sequence[str]], Iterator[Any]]
    place: Callable[[int], tuple[str, int | None]]


def open_csv(
    path: Path,
    header: Sequence[str],
    delimiter: str,
    compression: str,
    line_of: Callable[[int], int | None],
) -> RawLog:
    """Open a CSV file (plain, gzip, zstd) whose header is known; `line_of` finds a row's line."""
    source = str(path)
    places = [str(i) for i in range(len(header))]

    def batches(wanted: Sequence[str]) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.csv as pc

        taken = [str(list(header).index(name)) for name in wanted]
        try:
            with _opened(path, compression) as stream:
                reader = pc.open_csv(
                    stream,
                    pc.ReadOptions(
                        use_threads=False, column_names=places, skip_rows=1, block_size=BLOCK
                    ),
                    pc.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                    pc.ConvertOptions(
                        column_types=dict.fromkeys(places, pa.string()),
                        include_columns=taken,
                        strings_can_be_null=True,
                        null_values=[""],
                    ),
                )
                for batch in reader:
                    yield pa.RecordBatch.from_arrays(batch.columns, names=list(wanted))
        except pa.ArrowInvalid as error:
            raise _broken(source, str(error), line_of) from None
        except OSError as error:
            raise _cut_off(source, error) from None

    return RawLog(
        source=source,
        names=tuple(header),
        texts=True,
        batches=batches,
        place=lambda row: (source, line_of(row)),
    )


def open_parquet(path: Path) -> RawLog:
    """Open a Parquet file.

    Raises
    ------
    InputError
        It is truncated or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = str(path)
    try:
        with pq.ParquetFile(source) as file:
            names = tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _no_parquet(source, error) from None

    def batches(wanted: Sequence[str]) -> Iterator[Any]:
        try:
            with pq.ParquetFile(source, pre_buffer=False) as file:
                for batch in file.iter_batches(ROWS, columns=list(wanted), use_threads=False):
                    yield _plain(batch.select(list(wanted)))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _no_parquet(source, error) from None

    return RawLog(
        source=source,
        names=names,
        texts=False,
        batches=batches,
        place=lambda row: (f"{source}, row {row + 1}", None),
    )


def open_jsonl(path: Path, compression: str) -> RawLog:
    """Open a file of one JSON object per line; its first lines tell its columns.

    Raises
    ------
    InputError
        The first lines are no such objects.
    """
    import pyarrow as pa
    import pyarrow.json as pj

    source = str(path)

    def read(schema: Any = None) -> Iterator[Any]:
        try:
            with _opened(path, compression) as stream:
                yield from pj.open_json(
                    stream,
                    pj.ReadOptions(use_threads=False, block_size=BLOCK),
                    pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="infer"),
                )
        except pa.ArrowInvalid as error:
            raise InputError(
                f"is not JSON by lines: {str(error).splitlines()[0]}",
                where=source,
                remedy="write one JSON object per line, each with the same fields",
            ) from None
        except OSError as error:
            raise _cut_off(source, error) from None

    first = next(read(), None)
    fields = () if first is None else tuple(first.schema)
    # Read as a time, a text would lose its zone without a word.
    texts = pa.schema([(f.name, pa.string()) for f in fields if pa.types.is_timestamp(f.type)])

    def batches(wanted: Sequence[str]) -> Iterator[Any]:
        for batch in read(texts):
            yield batch.select(list(wanted))

    return RawLog(
        source=source,
        names=tuple(field.name for field in fields),
        texts=False,
        batches=batches,
        place=lambda row: (source, row + 1),
    )


def _plain(batch: Any) -> Any:
    """Decode dictionary columns, as some writers store texts."""
    import pyarrow as pa

    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _opened(path: Path, compression: str) -> Any:
    import pyarrow as pa

    stream = pa.OSFile(str(path))
    return stream if compression == "none" else pa.CompressedInputStream(stream, compression)


def _broken(source: str, said: str, line_of: Callable[[int], int | None]) -> InputError:
    width = WRONG_WIDTH.search(said)
    if width:
        row, expected, seen = map(int, width.groups())
        return InputError.at(
            source,
            f"has {seen} cells where the header has {expected}",
            row=line_of(row - 2),  # rows count from 1, with the header
            remedy="quote cells that hold the delimiter, or mend the row; a file may be cut off",
        )
    place = ROW.search(said)
    line = line_of(int(place.group(1)) - 2) if place else None
    if "utf8" in said.lower():
        return InputError.at(source, "is not UTF-8", row=line, remedy="save the file as UTF-8")
    return InputError.at(
        source,
        f"is not CSV: {said.splitlines()[0]}",
        row=line,
        remedy="close every quote, and double quotes inside cells",
    )


def _cut_off(source: str, error: OSError) -> InputError:
    if error.errno is None:
        return InputError(
            "is a truncated or damaged compressed file",
            where=source,
            remedy="copy or download it again",
        )
    return InputError(
        f"cannot be read: {error.strerror or error}",
        where=source,
        remedy="check the path and its permissions",
    )


def _no_parquet(source: str, error: Exception) -> InputError:
    return InputError(
        f"is a truncated or damaged Parquet file: {str(error).splitlines()[0]}",
        where=source,
        remedy="copy or write it again",
    )
