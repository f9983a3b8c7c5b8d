"""`lepta plan`: the cheapest fleet that serves all demand inside its promises (M2)."""

from dataclasses import dataclass, replace
from pathlib import Path

from lepta.domain.plan import FleetPlan, PlanCase
from lepta.errors import InputError
from lepta.optimize.mix import GAP, TIME_LIMIT_S, mix
from lepta.verbs.uncertain import drawn, safe
from lepta.wiring.cases import read_case
from lepta.wiring.clock import clock

__all__ = ["Asked", "gather", "plan", "remember"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A case to plan, and when the planner may stop."""

    case: PlanCase
    gap: float
    time_limit_s: float


def plan(
    case: str | Path | PlanCase | None = None,
    *,
    config: str | Path | None = None,
    utilization: float | None = None,
    gap: float | None = None,
    time_limit_s: float | None = None,
    quantile: float | None = None,
    bootstrap_days: str | Path | None = None,
    seed: int = 0,
) -> FleetPlan:
    """Find which machines, how many, when and where; with proof, prices and reasons.

    `case` is a folder (offers.csv, demand.csv, profiles.csv, maybe routes.csv and current.csv) or
    a `PlanCase`; without it the sources of lepta.yaml (`config`) are used. `utilization` is the
    largest load per unit; left out, it is that of the case or the configuration, or 0.85. `gap` is
    the relative distance from the proven bound that is good enough (0.0001), `time_limit_s` ends
    the search with the best plan so far (60). Where no fleet serves all demand, the status is
    "infeasible" and `shortfalls` says why.

    With uncertain demand (scenarios of the case, or drawn from the days of the table of demand
    `bootstrap_days`, the same for the same `seed`), `quantile` plans for that quantile of demand
    per class and period, and `explanation` says what this costs beside the mean.

    Raises
    ------
    InputError, ConfigError
        A table, a value or the configuration is wrong: it says where, and what to do.
    """
    asked = gather(case, config=config, utilization=utilization, gap=gap, time_limit_s=time_limit_s)

    def solve(whole: PlanCase) -> FleetPlan:
        return mix(whole, gap=asked.gap, time_limit_s=asked.time_limit_s, clock=clock().now)

    whole, said = asked.case, tuple[str, ...]()
    if bootstrap_days is not None:
        whole, said = drawn(whole, bootstrap_days, seed=seed, few=quantile is None)
    found = solve(whole) if quantile is None else safe(whole, quantile, solve)
    return replace(found, explanation=(*found.explanation, *said)) if said else found


def gather(
    case: str | Path | PlanCase | None = None,
    *,
    config: str | Path | None = None,
    utilization: float | None = None,
    gap: float | None = None,
    time_limit_s: float | None = None,
) -> Asked:
    """Read the case of a plan; the parameters are those of `plan`.

    Raises
    ------
    InputError, ConfigError
        A table, a value or the configuration is wrong.
    """
    if utilization is not None and not 0 < utilization <= 1:
        raise InputError(
            f"the utilization is {utilization!r}", remedy="give a share above 0 and up to 1"
        )
    if case is None:
        from lepta.wiring.configured import plan_case, plan_limits

        whole, limits = plan_case(config), plan_limits(config)
        gap = limits.gap if gap is None else gap
        time_limit_s = limits.time_limit_s if time_limit_s is None else time_limit_s
    else:
        whole = case if isinstance(case, PlanCase) else read_case(case)
    if utilization is not None:
        whole = replace(whole, utilization=utilization)
    return Asked(
        case=whole,
        gap=GAP if gap is None else gap,
        time_limit_s=TIME_LIMIT_S if time_limit_s is None else time_limit_s,
    )


def remember(found: FleetPlan) -> str:
    """Keep a plan as the last one, for `lepta report`; never fails, and says where or why not."""
    from lepta.report.schema.plan import to_json
    from lepta.wiring.state import save

    return save("plan", to_json(found))
