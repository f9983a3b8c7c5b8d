"""What a mixed fleet saves over the best fleet of one accelerator type: seeded and real demand.

Per trace: the plan; the cheapest type with as many machines as each hour needs (every machine size
of that type may be used, exactly); the cheapest type held all day at the size that every hour fits.
No start costs for anyone; the saving is against the *best* type, not the worst, and against what
that type cannot cost less than (its proven bound). Needs the public data folder.

    python bench/bench_single_type.py [--seeds N] [--data FOLDER]
"""

import argparse
import statistics
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from daytraces import Trace, case_of, markets, real_traces, seeded_traces
from lepta.domain.plan import PlanCase
from lepta.errors import LeptaError
from lepta.optimize.mix import mix
from lepta.wiring.publicdata import find_folder
from peers.highs import Answer
from peers.whole import held_together, whole

GAP = 1e-4
"""Of the plan and of the peers."""
LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Saved:
    """The saving on one trace, as shares of what the best single type costs."""

    name: str
    cost: float
    gap: float
    hourly: float
    hourly_type: str
    peak: float
    peak_type: str


def single_types(case: PlanCase) -> dict[str, PlanCase]:
    """The case with one accelerator type alone, for each type that serves every class."""
    kinds = {offer.id: offer.accelerator for offer in case.offers}
    classes = {row.demand_class for row in case.demand}
    found = {}
    for kind in sorted(set(kinds.values())):
        profiles = tuple(p for p in case.profiles if kinds[p.offer] == kind)
        if {p.demand_class for p in profiles} == classes:
            offers = _undominated(replace(case, profiles=profiles), kind)
            mine = tuple(p for p in profiles if p.offer in offers)
            kept = tuple(offer for offer in case.offers if offer.id in offers)
            found[kind] = replace(case, offers=kept, profiles=mine)
    return found


def _undominated(case: PlanCase, kind: str) -> set[str]:
    """Leave out machines that cost more and serve no more of any class than another one."""
    classes = sorted({row.demand_class for row in case.demand})
    able = {(p.offer, p.demand_class): p.rate_per_s for p in case.profiles}
    worth = {
        offer.id: (-(offer.price_per_hour or 0.0), *(able.get((offer.id, w), 0.0) for w in classes))
        for offer in case.offers
        if offer.accelerator == kind
    }
    return {
        name
        for name, mine in worth.items()
        if not any(
            other != mine and all(o >= m for o, m in zip(other, mine, strict=True))
            for other in worth.values()
        )
    }


def hour_by_hour(case: PlanCase) -> tuple[float, float]:
    """(bound, cost) of one type with as many machines as each period needs."""
    bound = cost = 0.0
    for start in sorted({row.start for row in case.demand}):
        now = replace(case, demand=tuple(row for row in case.demand if row.start == start))
        answer = _one_offer(now) if len(case.offers) == 1 else _solved(now)
        bound, cost = bound + answer[0], cost + answer[1]
    return bound, cost


def _one_offer(case: PlanCase) -> tuple[float, float]:
    """One machine size: round its load up."""
    (offer,) = case.offers
    able = {p.demand_class: p.rate_per_s * case.utilization for p in case.profiles}
    load = sum(row.rate_per_s / able[row.demand_class] for row in case.demand)
    exact = float(np.ceil(load - 1e-9)) * (offer.price_per_hour or 0.0) * case.demand[0].hours
    return exact, exact


def _solved(case: PlanCase) -> tuple[float, float]:
    return _proven(whole(case, gap=GAP, time_limit_s=LIMIT_S))


def _proven(answer: Answer) -> tuple[float, float]:
    if answer.status not in ("optimal", "feasible"):
        raise RuntimeError(f"a single type ended {answer.status}")
    return answer.bound, answer.cost


def compare(trace: Trace, case: PlanCase) -> Saved:
    """Plan, and price the best single type twice."""
    plan = mix(case, gap=GAP, time_limit_s=LIMIT_S, runner_ups=0)
    assert plan.cost is not None and plan.gap is not None
    alone = single_types(case)
    hourly = {kind: hour_by_hour(one) for kind, one in alone.items()}
    static = {
        kind: _proven(held_together(one, gap=GAP, time_limit_s=LIMIT_S))
        for kind, one in alone.items()
    }
    best = min(hourly, key=lambda kind: hourly[kind][0])
    peak = min(static, key=lambda kind: static[kind][0])
    return Saved(
        name=trace.name,
        cost=plan.cost,
        gap=plan.gap,
        hourly=1 - plan.cost / hourly[best][0],
        hourly_type=best,
        peak=1 - plan.cost / static[peak][0],
        peak_type=peak,
    )


def spread(title: str, saved: list[float]) -> None:
    """Print mean, smallest, median, largest and standard deviation."""
    print(
        f"  {title:32} mean {statistics.mean(saved):6.1%}  min {min(saved):6.1%}  "
        f"median {statistics.median(saved):6.1%}  max {max(saved):6.1%}  "
        f"sd {statistics.stdev(saved):5.1%}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", help="folder of public data (default: $LEPTA_DATA)")
    options = parser.parse_args()
    try:
        folder = find_folder(options.data, Path(__file__).resolve().parent.parent)
    except LeptaError as error:
        print(f"left out: {error}")
        return 0
    for place in markets(folder):
        for title, traces in (
            ("seeded days", seeded_traces(place, options.seeds)),
            ("real traces", real_traces(folder, place.classes)),
        ):
            print(f"\n{place.name}, {len(traces)} {title}: saving against the best single type")
            print(f"{'trace':36}{'plan':>11}{'gap':>9}{'by the hour':>13}{'at the peak':>14}")
            found = []
            for trace in traces:
                one = compare(trace, case_of(trace, place))
                found.append(one)
                print(
                    f"{one.name:36}{one.cost:11.2f}{one.gap:9.0e}{one.hourly:8.1%} "
                    f"{one.hourly_type:4}{one.peak:9.1%} {one.peak_type:4}",
                    flush=True,
                )
            spread("best type, hour by hour", [one.hourly for one in found])
            spread("best type, sized for the peak", [one.peak for one in found])
    return 0


if __name__ == "__main__":
    sys.exit(main())
