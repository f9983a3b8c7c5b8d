"""The study of docs/study.md: its company is as the page says, and the page is what comes out."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import lepta
from lepta.domain.offer import Term
from lepta.domain.plan import PlanCase

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def case(checkout: Path, shared_data: Path) -> Iterator[PlanCase]:
    before = list(sys.path)
    sys.path.insert(0, str(checkout / "examples" / "study"))
    import company
    import run

    yield company.company(run.read(shared_data), run.DAYS)
    sys.path[:] = before


def test_the_company_is_what_the_page_says(case: PlanCase) -> None:
    assert len(case.offers) == 23
    assert {offer.provider for offer in case.offers} == {"aws", "gcp", "azure"}
    spot = [offer for offer in case.offers if offer.term is Term.SPOT]
    assert len(spot) == 10
    for offer in spot:
        assert offer.limit == 2
        listed = next(o for o in case.offers if o.id == offer.id.removesuffix(" spot"))
        assert 0.2 < offer.price_per_hour / listed.price_per_hour < 0.6
    assert len(case.demand) == 3 * 48
    assert case.current == (("p5.48xlarge@us-east-1", 26),)


def test_a_longer_latency_serves_more(case: PlanCase) -> None:
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for p in case.profiles:
        pairs.setdefault((p.offer, p.demand_class), []).append((p.latency_ms, p.rate_per_s))
    assert len(pairs) == 23 * 3 - 1
    assert ("p5.4xlarge@us-east-1", "chat") not in pairs
    for points in pairs.values():
        assert points == sorted(points)
        assert all(a[1] < b[1] for a, b in pairwise(points))


def fractions(case: PlanCase) -> float:
    """Bound the cost with SciPy: every hour alone, fractions of machines, nothing for starts."""
    most = {c.name: c.latency_ms for c in case.classes}
    names = sorted(most)
    rates = {(o.id, name): 0.0 for o in case.offers for name in names}
    for p in case.profiles:
        if p.latency_ms <= most[p.demand_class]:
            rates[p.offer, p.demand_class] = max(
                rates[p.offer, p.demand_class], p.rate_per_s * case.utilization
            )
    # Unknown: hours of each offer spent on each class.
    pairs = [(o, name) for o in case.offers for name in names if rates[o.id, name] > 0]
    cost = [o.price_per_hour for o, _ in pairs]
    serve = np.array([[-rates[o.id, n] * (n == name) for o, n in pairs] for name in names])
    limited = [o for o in case.offers if o.limit is not None]
    held = np.array([[float(o.id == mine.id) for o, _ in pairs] for mine in limited])
    hours: dict[Any, dict[str, float]] = {}
    for d in case.demand:
        hours.setdefault(d.start, {})[d.demand_class] = d.rate_per_s
    total = 0.0
    for need in hours.values():
        right = [*(-need[name] for name in names), *(float(o.limit) for o in limited)]
        found = linprog(cost, A_ub=np.vstack([serve, held]), b_ub=right)
        assert found.success
        total += found.fun
    return total


def test_the_plan_without_promises_is_near_a_bound_of_another_making(case: PlanCase) -> None:
    plan = lepta.plan(case, gap=0.005, time_limit_s=300.0)
    assert plan.status == "optimal"
    assert fractions(case) <= plan.cost <= 1.02 * fractions(case)


@pytest.mark.slow
def test_the_page_and_the_picture_are_what_the_command_gives_now(
    checkout: Path, shared_data: Path, tmp_path: Path
) -> None:
    subprocess.run(
        [
            *(sys.executable, "examples/study/run.py"),
            *("--data", str(shared_data), "--out", str(tmp_path)),
        ],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    docs = checkout / "docs"
    assert (tmp_path / "study.md").read_text() == (docs / "study.md").read_text()
    assert (tmp_path / "study.svg").read_text() == (docs / "assets" / "study.svg").read_text()
    answers = {a["key"]: a for a in json.loads((tmp_path / "study.json").read_text())["answers"]}
    for answer in answers.values():
        assert answer["status"] == "optimal"
        assert answer["gap"] <= 0.005
    the_words_of_the_page_hold(answers)
    with (tmp_path / "fleet.csv").open(newline="") as stream:
        held = list(csv.DictReader(stream))
    assert not [r for r in held if r["key"] == "no-spot" and r["offer"].endswith(" spot")]


def the_words_of_the_page_hold(answers: dict[str, Any]) -> None:
    more = {key: answer["difference"] for key, answer in answers.items()}
    base = answers["base"]["usd_per_day"]
    assert more["looser"] < more["api"] < 0 < more["pool"] < 0.02 * base
    assert more["pool"] < more["provider-50"] < more["region"] < base < more["provider-90"]
    sums = sum(more[key] for key in ("tighter", "pool", "region", "provider-50", "carbon-price"))
    assert 0.8 * sums < more["together"] < sums
    assert more["payback"] == pytest.approx(0.0, abs=0.005 * base)
    assert more["committed"] < more["no-spot"]
    assert more["committed-spot"] > 0
    assert not [h for h in answers["api"]["held"] if h["term"] == "on-demand"]
    assert answers["carbon-cap"]["carbon_kg"] <= 0.8 * answers["base"]["carbon_kg"] * (1 + 1e-9)
    for loss in ("pool", "region", "provider-50", "provider-90", "together"):
        for emergency in answers[loss]["emergencies"]:
            assert emergency["served"] >= emergency["wanted"] - 1e-6
