"""Which columns of a request log say what, in lepta's own names and in those of public traces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lepta.errors import InputError, listing

__all__ = ["ACCEPTED", "WORK", "Shape", "is_client_rates", "shape_of"]

WORK = ("service_s", "input_tokens", "output_tokens", "prefix_block_ids", "images", "audio_s")
"""Columns of work in lepta's own names."""
ACCEPTED = "service_s, or input_tokens and output_tokens, or images, or audio_s"
AZURE_CSV = {
    "time": "TIMESTAMP",
    "input_tokens": "ContextTokens",
    "output_tokens": "GeneratedTokens",
}
AZURE_TABLE = {"service", "ts", "input_tokens", "output_tokens"}
MOONCAKE = {"time": "timestamp", "input_tokens": "input_length", "output_tokens": "output_length"}
CLIENT_RATES = {"workload", "client", "t_s", "requests_per_s", "cv", "arrival_pattern"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where each thing stands: our name -> the column's name in the file.

    `unit_s`: seconds per unit of a time that is a number. `zoneless`: a public trace whose source
    does not state the zone of its times; only the differences between them mean something.
    """

    columns: Mapping[str, str]
    unit_s: float = 1.0
    zoneless: bool = False
    notes: tuple[str, ...] = field(default=())


def is_client_rates(names: Sequence[str]) -> bool:
    """Whether these are the columns of ServeGen's rates per client and window."""
    return set(names) >= CLIENT_RATES


def shape_of(source: str, names: Sequence[str]) -> Shape:
    """Recognize the columns of a log.

    Raises
    ------
    InputError
        There is no column of time or of work, or one that is needed stands twice.
    """
    there = set(names)
    if there >= set(AZURE_CSV.values()):
        shape = Shape(
            columns=AZURE_CSV, zoneless=True, notes=("Read as the public Azure LLM trace.",)
        )
    elif there >= set(MOONCAKE.values()):
        more = {"prefix_block_ids": "hash_ids"} if "hash_ids" in there else {}
        shape = Shape(
            columns=MOONCAKE | more, unit_s=1e-3, notes=("Read as a Mooncake trace (times in ms).",)
        )
    else:
        shape = _generic(source, names)
    twice = [name for name in shape.columns.values() if list(names).count(name) > 1]
    if twice:
        raise InputError.at(
            source,
            "stands twice in the header",
            row=1,
            column=twice[0],
            remedy="rename or remove one of the two columns",
        )
    return shape


def _generic(source: str, names: Sequence[str]) -> Shape:
    there = set(names)
    columns = {name: name for name in ("class", "tenant", *WORK) if name in there}
    if "ts" in there:
        columns["time"] = "ts"
    elif "t_ms" in there:
        columns["time"] = "t_ms"
    else:
        raise InputError(
            f"has no column 'ts'; its columns are {listing(list(names))}",
            where=source,
            remedy="name the column of arrivals ts (seconds from the start, or ISO 8601 with zone)"
            " or t_ms (milliseconds from the start)",
        )
    tokens = {"input_tokens", "output_tokens"}
    have = there & tokens
    if len(have) == 1:
        raise InputError(
            f"has {have.pop()} but no {(tokens - there).pop()}",
            where=source,
            remedy="give both columns of tokens",
        )
    if not there & {"service_s", "input_tokens", "images", "audio_s"}:
        raise InputError(
            f"has no column of work; its columns are {listing(list(names))}",
            where=source,
            remedy=f"give {ACCEPTED}",
        )
    zoneless = there == AZURE_TABLE
    if "class" not in there and zoneless:
        columns["class"] = "service"
    return Shape(
        columns=columns,
        unit_s=1e-3 if columns["time"] == "t_ms" else 1.0,
        zoneless=zoneless,
        notes=("Read as the public Azure LLM trace: service is the class.",) if zoneless else (),
    )
