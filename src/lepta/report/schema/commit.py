"""`lepta.commit/1`: what to buy, what it saves, coverage, utilization, regret, proof and checks."""

import math
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from lepta.domain.commitment import CommitPlan, Saving

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.commit/1"


def to_json(plan: CommitPlan) -> dict[str, Any]:
    """Return the document; unknown is null."""
    return {
        "schema": NAME,
        "status": plan.status,
        "currency": plan.currency,
        "start": _text(plan.start),
        "hours": plan.hours,
        "scenarios": plan.scenarios,
        "risk": plan.risk,
        "cost_of_capital": plan.capital,
        "objective": _amount(plan.objective),
        "bound": _amount(plan.bound),
        "gap": plan.gap,
        "cost_on_demand": _amount(plan.cost_on_demand),
        "cost_now": _amount(plan.cost_now),
        "cost": _amount(plan.cost),
        "saving": _saving(plan.saving),
        "coverage_now": plan.coverage_now,
        "coverage": plan.coverage,
        "utilization": plan.utilization,
        "contracts": [_row(row) for row in plan.bought],
        "intended": [_row(row) for row in plan.intended],
        "owned": [_row(row) for row in plan.held],
        "usage": [_row(row) for row in plan.pools],
        "focus": [
            {
                "PricingCategory": row.pricing_category,
                "CommitmentDiscountId": row.commitment,
                "CommitmentDiscountCategory": row.category,
                "CommitmentDiscountType": row.type,
                "CommitmentDiscountStatus": row.status,
                "quantity": _amount(row.quantity),
                "unit": row.unit,
                "EffectiveCost": _amount(row.effective_cost),
            }
            for row in plan.focus
        ],
        "regret": [
            {
                "demand": row.demand,
                "saving": _saving(row.saving),
                "regret": _amount(row.regret),
            }
            for row in plan.regret
        ],
        "safety": None if plan.safety is None else _row(plan.safety),
        "checks": [
            {
                "name": row.name,
                "ok": row.ok,
                "worst": row.worst if math.isfinite(row.worst) else None,
                "detail": row.detail,
            }
            for row in plan.checks
        ],
        "explanation": list(plan.explanation),
        "unknown": list(plan.unknown),
        "scenario_costs": [
            {"now": _amount(now), "bought": _amount(then), "intended": _amount(whole)}
            for now, then, whole in plan.scenario_costs
        ],
    }


def _saving(saving: Saving) -> dict[str, float | None]:
    return {
        "expected": _amount(saving.expected),
        "worst_5_percent_mean": _amount(saving.worst),
        "quantile_5_percent": _amount(saving.quantile),
    }


def _row(row: Any) -> dict[str, Any]:
    return {name: _cell(value) for name, value in asdict(row).items()}


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return _text(value)
    return _amount(value) if isinstance(value, float) else value


def _amount(value: float | None) -> float | None:
    """Write 12 significant digits: what floats add beyond them is noise."""
    return None if value is None else float(f"{value:.12g}")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_STRING: Final = {"type": "string"}
_STRINGS: Final = {"type": "array", "items": _STRING}
_NUMBER: Final = {"type": "number"}
_AMOUNT: Final = {"type": "number", "minimum": 0}
_MAYBE: Final = {"type": ["number", "null"]}
_SHARE: Final = {"type": ["number", "null"], "minimum": 0}
_NAME: Final = {"type": ["string", "null"]}
_INSTANT: Final = {"type": "string", "format": "date-time"}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
        **more,
    }


def _rows(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties), **more}


_SAVING: Final = _object(
    {
        "expected": {**_NUMBER, "description": "mean over the scenarios"},
        "worst_5_percent_mean": {**_NUMBER, "description": "mean of the worst 5 % of them"},
        "quantile_5_percent": {**_NUMBER, "description": "5 % of them save less"},
    },
    description="against buying nothing new",
)

_PROPERTIES: Final[dict[str, Any]] = {
    "schema": {"const": NAME},
    "status": {
        "enum": ["optimal", "feasible"],
        "description": "proven within the gap asked for; or with the larger gap that is stated",
    },
    "currency": {**_STRING, "description": "ISO 4217"},
    "start": {**_INSTANT, "description": "of the horizon: purchases begin here"},
    "hours": {**_AMOUNT, "description": "of the horizon; all money below is of these hours"},
    "scenarios": {"type": "integer", "minimum": 1},
    "risk": {**_AMOUNT, "maximum": 1},
    "cost_of_capital": {**_AMOUNT, "description": "per year"},
    "objective": {**_AMOUNT, "description": "cost with what is intended later, weighed by risk"},
    "bound": {**_NUMBER, "description": "no purchase has a lower objective"},
    "gap": {**_AMOUNT, "description": "(objective - bound) / objective"},
    "cost_on_demand": {**_AMOUNT, "description": "expected, without any commitment"},
    "cost_now": {**_AMOUNT, "description": "expected, with what is owned"},
    "cost": {**_AMOUNT, "description": "expected, with what is owned and bought now"},
    "saving": _SAVING,
    "coverage_now": {**_SHARE, "description": "share of usage covered, valued on demand"},
    "coverage": {**_SHARE, "description": "the same with what is bought now"},
    "utilization": {**_SHARE, "description": "share of what is bought now that is used"},
    "contracts": _rows(
        {
            "contract": _STRING,
            "type": _STRING,
            "category": {"enum": ["Usage", "Spend"]},
            "units": {**_AMOUNT, "description": "to buy now; of Spend: currency per hour"},
            "hours": _AMOUNT,
            "cost": {**_AMOUNT, "description": "of the whole term"},
            "upfront": _AMOUNT,
            "price_per_hour": {**_MAYBE, "description": "of a unit, upfront spread; null: unknown"},
            "saving": {**_NUMBER, "description": "lost without this contract"},
            "break_even": {**_SHARE, "description": "share of its hours that pays for a unit"},
            "used": {**_SHARE, "description": "share of its hours that is used"},
            "next_used": {**_MAYBE, "description": "share that one more lot would be used"},
            "break_even_hours": _SHARE,
            "upfront_back_months": {**_MAYBE, "description": "months of 730 h; null: none, never"},
            "why": _STRING,
        },
        description="every contract for sale, bought or not",
    ),
    "intended": _rows(
        {"contract": _STRING, "start": _INSTANT, "units": _AMOUNT},
        description="meant to be bought later; in no saving",
    ),
    "owned": _rows({"contract": _STRING, "units": _AMOUNT, "end": _INSTANT, "used": _SHARE}),
    "usage": _rows(
        {
            "family": _STRING,
            "region": _STRING,
            "usage": _AMOUNT,
            "covered_now": _AMOUNT,
            "covered": _AMOUNT,
        },
        description="expected unit-hours",
    ),
    "focus": _rows(
        {
            "PricingCategory": {"enum": ["Standard", "Committed"]},
            "CommitmentDiscountId": _NAME,
            "CommitmentDiscountCategory": {"enum": ["Usage", "Spend", None]},
            "CommitmentDiscountType": _NAME,
            "CommitmentDiscountStatus": {"enum": ["Used", "Unused", None]},
            "quantity": _AMOUNT,
            "unit": _STRING,
            "EffectiveCost": {**_MAYBE, "description": "undiscounted; null: price unknown"},
        },
        description="expected charges of the horizon, named as in FOCUS",
    ),
    "regret": _rows(
        {
            "demand": {**_AMOUNT, "description": "share of the forecast"},
            "saving": _SAVING,
            "regret": {**_AMOUNT, "description": "above the best purchase for that demand"},
        },
    ),
    "safety": {
        "description": "what caution costs; null where risk is 0",
        "anyOf": [
            {"type": "null"},
            _object(
                {
                    "risk": _AMOUNT,
                    "expected_saving": _NUMBER,
                    "worst_saving": _NUMBER,
                    "price": _NUMBER,
                }
            ),
        ],
    },
    "checks": _rows(
        {"name": _STRING, "ok": {"const": True}, "worst": _MAYBE, "detail": _STRING},
        description="limits, bills and sums recomputed without the solver",
    ),
    "explanation": _STRINGS,
    "unknown": {**_STRINGS, "description": "what could not be seen, and what is assumed"},
    "scenario_costs": _rows({"now": _AMOUNT, "bought": _AMOUNT, "intended": _AMOUNT}),
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta commit",
    **_object(_PROPERTIES),
}
