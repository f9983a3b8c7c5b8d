"""Averse to risk: expected cost weighed against the mean of the worst scenarios (CVaR).

    (1 - risk) E[cost] + risk CVaR[cost]  =  max over weights v of sum_s v_s cost_s,
    v = (1 - risk) p + risk q,  0 <= q_s <= p_s / tail,  sum q = 1        (Artzner et al. 1999)

For any weights in that set the plan that is cheapest under them bounds the whole from below. So the
weights go to the worst scenarios of the last plan, a plan is sought under them, and so on: the
best plan seen and the best bound seen close in on each other (a cutting-plane method).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lepta.domain.promises import CVAR_TAIL
from lepta.optimize.mix.join import Whole, routed
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.settle import period_of

__all__ = ["Averse", "averse", "tail_mean"]

Array = npt.NDArray[np.float64]

ROUNDS = 5
MIXED = 0.05
"""Share of the true probabilities in every weight: no scenario is ever planned as worthless."""


@dataclass(frozen=True, slots=True)
class Averse:
    """A plan that is averse to risk."""

    whole: Whole
    """At the true probabilities."""
    value: float
    """(1 - risk) E[cost] + risk CVaR[cost]."""
    bound: float
    """No plan has a smaller value."""


def tail_mean(cost: Array, probability: Array, tail: float = CVAR_TAIL) -> float:
    """Return the mean of the worst `tail` of outcomes: cost (S,), probability (S,)."""
    return float(_tail_weights(cost, probability, tail) @ cost)


def _tail_weights(cost: Array, probability: Array, tail: float) -> Array:
    weights, left = np.zeros(len(cost)), 1.0
    for s in np.argsort(-cost, kind="stable"):
        weights[s] = min(probability[s] / tail, left)
        left -= weights[s]
    return weights


def averse(
    model: Model, risk: float, plan: Callable[[Model], tuple[Whole | None, float]]
) -> Averse | None:
    """Find a plan of the smallest value; `plan` gives the cheapest plan of a model, and a bound."""
    probability = np.array([here.weight for here in model.stages[0]])
    weights, best, bound = probability, None, -np.inf
    periods = [period_of(model, step) for step in range(len(model.hours))]
    for _ in range(ROUNDS):
        found, floor = plan(_weighted(model, weights))
        bound = max(bound, floor)
        truth = None if found is None else routed(model, periods, found.units)
        if truth is None:
            break
        cost = _scenario_costs(model, truth)
        value = (1 - risk) * float(probability @ cost) + risk * tail_mean(cost, probability)
        if best is None or value < best.value:
            best = Averse(truth, value, bound)
        if value - bound <= 1e-6 * abs(value):
            break
        worst = _tail_weights(cost, probability, CVAR_TAIL)
        next_ = (1 - risk) * probability + risk * worst
        weights = (1 - MIXED) * (weights + next_) / 2.0 + MIXED * probability
    return None if best is None else replace(best, bound=min(bound, best.value))


def _weighted(model: Model, weights: Array) -> Model:
    stages = tuple(
        tuple(replace(here, weight=float(v)) for here, v in zip(stage, weights, strict=True))
        for stage in model.stages
    )
    return replace(model, stages=stages)


def _scenario_costs(model: Model, whole: Whole) -> Array:
    """Return what each circumstance would cost if it were sure to come, (S,)."""
    fixed = whole.cost - sum(send + fine for one in whole.fleets for send, fine, _ in one.spent)
    size = len(model.stages[0])
    sent = np.zeros(size)
    for step, fleet in enumerate(whole.fleets):
        for place, (send, fine, _) in enumerate(fleet.spent):
            weight = model.stages[step][place].weight
            sent[place] += (send + fine) / weight if weight > 0 else 0.0
    return fixed + sent
