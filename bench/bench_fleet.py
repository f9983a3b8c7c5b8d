"""Large fleet plans against HiGHS given the whole model at once, the same gap and time for both.

Seeded cases (bench/fleets.py): many classes in one period; a day in three zones, without and with
start costs of a quarter of an hour; a week. Goals are seconds and gap, and both must hold. The gap
is the true one: the bill is made from the numbers of machines alone, starts included, and stands
against the bound that the plan proves (a bound without start costs holds with them).

    python bench/bench_fleet.py [--cases one day starts week] [--level X] [--peer-limit SECONDS]
"""

import argparse
import time
from dataclasses import dataclass

from fleets import fleet
from lepta.domain.plan import PlanCase
from lepta.optimize.mix import mix
from peers.whole import bill, whole

QUARTER_S = 900.0


@dataclass(frozen=True, slots=True)
class Goal:
    """A case, and what was promised of it."""

    what: str
    size: dict[str, float | None]
    seconds: float
    gap: float


GOALS = {
    "one": Goal("600 classes x 32 offers, 1 period", {"classes": 600, "types": 32}, 2, 1e-3),
    "day": Goal(
        "24 periods x 60 classes x 40 offers x 3 zones",
        {"classes": 60, "types": 40, "zones": 3, "periods": 24},
        30,
        5e-3,
    ),
    "starts": Goal(
        "the same, a start costs a quarter of an hour",
        {"classes": 60, "types": 40, "zones": 3, "periods": 24, "startup_s": QUARTER_S},
        60,
        1.5e-2,
    ),
    "week": Goal(
        "168 periods x 60 classes x 40 offers x 3 zones",
        {"classes": 60, "types": 40, "zones": 3, "periods": 168},
        180,
        2e-2,
    ),
}
WITHOUT_PEER = ("week",)
"""HiGHS would take its whole time here: only on request (`--peer-limit`)."""


def compare(goal: Goal, level: float, peer_limit_s: float | None) -> None:
    """Run one case, and print everyone's seconds, cost and gap."""
    case: PlanCase = fleet(level=level, **goal.size)  # type: ignore[arg-type]
    begin = time.perf_counter()
    plan = mix(case, gap=goal.gap, time_limit_s=goal.seconds, runner_ups=0)
    seconds = time.perf_counter() - begin
    assert plan.cost is not None and plan.bound is not None
    # Not plan.cost: a planner that does not price starts leaves them out of it.
    held, starts = bill(case, plan.units)
    total = held + starts
    peer = None
    if peer_limit_s:
        peer = whole(case, gap=goal.gap, time_limit_s=peer_limit_s)
    bound = max(plan.bound, peer.bound if peer else 0.0)
    gap = max(0.0, total - plan.bound) / total
    print(f"\n{goal.what}; goal {goal.seconds:g} s to {goal.gap:.1%}")
    print(
        f"  lepta  {seconds:8.2f} s  bill {total:12.2f}  gap {gap:7.3%}  {plan.status}, "
        f"{len(plan.checks)} checks hold"
    )
    if abs(plan.cost - total) > 1e-9 * total:
        print(
            f"         it states {plan.cost:.2f}: {plan.cost - total:+.2f}; starts are {starts:.2f}"
        )
    if peer:
        print(
            f"  HiGHS  {peer.seconds:8.2f} s  bill {peer.cost:12.2f}  gap {peer.gap:7.3%}  "
            f"{peer.status}"
        )
        print(
            f"  HiGHS / lepta: time {peer.seconds / seconds:.1f}, "
            f"cost {peer.cost / total - 1:+.2%}; lepta's gap by the better bound of both "
            f"{(total - bound) / total:.3%}"
        )
    met = "met" if seconds <= goal.seconds and gap <= goal.gap else "MISSED"
    print(
        f"  goal {met}: {seconds:.1f} of {goal.seconds:g} s, {gap:.2%} of {goal.gap:.1%}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=GOALS, default=list(GOALS))
    parser.add_argument("--level", type=float, default=2.0, help="scale of rates and quotas")
    parser.add_argument(
        "--peer-limit", type=float, help="seconds for HiGHS (default: those of the goal; no week)"
    )
    options = parser.parse_args()
    mix(fleet(classes=2, types=2), runner_ups=0)  # imports and first call
    for name in options.cases:
        own = None if name in WITHOUT_PEER else GOALS[name].seconds
        compare(GOALS[name], options.level, options.peer_limit or own)


if __name__ == "__main__":
    main()
