"""From a load test to a profile: between two tested loads, never beyond the last."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from lepta.domain.serving import Objective, ServiceProfile, Source
from lepta.units import PerSecond, Seconds, check

__all__ = ["Tested", "serve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """One load of a test, and the latencies at it; None: not measured."""

    name: str
    offer: str
    output_tokens: float
    load: float
    """What the test raised: requests in the server, or requests per second."""
    rate: PerSecond
    """Requests completed per second."""
    concurrency: float | None
    ttft: Seconds | None
    tpot: Seconds | None
    e2e: Seconds | None

    def __post_init__(self) -> None:
        check(self)


def serve(tests: Sequence[Tested], objective: Objective) -> tuple[ServiceProfile, ...]:
    """Return one profile per class and offer.

    Latency is made to grow with the load (running maximum) and is a straight line between loads.
    The band is what the two loads around the crossing prove: the last that kept the objective, and
    the first that broke it.
    """
    groups: dict[tuple[str, str], list[Tested]] = defaultdict(list)
    for test in tests:
        groups[test.name, test.offer].append(test)
    return tuple(
        _profile(sorted(groups[key], key=lambda test: test.load), objective)
        for key in sorted(groups)
    )


def _profile(tests: Sequence[Tested], objective: Objective) -> ServiceProfile:
    promised = [
        (bound, list(accumulate((getattr(test, name) for test in tests), max)))
        for name, bound in (
            ("ttft", objective.ttft),
            ("tpot", objective.tpot),
            ("e2e", objective.e2e),
        )
        if bound is not None
    ]
    kept = 0
    while kept < len(tests) and all(seen[kept] <= bound for bound, seen in promised):
        kept += 1
    rates = list(accumulate((test.rate for test in tests), max))
    low = rates[kept - 1] if kept else None
    high = rates[kept] if kept < len(tests) else None
    rate, note = low, ""
    if kept and high is not None and low is not None:
        way = min(
            (bound - seen[kept - 1]) / (seen[kept] - seen[kept - 1])
            for bound, seen in promised
            if seen[kept] > bound
        )
        rate = low + way * (high - low)
    elif kept:
        note = "the objective is kept at every load tested: the capacity lies at or above"
    else:
        note = "the objective is broken at the smallest load tested: the capacity lies below"
    last = tests[kept - 1] if kept else None
    return ServiceProfile(
        demand_class=tests[0].name,
        offer=tests[0].offer,
        source=Source.BENCHMARK,
        rate=rate,
        rate_low=low,
        rate_high=high,
        concurrency=last.concurrency if last else None,
        tokens_per_s=None if rate is None else rate * tests[0].output_tokens,
        ttft=last.ttft if last else None,
        tpot=last.tpot if last else None,
        note=note,
    )
