"""Plan files: writing them, reading them back, comparing two, and checking one against a case."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from lepta.domain.fingerprint import case_hash
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.plancheck import CheckedPlan
from lepta.domain.plandiff import Comparison, PlanDiff
from lepta.domain.planfile import Origin, origin_of
from lepta.domain.whatif import apply, parse
from lepta.errors import InputError
from lepta.report.plandiff import compare
from lepta.report.schema.plan import CREATED_BY, to_json, with_origin
from lepta.verbs.plan import gather
from lepta.wiring.documents import read_document

__all__ = ["check_plan", "diff_plans", "document", "read_plan", "remember", "write_plan"]

SLACK = 1e-6
"""Relative gap that counts as none; beyond it the plan's own gap, which the file states, holds."""


def document(answer: FleetPlan | Comparison, case: PlanCase | None = None) -> dict[str, Any]:
    """Return the JSON document of an answer; with its case, it says what it is a plan for."""
    if isinstance(answer, FleetPlan):
        return to_json(answer, None if case is None else origin_of(case, CREATED_BY))
    from lepta.report.schema.whatif import to_json as whatif_json

    if case is None:
        return whatif_json(answer)
    changed, _ = apply(case, [parse(one.text) for one in answer.what_ifs])
    return whatif_json(answer, origin_of(case, CREATED_BY), origin_of(changed, CREATED_BY))


def write_plan(
    answer: FleetPlan | Comparison,
    case: PlanCase | None = None,
    *,
    out: str | Path | None = None,
    html: str | Path | None = None,
) -> tuple[Path, ...]:
    """Write the document, the page, or both; the same answer gives the same document.

    Raises
    ------
    Permanent
        A file cannot be written.
    """
    texts = []
    if out is not None:
        text = json.dumps(document(answer, case), indent=2, allow_nan=False, ensure_ascii=False)
        texts.append((out, text + "\n"))
    if html is not None:
        from lepta.report.html.page import plan_page
        from lepta.wiring.clock import clock

        origin = None if case is None else origin_of(case, CREATED_BY)
        texts.append((html, plan_page(answer, origin, generated_at=clock().now())))
    if not texts:
        return ()
    from lepta.wiring.outfiles import write_text

    return tuple(write_text(path, text) for path, text in texts)


def remember(found: FleetPlan, case: PlanCase | None = None) -> str:
    """Keep a plan as the last one, for `lepta report`; never fails, and says where or why not."""
    from lepta.wiring.state import save

    return save("plan", document(found, case))


def read_plan(path: str | Path) -> tuple[FleetPlan, Origin | None]:
    """Read a plan file, and what it says of its case.

    Raises
    ------
    InputError
        There is no such file, it is no plan of this version, or it was changed by hand.
    """
    found = read_document(path)
    try:
        return with_origin(found)
    except InputError as error:
        raise InputError(error.what, where=str(path), remedy=error.remedy) from None


def diff_plans(before: str | Path, after: str | Path) -> PlanDiff:
    """Compare two plan files.

    Raises
    ------
    InputError
        One of them is no plan file, or they are in two currencies.
    """
    (one, first), (two, second) = read_plan(before), read_plan(after)
    return compare(one, two, origins=(first, second))


def check_plan(
    path: str | Path, case: str | Path | PlanCase | None = None, *, config: str | Path | None = None
) -> CheckedPlan:
    """Recompute every promise of a plan file on a case, without the solver.

    `case` is a folder or a `PlanCase`; without it the sources of lepta.yaml (`config`) are used.
    What the plan promises beyond the tables (utilization, survival, carbon, payback, risk) is taken
    from the file.

    Raises
    ------
    InputError, ConfigError
        The file or the case is wrong.
    """
    from lepta.optimize.verify import verify

    plan, origin = read_plan(path)
    whole = gather(case, config=config).case
    if origin is not None:
        whole = replace(whole, utilization=origin.utilization, promises=origin.promises)
    return CheckedPlan(
        plan=plan,
        origin=origin,
        same_case=None if origin is None else case_hash(whole) == origin.case_hash,
        checks=verify(whole, plan, gap=max(plan.gap or 0.0, SLACK)),
    )
