"""The heterogeneous-GPU plan of the Melange paper: our cost is never above theirs.

Griggs et al., "Melange: Cost Efficient Large Language Model Serving by Exploiting GPU
Heterogeneity" (arXiv:2404.14527). The toy case is the published example configuration: two GPUs,
four buckets of request sizes, 30 requests/s, each bucket one slice; its published answer is
3 A10G + 1 A100-80GB for 6.70 per hour.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from lepta.optimize.mix import mix
from plancases import case_of

PRICE = {"A10G": 1.01, "A100-80GB": 3.67}
ABLE = {"A10G": [2, 1, 5, 2], "A100-80GB": [20, 20, 40, 20]}
SHARE = [0.2, 0.1, 0.5, 0.2]
TOY = case_of(
    PRICE,
    {f"bucket{b}": [30 * share] for b, share in enumerate(SHARE)},
    {(f"bucket{b}", g): ABLE[g][b] for g in PRICE for b in range(4)},
)


def melange(slices: int) -> float:
    """The paper's program (whole slices, one binary per slice and GPU), by scipy."""
    need = [
        [30 * SHARE[b] / slices / ABLE[g][b] for b in range(4) for _ in range(slices)]
        for g in PRICE
    ]
    k = 4 * slices
    serve = np.hstack((np.eye(k), np.eye(k), np.zeros((k, 2))))
    load = np.zeros((2, 2 * k + 2))
    for g in range(2):
        load[g, g * k : (g + 1) * k] = need[g]
        load[g, 2 * k + g] = -1
    answer = milp(
        np.concatenate((np.zeros(2 * k), list(PRICE.values()))),
        integrality=np.ones(2 * k + 2),
        bounds=Bounds(0, np.concatenate((np.ones(2 * k), [np.inf, np.inf]))),
        constraints=[LinearConstraint(serve, 1, 1), LinearConstraint(load, -np.inf, 1e-9)],
        options={"mip_rel_gap": 0},
    )
    return float(answer.fun)


def test_the_published_answer_of_whole_slices():
    assert melange(slices=1) == pytest.approx(3 * 1.01 + 3.67) == 6.70


def test_our_answer_is_cheaper_because_a_bucket_may_be_split():
    """Of bucket 2, 5/s go to one A10G (5/s), 10/s to the A100, which is then exactly full."""
    plan = mix(TOY, gap=0)
    assert plan.status == "optimal"
    assert plan.gap == 0
    assert plan.cost == pytest.approx(1.01 + 3.67)
    assert {row.offer: row.count for row in plan.units} == {"A10G": 1, "A100-80GB": 1}
    assert melange(slices=3) == pytest.approx(plan.cost)  # finer slices come down to it


def test_the_published_fleet_still_costs_what_it_cost():
    """Hold the published fleet as what runs now: 6.70 per hour, and it carries the demand."""
    plan = mix(replace(TOY, current=(("A10G", 3), ("A100-80GB", 1))))
    assert plan.cost_now == pytest.approx(6.70)
    assert "What runs now can carry all demand at the target utilization of 100%." in (
        plan.explanation
    )
    assert any("saves 2.02 (30.1%)" in said for said in plan.explanation)


@pytest.mark.parametrize("rate", [1.0, 4.0, 16.0, 64.0])
def test_a_mix_is_never_dearer_than_one_kind_alone(rate: float):
    """The shape of the paper's figures: single-GPU fleets over the mixed fleet are 1 or more."""
    case = replace(
        TOY, demand=tuple(replace(d, rate_per_s=d.rate_per_s * rate / 30) for d in TOY.demand)
    )
    mixed = mix(case, gap=0).cost
    for name in PRICE:
        alone = replace(case, profiles=tuple(p for p in case.profiles if p.offer == name))
        assert mix(alone, gap=0).cost >= mixed - 1e-9
