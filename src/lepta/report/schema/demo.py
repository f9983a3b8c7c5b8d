"""`lepta.demo/1`: where the files of a demonstration lie, and what was found in short."""

from collections import Counter
from typing import Any, Final

from lepta.domain.demo import Demo
from lepta.units import from_micros

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.demo/1"


def to_json(demo: Demo) -> dict[str, Any]:
    """Return the document; the report's own document has the rest."""
    spend, plan = demo.assessment.spend, demo.plan
    named = {finding.kind for finding in demo.assessment.findings}
    planted = Counter(kind for kind, _ in demo.planted)
    return {
        "schema": NAME,
        "seed": demo.seed,
        "files": {"company": demo.folder, "html": demo.html, "json": demo.json},
        "company": {
            "teams": list(demo.teams),
            "services": list(demo.services),
            "jobs": demo.jobs,
        },
        "currency": spend.currency,
        "spend": from_micros(spend.total_micros),
        "total_saving": from_micros(demo.assessment.total_saving_micros),
        "planted": [
            {"kind": kind, "resources": count, "found": kind in named}
            for kind, count in sorted(planted.items())
        ],
        "plan": {
            "status": plan.status,
            "hours": plan.hours,
            "cost": _money(plan.cost),
            "cost_now": _money(plan.cost_now),
            "gap": plan.gap,
            "checks_failed": sum(not check.ok for check in plan.checks),
        },
    }


def _money(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 6)


_NUMBER: Final = {"type": ["number", "null"]}
_NAMES: Final = {"type": "array", "items": {"type": "string"}}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": NAME,
    "description": "A generated company, assessed and planned: the answer of `lepta demo`.",
    **_object(
        schema={"const": NAME},
        seed={"type": "integer", "minimum": 0},
        files=_object(
            company={"type": "string", "description": "folder with bill, usage, case, lepta.yaml"},
            html={"type": "string"},
            json={"type": "string", "description": "the document of `lepta report`"},
        ),
        company=_object(teams=_NAMES, services=_NAMES, jobs={"type": "integer"}),
        currency={"type": "string"},
        spend={"type": "number", "description": "EffectiveCost of the month"},
        total_saving={"type": "number", "description": "sum of the findings, in the same month"},
        planted={
            "type": "array",
            "description": "waste that was put in, and whether a finding of the kind was made",
            "items": _object(
                kind={"type": "string"},
                resources={"type": "integer"},
                found={"type": "boolean"},
            ),
        },
        plan=_object(
            status={"type": "string"},
            hours={"type": "number"},
            cost={**_NUMBER, "description": "of these hours"},
            cost_now={**_NUMBER, "description": "what runs now, over the same hours"},
            gap=_NUMBER,
            checks_failed={"type": "integer"},
        ),
    ),
}
