"""The Prometheus text format, as servers expose it under /metrics."""

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from lepta.errors import InputError
from lepta.profile.observed import Sample

__all__ = ["parse_prometheus"]


def parse_prometheus(text: str, source: str) -> tuple[Sample, ...]:
    """Return the samples of a snapshot.

    Raises
    ------
    InputError
        A line is not of the format, or there is no sample: it names the line.
    """
    try:
        found = tuple(_samples(text))
    except ValueError as error:
        raise _at_line(text, source, error) from None
    if not found:
        raise InputError("has no sample", where=source, remedy="give the text of /metrics")
    return found


def _samples(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            at = None if sample.timestamp is None else float(sample.timestamp)
            yield Sample(sample.name, dict(sample.labels), float(sample.value), at)


def _at_line(text: str, source: str, error: ValueError) -> InputError:
    """Find the line that the parser, which reads lines one by one, could not read."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            list(text_string_to_metric_families(line + "\n"))
        except ValueError:
            return InputError.at(
                source,
                "is no line of the Prometheus text format",
                row=number,
                value=line,
                remedy="give the text of /metrics as the server wrote it",
            )
    return InputError(f"is not the Prometheus text format: {error}", where=source)
