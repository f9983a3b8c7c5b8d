"""The Azure LLM inference trace of 2023 (AzurePublicDataset, CC-BY-4.0; Splitwise, ISCA 2024).

One row per request: service (`conv`, `code`), time, input tokens, output tokens. The time zone is
not stated, so nothing here depends on the hour of the day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lepta.adapters.traces.fetch import fetch
from lepta.errors import InputError
from lepta.units import Count, PerSecond, Quantity, Seconds, check

__all__ = ["FILE", "ServiceSample", "parse", "read"]

FILE = "llm_requests/azure_2023.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSample:
    """What the requests of one service look like over the time that was recorded."""

    service: str
    requests: Count
    seconds: Seconds
    """From its first request to its last."""
    rate_per_s: PerSecond
    """(requests - 1) / seconds: gaps, not posts, so the ends do not bias it."""
    mean_input_tokens: Quantity
    mean_output_tokens: Quantity

    def __post_init__(self) -> None:
        check(self)


def parse(rows: Iterable[tuple[str, float, int, int]]) -> tuple[ServiceSample, ...]:
    """Summarize rows of (service, seconds, input tokens, output tokens), sorted by service.

    Raises
    ------
    InputError
        A service has fewer than two requests, or all at one instant: no rate can be told.
    """
    by_service: dict[str, list[tuple[float, int, int]]] = {}
    for service, at, given, made in rows:
        by_service.setdefault(service, []).append((at, given, made))
    return tuple(_sample(service, by_service[service]) for service in sorted(by_service))


def read(folder: str | Path) -> tuple[ServiceSample, ...]:
    """Read the trace and summarize its services."""
    return parse(
        fetch(folder, FILE, "SELECT service, epoch(ts), input_tokens, output_tokens FROM data")
    )


def _sample(service: str, rows: list[tuple[float, int, int]]) -> ServiceSample:
    times = [at for at, _, _ in rows]
    seconds = max(times) - min(times)
    if seconds <= 0:
        raise InputError(
            f"service {service!r} has {len(rows)} requests at one instant: no rate can be told",
            where=FILE,
            remedy="give requests over some time",
        )
    return ServiceSample(
        service=service,
        requests=len(rows),
        seconds=seconds,
        rate_per_s=(len(rows) - 1) / seconds,
        mean_input_tokens=sum(given for _, given, _ in rows) / len(rows),
        mean_output_tokens=sum(made for _, _, made in rows) / len(rows),
    )
