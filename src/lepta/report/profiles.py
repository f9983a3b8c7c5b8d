"""The tables that `lepta profile` writes: profiles.csv, classes.csv and demand.csv of a plan."""

from typing import Any

from lepta.domain.serving import Profiles, ServiceProfile

__all__ = ["Sheet", "classes_csv", "demand_csv", "profiles_csv"]

Sheet = tuple[tuple[str, ...], list[tuple[Any, ...]]]


def profiles_csv(found: Profiles, *, safe: bool = False) -> Sheet:
    """Return header and rows of profiles.csv; `safe` takes the lower end of each band as the rate.

    A profile without that rate, or with a rate of 0, has no row: the offer cannot serve the class.
    """
    header = (
        "class", "offer", "rate_per_s", "rate_low", "rate_high", "source", "concurrency",
        "replicas", "model", "gpu", "gpus", "backend", "backend_version", "precision", "ttft_ms",
        "tpot_ms", "output_tokens_per_s", "memory_gib", "note",
    )  # fmt: skip
    rows = []
    for profile in found.profiles:
        rate = profile.rate_low if safe else profile.rate
        if rate:
            rows.append((profile.demand_class, profile.offer, _digits(rate), *_rest(profile)))
    return header, rows


def _rest(profile: ServiceProfile) -> tuple[Any, ...]:
    at = profile.setting
    where = (
        (at.model, at.gpu, at.gpus, at.backend, at.backend_version, at.precision)
        if at
        else ("",) * 6
    )
    return (
        _digits(profile.rate_low),
        _digits(profile.rate_high),
        profile.source.value,
        _digits(profile.concurrency),
        profile.replicas,
        *where,
        _digits(None if profile.ttft is None else profile.ttft * 1000),
        _digits(None if profile.tpot is None else profile.tpot * 1000),
        _digits(profile.tokens_per_s),
        _digits(profile.memory),
        profile.note,
    )


def classes_csv(found: Profiles) -> Sheet:
    """Return header and rows of classes.csv, with the box of each bucket where there are some."""
    header = ("class", "input_tokens", "output_tokens", "model", "ttft_ms", "tpot_ms", "e2e_ms")
    boxes = found.bucketing.buckets if found.bucketing else ()
    if boxes and not found.classes:
        return header[:3], [(b.name, _digits(b.mean_input), _digits(b.mean_output)) for b in boxes]
    rows = []
    for asked in found.classes:
        promised = (asked.objective.ttft, asked.objective.tpot, asked.objective.e2e)
        bounds = (_digits(None if s is None else s * 1000) for s in promised)
        lengths = (_digits(asked.input_tokens), _digits(asked.output_tokens))
        rows.append((asked.name, *lengths, asked.model, *bounds))
    return header, rows


def demand_csv(found: Profiles) -> Sheet:
    """Return header and rows of demand.csv."""
    rows = found.bucketing.demand if found.bucketing else ()
    return ("class", "start", "hours", "rate_per_s"), [
        (name, start, repr(hours), _digits(rate)) for name, start, hours, rate in rows
    ]


def _digits(number: float | None) -> str | None:
    """Write six significant digits: no profile is known better."""
    return None if number is None else f"{number:.6g}"
