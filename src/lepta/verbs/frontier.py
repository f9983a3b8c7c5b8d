"""`lepta frontier`: what a better second aim costs, plan by plan (M7)."""

import json
from pathlib import Path

from lepta.domain.frontier import Against, Frontier
from lepta.domain.plan import PlanCase
from lepta.errors import InputError, listing
from lepta.optimize.tradeoff import POINTS
from lepta.optimize.tradeoff import frontier as find
from lepta.verbs.plan import gather
from lepta.wiring.clock import clock

__all__ = ["frontier", "write_frontier"]


def frontier(
    case: str | Path | PlanCase | None = None,
    *,
    against: str | Against,
    demand_class: str | None = None,
    points: int = POINTS,
    config: str | Path | None = None,
    utilization: float | None = None,
    gap: float | None = None,
    time_limit_s: float | None = None,
) -> Frontier:
    """Find the plans of which none is better than another in both cost and a second aim.

    Parameters
    ----------
    case          as for `lepta.plan`
    against       "latency", "carbon", "risk" (quantile of uncertain demand) or "spread" (share
                  still served when any one provider, else region, else zone, is lost)
    demand_class  for latency: the class or pipeline whose objective moves; left out: all together
    points        most levels that are planned, the two ends included
    config, utilization, gap  as for `lepta.plan`
    time_limit_s  for the whole frontier

    Raises
    ------
    InputError, ConfigError
        A table, a value or the configuration is wrong, or the case lacks what the aim is about.
    Infeasible
        No fleet serves the demand, and the aim needs one to begin with (carbon).
    """
    if against not in list(Against):
        raise InputError(
            f"there is no aim {against!r}", remedy=f"there are {listing(list(Against))}"
        )
    asked = gather(case, config=config, utilization=utilization, gap=gap, time_limit_s=time_limit_s)
    return find(
        asked.case,
        Against(against),
        demand_class=demand_class,
        points=points,
        gap=asked.gap,
        time_limit_s=asked.time_limit_s,
        clock=clock().now,
    )


def write_frontier(
    found: Frontier, *, out: str | Path | None = None, html: str | Path | None = None
) -> tuple[Path, ...]:
    """Write the plan of each point (`out`/plan-1.json is the cheapest), the page, or both.

    Raises
    ------
    Permanent
        A file cannot be written.
    """
    from lepta.verbs.planfile import document
    from lepta.wiring.outfiles import write_text

    texts: list[tuple[Path, str]] = []
    for number, point in enumerate(found.points if out is not None else (), start=1):
        kept = document(point.plan, point.case)
        text = json.dumps(kept, indent=2, allow_nan=False, ensure_ascii=False)
        texts.append((Path(out or "") / f"plan-{number}.json", text + "\n"))
    if html is not None:
        from lepta.report.html.frontier import frontier_page

        texts.append((Path(html), frontier_page(found, generated_at=clock().now())))
    return tuple(write_text(path, text) for path, text in texts)
