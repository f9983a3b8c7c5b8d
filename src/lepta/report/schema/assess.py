"""The published JSON of `lepta assess`, and back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from lepta.domain.assessment import (
    DIMENSIONS,
    Allocation,
    Assessment,
    Basis,
    Confidence,
    DailyCost,
    Finding,
    Spend,
    UnitCost,
    Unknown,
)
from lepta.errors import InputError
from lepta.units import from_micros, to_micros

__all__ = ["NAME", "SCHEMA", "from_json", "to_json"]

NAME: Final = "lepta.assess/1"


def to_json(told: Assessment) -> dict[str, Any]:
    """Write an assessment as plain values; amounts in units of `spend.currency`."""
    spend = told.spend
    return {
        "schema": NAME,
        "spend": {
            "total": from_micros(spend.total_micros),
            "currency": spend.currency,
            "by_category": {k: from_micros(v) for k, v in spend.by_category.items()},
            "cost_basis": str(spend.basis),
            "billed": from_micros(spend.billed_micros),
            "effective": from_micros(spend.effective_micros),
            "start": _instant(spend.start),
            "end": _instant(spend.end),
            "rows": spend.rows,
        },
        "allocation": [
            {
                **{name: getattr(cell, name) for name in DIMENSIONS},
                "cost": from_micros(cell.cost_micros),
                "billed": from_micros(cell.billed_micros),
                "effective": from_micros(cell.effective_micros),
            }
            for cell in told.allocation
        ],
        "rollups": {
            name: [{"key": k, "cost": from_micros(v)} for k, v in told.by(name).items()]
            for name in DIMENSIONS
        },
        "daily": [
            {
                "day": day.day.isoformat(),
                "dimension": day.dimension,
                "key": day.key,
                "cost": from_micros(day.cost_micros),
            }
            for day in told.daily
        ],
        "units": [
            {
                "unit": unit.unit,
                "team": unit.team,
                "workload": unit.workload,
                "accelerator": unit.accelerator,
                "cost": from_micros(unit.cost_micros),
                "quantity": unit.quantity,
                "per_unit": unit.per_unit,
                "rule": unit.rule,
            }
            for unit in told.units
        ],
        "findings": [
            {
                "id": it.id,
                "kind": it.kind,
                "title": it.title,
                "resource": it.resource,
                "team": it.team,
                "workload": it.workload,
                "saving": from_micros(it.saving_micros),
                "saving_per_month": from_micros(it.saving_per_month_micros),
                "evidence": list(it.evidence),
                "confidence": str(it.confidence),
                "remedy": it.remedy,
                "overlaps": list(it.overlaps),
            }
            for it in told.findings
        ],
        "total_saving": from_micros(told.total_saving_micros),
        "unknown": [
            {
                "what": it.what,
                "remedy": it.remedy,
                "cost": None if it.cost_micros is None else from_micros(it.cost_micros),
                "share": it.share,
            }
            for it in told.unknown
        ],
        "notes": list(told.notes),
        "sources": list(told.sources),
        "usage_seen": told.usage_seen,
    }


def from_json(said: Mapping[str, Any]) -> Assessment:
    """Read an assessment back from what `to_json` wrote.

    Raises
    ------
    InputError
        The document is not an assessment of this version.
    """
    if said.get("schema") != NAME:
        raise InputError(
            f"is a document of schema {said.get('schema')!r}, not {NAME}",
            where="assessment",
            remedy="make it again with: lepta assess",
        )
    try:
        return _assessment(said)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"is damaged: {error!r}", where="assessment", remedy="make it again with: lepta assess"
        ) from None


def _assessment(said: Mapping[str, Any]) -> Assessment:
    spend = said["spend"]
    return Assessment(
        spend=Spend(
            currency=spend["currency"],
            basis=Basis(spend["cost_basis"]),
            total_micros=to_micros(spend["total"]),
            billed_micros=to_micros(spend["billed"]),
            effective_micros=to_micros(spend["effective"]),
            by_category={k: to_micros(v) for k, v in spend["by_category"].items()},
            rows=spend["rows"],
            start=_when(spend["start"]),
            end=_when(spend["end"]),
        ),
        allocation=tuple(
            Allocation(
                **{name: cell[name] for name in DIMENSIONS},
                cost_micros=to_micros(cell["cost"]),
                billed_micros=to_micros(cell["billed"]),
                effective_micros=to_micros(cell["effective"]),
            )
            for cell in said["allocation"]
        ),
        daily=tuple(
            DailyCost(
                day=date.fromisoformat(day["day"]),
                dimension=day["dimension"],
                key=day["key"],
                cost_micros=to_micros(day["cost"]),
            )
            for day in said["daily"]
        ),
        units=tuple(
            UnitCost(cost_micros=to_micros(unit["cost"]), **_without(unit, "cost"))
            for unit in said["units"]
        ),
        findings=tuple(_finding(it) for it in said["findings"]),
        unknown=tuple(
            Unknown(
                cost_micros=None if it["cost"] is None else to_micros(it["cost"]),
                **_without(it, "cost"),
            )
            for it in said["unknown"]
        ),
        sources=tuple(said["sources"]),
        usage_seen=bool(said["usage_seen"]),
        notes=tuple(said["notes"]),
    )


def _finding(it: Mapping[str, Any]) -> Finding:
    return Finding(
        **_without(it, "saving", "saving_per_month", "evidence", "confidence", "overlaps"),
        saving_micros=to_micros(it["saving"]),
        saving_per_month_micros=to_micros(it["saving_per_month"]),
        evidence=tuple(it["evidence"]),
        confidence=Confidence(it["confidence"]),
        overlaps=tuple(it["overlaps"]),
    )


def _without(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in names}


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def _when(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties)}


_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_MONEY: Final = {"type": "number", "description": "in units of spend.currency"}
_KEYS: Final = dict.fromkeys(DIMENSIONS, _TEXT)
_INSTANT: Final = {"type": ["string", "null"], "format": "date-time"}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": NAME,
    "description": "What is paid, by whom, what a unit costs, what is wasted, what is not known.",
    **_object(
        {
            "schema": {"const": NAME},
            "spend": _object(
                {
                    "total": {**_MONEY, "description": "the bill by cost_basis"},
                    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                    "by_category": {
                        "type": "object",
                        "additionalProperties": _MONEY,
                        "description": "ChargeCategory of FOCUS; sums to total",
                    },
                    "cost_basis": {"enum": [str(basis) for basis in Basis]},
                    "billed": _MONEY,
                    "effective": _MONEY,
                    "start": _INSTANT,
                    "end": _INSTANT,
                    "rows": {"type": "integer", "minimum": 0},
                }
            ),
            "allocation": {
                **_list({**_KEYS, "cost": _MONEY, "billed": _MONEY, "effective": _MONEY}),
                "description": "a partition of the bill: each cost sums to that of spend",
            },
            "rollups": _object(
                {name: _list({"key": _TEXT, "cost": _MONEY}) for name in DIMENSIONS}
            ),
            "daily": {
                **_list(
                    {
                        "day": {"type": "string", "format": "date"},
                        "dimension": {"enum": list(DIMENSIONS)},
                        "key": _TEXT,
                        "cost": _MONEY,
                    }
                ),
                "description": "each dimension sums to spend.total",
            },
            "units": _list(
                {
                    "unit": _TEXT,
                    "team": _TEXT,
                    "workload": _TEXT,
                    "accelerator": _TEXT,
                    "cost": _MONEY,
                    "quantity": {"type": ["number", "null"]},
                    "per_unit": {"type": ["number", "null"], "description": "null: unknown"},
                    "rule": _TEXT,
                }
            ),
            "findings": _list(
                {
                    "id": _TEXT,
                    "kind": _TEXT,
                    "title": _TEXT,
                    "resource": _TEXT,
                    "team": _TEXT,
                    "workload": _TEXT,
                    "saving": {**_MONEY, "exclusiveMinimum": 0},
                    "saving_per_month": _MONEY,
                    "evidence": _TEXTS,
                    "confidence": {"enum": [str(level) for level in Confidence]},
                    "remedy": _TEXT,
                    "overlaps": _TEXTS,
                }
            ),
            "total_saving": {**_MONEY, "description": "sum of the findings; never above the spend"},
            "unknown": _list(
                {
                    "what": _TEXT,
                    "remedy": _TEXT,
                    "cost": {"type": ["number", "null"]},
                    "share": {"type": ["number", "null"]},
                }
            ),
            "notes": _TEXTS,
            "sources": _TEXTS,
            "usage_seen": {"type": "boolean"},
        }
    ),
}
