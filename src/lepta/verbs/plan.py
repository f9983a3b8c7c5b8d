"""`lepta plan`: the cheapest fleet that serves all demand inside its promises (M2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, overload

from lepta.domain.patterns import near
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.plandiff import Comparison
from lepta.domain.promises import Promises, Scope, Survival
from lepta.domain.whatif import apply, parse
from lepta.errors import InputError, shorten
from lepta.optimize import uncertain
from lepta.optimize.mix import GAP, TIME_LIMIT_S, mix
from lepta.report.plandiff import compare
from lepta.verbs.uncertain import drawn, price_of_safety
from lepta.wiring.cases import read_case
from lepta.wiring.clock import clock

__all__ = ["Asked", "answer", "gather", "plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plan is asked for: the case, and when a plan is good enough."""

    case: PlanCase
    gap: float
    time_limit_s: float
    beside: PlanCase | None = None
    """The case of the mean demand, where `case` is that of a quantile."""
    quantile: float | None = None
    said: tuple[str, ...] = ()
    """How the case came about, in sentences."""


@overload
def plan(
    case: str | Path | PlanCase | None = ...,
    *,
    config: str | Path | None = ...,
    utilization: float | None = ...,
    promises: Promises | Mapping[str, Any] | None = ...,
    gap: float | None = ...,
    time_limit_s: float | None = ...,
    quantile: float | None = ...,
    bootstrap_days: str | Path | None = ...,
    seed: int = ...,
    what_if: None = ...,
) -> FleetPlan: ...


@overload
def plan(
    case: str | Path | PlanCase | None = ...,
    *,
    config: str | Path | None = ...,
    utilization: float | None = ...,
    promises: Promises | Mapping[str, Any] | None = ...,
    gap: float | None = ...,
    time_limit_s: float | None = ...,
    quantile: float | None = ...,
    bootstrap_days: str | Path | None = ...,
    seed: int = ...,
    what_if: Sequence[str],
) -> Comparison: ...


def plan(
    case: str | Path | PlanCase | None = None,
    *,
    config: str | Path | None = None,
    utilization: float | None = None,
    promises: Promises | Mapping[str, Any] | None = None,
    gap: float | None = None,
    time_limit_s: float | None = None,
    quantile: float | None = None,
    bootstrap_days: str | Path | None = None,
    seed: int = 0,
    what_if: Sequence[str] | None = None,
) -> FleetPlan | Comparison:
    """Find which machines, how many, when and where; with proof, prices and reasons.

    Parameters
    ----------
    case          a folder (offers.csv, demand.csv, profiles.csv, and maybe routes, current,
                  classes, quotas, pipelines, scenarios) or a `PlanCase`; without it the sources of
                  lepta.yaml (`config`) are used
    utilization   largest load per unit; left out, that of the case or lepta.yaml, or 0.85
    promises      `Promises`, or some of their fields, with shares by kind of place under
                  "survive": {"survive": {"zone": 0.9}, "carbon_price": 80, "carbon_limit": 500,
                  "payback_hours": 24, "risk": 0.2}; fields left out are as in lepta.yaml
    gap           relative distance from the proven bound that is good enough (0.005)
    time_limit_s  ends the search with the best plan so far (60)
    what_if       texts like "price:H100=-20%": plan once as things are and once with all of them,
                  and compare

    Where no fleet serves all demand, the status is "infeasible" and `shortfalls` says why.

    With uncertain demand (scenarios of the case, or drawn from the days of the table of demand
    `bootstrap_days`, the same for the same `seed`), `quantile` plans for that quantile of demand
    per class and period, and `explanation` says what this costs beside the mean.

    Raises
    ------
    InputError, ConfigError
        A table, a value, a what-if or the configuration is wrong: it says where, and what to do.
    """
    asked = gather(
        case,
        config=config,
        utilization=utilization,
        promises=promises,
        gap=gap,
        time_limit_s=time_limit_s,
        quantile=quantile,
        bootstrap_days=bootstrap_days,
        seed=seed,
    )
    return answer(asked, what_if=what_if)


def answer(asked: Asked, *, what_if: Sequence[str] | None = None) -> FleetPlan | Comparison:
    """Plan what was gathered; with what-ifs, once as things are and once with all of them."""
    texts = [what_if] if isinstance(what_if, str) else what_if or ()
    changed, applied = apply(asked.case, [parse(text) for text in texts])
    base = _mixed(asked)
    if what_if is None:
        return base
    other = _mixed(replace(asked, case=changed, beside=None))
    return Comparison(base=base, changed=other, what_ifs=applied, diff=compare(base, other))


def gather(
    case: str | Path | PlanCase | None = None,
    *,
    config: str | Path | None = None,
    utilization: float | None = None,
    promises: Promises | Mapping[str, Any] | None = None,
    gap: float | None = None,
    time_limit_s: float | None = None,
    quantile: float | None = None,
    bootstrap_days: str | Path | None = None,
    seed: int = 0,
) -> Asked:
    """Read the case of a plan, with what is promised; the parameters are those of `plan`.

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
    whole = replace(
        whole,
        utilization=whole.utilization if utilization is None else utilization,
        promises=_with(whole.promises, promises),
    )
    said, beside = tuple[str, ...](), None
    if bootstrap_days is not None:
        whole, said = drawn(whole, bootstrap_days, seed=seed, few=quantile is None)
    if quantile is not None:
        whole, beside = uncertain.quantile(whole, quantile), uncertain.mean(whole)
    return Asked(
        case=whole,
        gap=GAP if gap is None else gap,
        time_limit_s=TIME_LIMIT_S if time_limit_s is None else time_limit_s,
        beside=beside,
        quantile=quantile,
        said=said,
    )


def _mixed(asked: Asked) -> FleetPlan:
    """Plan the case, and say how it came about and what safety costs."""
    now, gap, seconds = clock().now, asked.gap, asked.time_limit_s
    found = mix(asked.case, gap=gap, time_limit_s=seconds, clock=now)
    said = list(asked.said)
    if asked.beside is not None and asked.quantile is not None:
        mean = mix(asked.beside, gap=gap, time_limit_s=seconds, runner_ups=0, clock=now)
        said = [*price_of_safety(found, mean, asked.quantile), *said]
    return replace(found, explanation=(*found.explanation, *said)) if said else found


def _with(promises: Promises, given: Promises | Mapping[str, Any] | None) -> Promises:
    """Return the promises with those that are given in the place of their own."""
    if given is None or isinstance(given, Promises):
        return given or promises
    _known("promises", given, [field.name for field in fields(Promises)])
    values = dict(given)
    if isinstance(shares := values.get("survive"), Mapping):
        _known("survive", shares, list(Scope))
        values["survive"] = tuple(
            Survival(scope=Scope(name), share=share) for name, share in shares.items()
        )
    return replace(promises, **values)


def _known(where: str, given: Iterable[str], names: Sequence[str]) -> None:
    for name in given:
        if name not in names:
            raise InputError(
                f"{shorten(name)} cannot be promised",
                where=where,
                remedy=f"{near(name, names)}there are {', '.join(names)}",
            )
