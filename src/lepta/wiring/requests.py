"""The trace that a replay goes through, from whatever file it stands in."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lepta.errors import InputError

if TYPE_CHECKING:
    from lepta.adapters.traces.rawlog import RawLog
    from lepta.adapters.traces.source import RequestSource

__all__ = ["open_requests"]


def open_requests(
    path: str | Path,
    *,
    assume_utc: bool = False,
    seed: int = 7,
    workload: str | None = None,
    between_s: tuple[float, float] | None = None,
    share: float = 1.0,
    in_memory_bytes: int | None = None,
) -> "RequestSource":
    """Read and check a trace of requests: CSV (also gzip, zstd), Parquet, or JSON by lines.

    The columns are `ts` (seconds from the start, or ISO 8601 with zone; with `assume_utc`, a time
    without one is UTC) or `t_ms`, maybe `class` and `tenant`, and the work: `service_s`, or
    `input_tokens` and `output_tokens` (and `prefix_block_ids`), `images`, `audio_s`. The public
    traces of Azure and Mooncake are recognized, and the client rates of ServeGen, from which
    requests are drawn with `seed`; `workload`, `between_s` and `share` (of the rates) choose what
    of them is drawn. Up to `in_memory_bytes` are kept in memory, more in a temporary file.

    Raises
    ------
    InputError
        What is wrong with the file, and where: line (row in Parquet), column, value, remedy.
    """
    from lepta.adapters.bigfile import find
    from lepta.adapters.traces.logshapes import is_client_rates
    from lepta.adapters.traces.requestlog import read_log
    from lepta.adapters.traces.spool import IN_MEMORY_BYTES

    (file,) = _one(find([path]), str(path))
    raw = _raw(file)
    most = IN_MEMORY_BYTES if in_memory_bytes is None else in_memory_bytes
    if is_client_rates(raw.names):
        from lepta.adapters.traces.clientrates import draw_requests

        return draw_requests(
            file,
            seed=seed,
            workload=workload,
            between_s=between_s,
            share=share,
            in_memory_bytes=most,
        )
    if workload is not None or between_s is not None or share != 1.0:
        raise InputError(
            "is a log of requests: there is no workload, time or share to choose",
            where=str(path),
            remedy="leave these options to files of client rates",
        )
    return read_log(raw, assume_utc=assume_utc, in_memory_bytes=most)


def _one(found: tuple[Path, ...], pattern: str) -> tuple[Path, ...]:
    if len(found) > 1:
        raise InputError(
            f"matches {len(found)} files", where=pattern, remedy="give one file; join several first"
        )
    return found


def _raw(file: Path) -> "RawLog":
    from lepta.adapters.bigfile import head, line_of, whole
    from lepta.adapters.traces.rawlog import open_csv, open_jsonl, open_parquet

    if file.stat().st_size == 0:
        raise InputError("is empty", where=str(file), remedy="give a trace of requests")
    found = head(file)
    if found.parquet:
        return open_parquet(file)
    whole(found)
    if found.header and found.header[0].startswith("{"):
        return open_jsonl(file, found.compression)
    if any("\n" in name for name in found.header):
        raise InputError.at(
            str(file), "goes over several lines", row=1, remedy="write the header in one line"
        )
    return open_csv(file, found.header, found.delimiter, found.compression, partial(line_of, found))
