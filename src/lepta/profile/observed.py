"""A running server as its metrics show it: vLLM (old and new names), TGI, Triton.

One operating point does not tell a capacity. Where the objective is kept, the rate seen is a lower
bound of it; where it is broken, an upper bound; where the objective falls inside a bucket, nothing.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lepta.domain.serving import Objective, SeenLatency, ServerSeen, ServiceProfile, Source
from lepta.errors import InputError, listing
from lepta.profile.engines import ENGINES, NOT_SERVED, RAY, Engine
from lepta.profile.histogram import Histogram, added, since

__all__ = ["Observed", "Sample", "judge", "observe", "summary"]

Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of a Prometheus text snapshot."""

    name: str
    labels: Mapping[str, str]
    value: float
    timestamp: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the metrics of one model say between two snapshots."""

    model: str
    engine: str
    requests: float
    interval: float
    """Seconds."""
    ttft: Histogram | None
    tpot: Histogram | None
    e2e: Histogram | None
    mean_input: float | None
    mean_output: float | None
    running: float | None
    waiting: float | None

    @property
    def rate(self) -> float:
        """Requests completed per second."""
        return self.requests / self.interval

    def against(
        self, objective: Objective
    ) -> tuple[tuple[str, float | None, Histogram | None], ...]:
        """Return each latency with its bound and its histogram, where something was counted."""
        return tuple(
            (name, bound, seen if seen and seen.count else None)
            for name, bound, seen in (
                ("TTFT", objective.ttft, self.ttft),
                ("TPOT", objective.tpot, self.tpot),
                ("end to end", objective.e2e, self.e2e),
            )
        )


def observe(
    later: Sequence[Sample], earlier: Sequence[Sample] | None = None, *, interval: float | None
) -> tuple[Observed, ...]:
    """Read every model of a server from one snapshot, or from what happened between two.

    `interval` is the seconds between the two (or since the start of the server, for one snapshot);
    left out, it is read from the timestamps of the samples, where they have some.

    Raises
    ------
    InputError
        No known server's metrics are there, a series stands twice, a number makes no sense, the
        interval cannot be told, or nothing was served.
    """
    now, then = _index(later), _index(earlier) if earlier is not None else None
    engine = next((e for e in ENGINES if any(name in now.names for name in e.requests)), None)
    if engine is None:
        wanted = listing([engine.requests[0] for engine in ENGINES])
        raise InputError(
            f"none of {wanted} is there; there are {listing(sorted(now.names), 6)}",
            remedy="give the /metrics of a vLLM, TGI or Triton server",
        )
    seconds = interval if interval is not None else _between(later, earlier)
    if seconds is None or not (math.isfinite(seconds) and seconds > 0):
        raise InputError(
            "no rate can be told: "
            + ("the snapshots have no times" if seconds is None else f"{seconds!r} seconds passed"),
            remedy="give --interval: seconds between the snapshots, or since the server started",
        )
    found = [_model(engine, model, now, then, seconds) for model in now.models(engine)]
    return tuple(found)


def judge(seen: Observed, objective: Objective, *, name: str, offer: str) -> ServiceProfile:
    """Turn an operating point into a bound of what one unit of an offer serves.

    The share of requests inside each promised latency is known up to the bucket that holds the
    objective; requests that break one promise may be others than those that break another, so the
    misses add up before they are compared with the share.
    """
    misses_least, misses_most, unseen = [], [], []
    for what, bound, histogram in seen.against(objective):
        if bound is None:
            continue
        if histogram is None:
            unseen.append(what)
            continue
        least, most = histogram.share_within(bound)
        misses_least.append(1 - most)
        misses_most.append(1 - least)
    allowed = 1 - objective.share + 1e-12
    if any(miss > allowed for miss in misses_least):
        low, high, note = None, seen.rate, "the objective is broken: the capacity lies below"
    elif unseen:
        low, high, note = None, None, f"{seen.engine} exposes no histogram of {', '.join(unseen)}"
    elif sum(misses_most) <= allowed:
        low, high, note = seen.rate, None, "the objective is kept: the capacity lies at or above"
    else:
        low, high, note = None, None, "the objective falls inside a bucket: kept or broken, unknown"
    return ServiceProfile(
        demand_class=name,
        offer=offer,
        source=Source.HISTOGRAM,
        rate=low,
        rate_low=low,
        rate_high=high,
        concurrency=seen.running,
        tokens_per_s=None if seen.mean_output is None else seen.rate * seen.mean_output,
        ttft=None if seen.ttft is None else seen.ttft.mean,
        tpot=None if seen.tpot is None else seen.tpot.mean,
        note=note,
    )


def summary(seen: Observed, objective: Objective) -> ServerSeen:
    """Sum up an operating point: quantiles at the share of the objective, up to their buckets."""
    latencies = []
    for name, bound, histogram in seen.against(objective):
        if histogram is None:
            continue
        low, high = histogram.quantile(objective.share)
        inside = (None, None) if bound is None else histogram.share_within(bound)
        latencies.append(
            SeenLatency(
                name=name,
                bound=bound,
                mean=histogram.mean,
                quantile_low=low,
                quantile_high=None if math.isinf(high) else high,
                inside_low=inside[0],
                inside_high=inside[1],
            )
        )
    return ServerSeen(
        model=seen.model,
        engine=seen.engine,
        rate=seen.rate,
        interval=seen.interval,
        latencies=tuple(latencies),
        mean_input=seen.mean_input,
        mean_output=seen.mean_output,
        running=seen.running,
        waiting=seen.waiting,
    )


@dataclass(frozen=True, slots=True)
class _Index:
    values: Mapping[Key, float]
    names: frozenset[str]

    def models(self, engine: Engine) -> list[str]:
        labels = [dict(labels) for name, labels in self.values if name in engine.requests]
        return sorted({label.get(engine.model_label, "") for label in labels})

    def series(self, name: str, engine: Engine, model: str) -> list[tuple[dict[str, str], float]]:
        found = []
        for (said, labels), value in self.values.items():
            label = dict(labels)
            if said == name and label.get(engine.model_label, "") == model:
                found.append((label, value))
        return found


def _index(samples: Sequence[Sample]) -> _Index:
    values: dict[Key, float] = {}
    for sample in samples:
        name = f"vllm:{sample.name[len(RAY) :]}" if sample.name.startswith(RAY) else sample.name
        key = (name, tuple(sorted(sample.labels.items())))
        if key in values:
            raise InputError(
                f"{name} stands twice with the labels {dict(sample.labels)}",
                remedy="give the /metrics of one server at one moment",
            )
        values[key] = sample.value
    return _Index(values, frozenset(name for name, _ in values))


def _model(
    engine: Engine, model: str, now: _Index, then: _Index | None, seconds: float
) -> Observed:
    def counted(name: str) -> float:
        def total(index: _Index) -> float:
            return sum(
                value
                for labels, value in index.series(name, engine, model)
                if labels.get("finished_reason") not in NOT_SERVED
            )

        return total(now) - (total(then) if then else 0.0)

    def seen(names: tuple[str, ...]) -> Histogram | None:
        for name in names:
            whole = _histogram(name, engine, model, now)
            if whole is not None:
                before = _histogram(name, engine, model, then) if then else None
                return since(whole, before) if before else whole
        return None

    requests = counted(next(name for name in engine.requests if name in now.names))
    if not (math.isfinite(requests) and requests > 0):
        raise InputError(
            f"{requests:g} requests of {model or engine.name} were served",
            remedy="give snapshots between which requests were served, the earlier first",
        )
    inputs, outputs = seen(engine.inputs), seen(engine.outputs)
    gauges = {
        name: [value for _, value in now.series(name, engine, model)]
        for name in (engine.running, engine.waiting)
    }
    return Observed(
        model=model,
        engine=engine.name,
        requests=requests,
        interval=seconds,
        ttft=seen(engine.ttft),
        tpot=seen(engine.tpot),
        e2e=seen(engine.e2e),
        mean_input=inputs.mean if inputs else None,
        mean_output=outputs.mean if outputs else None,
        running=_sum(gauges[engine.running]),
        waiting=_sum(gauges[engine.waiting]),
    )


def _histogram(name: str, engine: Engine, model: str, index: _Index) -> Histogram | None:
    """Put the buckets of a metric together; Triton writes them without the `_bucket` ending."""
    unit = 1e-3 if name.endswith("_ms") else 1.0
    buckets: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = defaultdict(list)
    for said in (f"{name}_bucket", name):
        for labels, value in index.series(said, engine, model):
            if "le" in labels:
                rest = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
                buckets[rest].append((_edge(labels["le"], name) * unit, value))
    if not buckets:
        return None
    sums = {
        tuple(sorted(labels.items())): value * unit
        for labels, value in index.series(f"{name}_sum", engine, model)
    }
    parts = []
    for rest, pairs in buckets.items():
        edges, counts = zip(*sorted(pairs), strict=True)
        try:
            parts.append(Histogram(edges, counts, sums.get(rest)))
        except InputError as error:
            raise InputError(f"{name}: {error.what}", remedy=error.remedy) from None
    return added(parts)


def _edge(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"{name} has a bucket with the edge {text!r}", remedy="take the snapshot again"
        ) from None


def _between(later: Sequence[Sample], earlier: Sequence[Sample] | None) -> float | None:
    times = [
        max((sample.timestamp for sample in part if sample.timestamp is not None), default=None)
        for part in (later, earlier or ())
    ]
    return None if times[0] is None or times[1] is None else times[0] - times[1]


def _sum(values: Sequence[float]) -> float | None:
    known = [value for value in values if math.isfinite(value) and value >= 0]
    return sum(known) if known else None
