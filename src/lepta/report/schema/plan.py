"""`lepta.plan/2`: a fleet plan as a file to review, compare and apply: hashed, so that nobody
changes it unseen.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from lepta import __version__
from lepta.domain.fingerprint import content_hash
from lepta.domain.plan import (
    Change,
    Check,
    Emergency,
    FleetPlan,
    Outlook,
    Routing,
    ShadowPrice,
    Short,
    Split,
    Started,
    UnitsHeld,
    Wish,
)
from lepta.domain.planfile import Origin
from lepta.domain.promises import Promises, Scope, Survival
from lepta.errors import InputError, shorten
from lepta.report.schema.planfields import PROPERTIES, amount

__all__ = ["CREATED_BY", "NAME", "SCHEMA", "from_json", "to_json", "with_origin"]

NAME: Final = "lepta.plan/2"
CREATED_BY: Final = f"lepta {__version__}"

T = TypeVar("T")

_AMOUNTS: Final = ("hours", "cost", "bound", "gap", "cost_now", "carbon_kg", "carbon_cost")
_ROWS: Final[Mapping[str, type]] = {
    "units": UnitsHeld,
    "starts": Started,
    "routing": Routing,
    "detours": Routing,
    "emergencies": Emergency,
    "outlooks": Outlook,
    "splits": Split,
    "shadow_prices": ShadowPrice,
    "checks": Check,
    "shortfalls": Short,
    "conflict": Wish,
    "changes": Change,
}
"""Field of plan and document -> what one of its rows is."""
_SAYS_NOTHING: Final = {
    "units": "count",
    "starts": "count",
    "routing": "rate_per_s",
    "detours": "rate_per_s",
}
"""Rows in which this field is 0 are left out."""


def to_json(plan: FleetPlan, origin: Origin | None = None) -> dict[str, Any]:
    """Return the document; unknown is null, and rows of nothing are left out.

    Without `origin` the document does not say for which case, and under which promises, the plan
    was made.
    """
    document: dict[str, Any] = {
        "schema": NAME,
        "created_by": CREATED_BY if origin is None else origin.created_by,
        "case_hash": None if origin is None else origin.case_hash,
        "promises": None if origin is None else _promises(origin),
        "status": plan.status,
        "currency": plan.currency,
        **{name: _cell(getattr(plan, name)) for name in _AMOUNTS},
        **{name: _table(getattr(plan, name), _SAYS_NOTHING.get(name)) for name in _ROWS},
        "explanation": list(plan.explanation),
        "unknown": list(plan.unknown),
        "current": None
        if plan.current is None
        else [{"offer": offer, "units": units} for offer, units in plan.current],
    }
    return {**document, "hash": content_hash(document)}


def from_json(document: Mapping[str, Any]) -> FleetPlan:
    """Read a document back.

    Raises
    ------
    InputError
        It is not a whole `lepta.plan/2` document, or was changed after it was written.
    """
    return with_origin(document)[0]


def with_origin(document: Mapping[str, Any]) -> tuple[FleetPlan, Origin | None]:
    """Read a document back, and where its plan comes from; None where it does not say.

    Raises
    ------
    InputError
        It is not a whole `lepta.plan/2` document, or was changed after it was written.
    """
    _refuse_other(document)
    try:
        return _plan(document), _origin(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"is not a whole {NAME} document: {type(error).__name__} {error}",
            remedy="run `lepta plan` again",
        ) from None


def _plan(document: Mapping[str, Any]) -> FleetPlan:
    current = document["current"]
    values: dict[str, Any] = {name: document[name] for name in _AMOUNTS}
    values |= {name: _read(kind, document[name]) for name, kind in _ROWS.items()}
    return FleetPlan(
        **values,
        status=document["status"],
        currency=document["currency"],
        explanation=tuple(document["explanation"]),
        unknown=tuple(document["unknown"]),
        current=None if current is None else tuple((row["offer"], row["units"]) for row in current),
    )


def _origin(document: Mapping[str, Any]) -> Origin | None:
    said = document["promises"]
    if said is None or document["case_hash"] is None:
        return None
    return Origin(
        case_hash=document["case_hash"],
        created_by=document["created_by"],
        utilization=said["utilization"],
        promises=Promises(
            survive=tuple(
                Survival(scope=Scope(row["scope"]), share=row["share"]) for row in said["survive"]
            ),
            carbon_price=said["carbon_price_per_tonne"],
            carbon_limit=said["carbon_limit_kg"],
            payback_hours=said["payback_hours"],
            risk=said["risk"],
        ),
    )


def _refuse_other(document: Mapping[str, Any]) -> None:
    said = document.get("schema")
    if said != NAME:
        old = isinstance(said, str) and said.startswith("lepta.plan/")
        raise InputError(
            f"the schema is {shorten(said)}, not {NAME}",
            remedy="it was written by another version of lepta: run `lepta plan` again"
            if old
            else "give a file that `lepta plan --out` or `--json` wrote",
        )
    if "hash" not in document:
        raise InputError(
            f"is not a whole {NAME} document: it has no hash",
            remedy="run `lepta plan` again",
        )
    if document["hash"] != content_hash(document):
        raise InputError(
            "was changed after lepta wrote it: its content does not have the hash that it states",
            remedy="change the case instead, run `lepta plan --out` again, and review that plan",
        )


def _promises(origin: Origin) -> dict[str, Any]:
    said = origin.promises
    return {
        "utilization": _cell(origin.utilization),
        "survive": [{"scope": row.scope.value, "share": _cell(row.share)} for row in said.survive],
        "carbon_price_per_tonne": _cell(said.carbon_price),
        "carbon_limit_kg": _cell(said.carbon_limit),
        "payback_hours": _cell(said.payback_hours),
        "risk": _cell(said.risk),
    }


def _table(rows: Iterable[Any], must_be: str | None) -> list[dict[str, Any]]:
    return [
        {_named(field.name): _cell(getattr(row, field.name)) for field in fields(row)}
        for row in rows
        if must_be is None or getattr(row, must_be)
    ]


def _read(kind: type[T], rows: Iterable[Mapping[str, Any]]) -> tuple[T, ...]:
    instants = {field.name for field in fields(kind) if field.type is datetime}  # type: ignore[arg-type]
    found = []
    for row in rows:
        values = {"demand_class" if name == "class" else name: row[name] for name in row}
        values |= {name: datetime.fromisoformat(values[name]) for name in instants}
        if kind is Check and values["worst"] is None:
            values["worst"] = math.inf
        found.append(kind(**values))
    return tuple(found)


def _named(name: str) -> str:
    return "class" if name == "demand_class" else name


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return amount(value) if isinstance(value, float) else value


SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta plan",
    "description": "A fleet plan, as a file to review, compare and apply.",
    "type": "object",
    "required": ["schema", *PROPERTIES, "hash"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": NAME},
        **PROPERTIES,
        "hash": {
            "type": "string",
            "pattern": "^sha256:[0-9a-f]{64}$",
            "description": "of all other fields: keys sorted, no blanks, ASCII, numbers as %.12g",
        },
    },
}
