"""`lepta.replay/1`: every policy on one trace."""

import math
from typing import Any, Final

from lepta.domain.replay import PolicyRun, Replay, Spread

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.replay/1"


def to_json(replay: Replay) -> dict[str, Any]:
    """Return the document."""
    return {
        "schema": NAME,
        "version": replay.version,
        "trace": {
            "path": replay.trace,
            "requests": replay.requests,
            "span_s": _amount(replay.span_s),
            "start": None if math.isnan(replay.epoch_s) else replay.epoch_s,
        },
        "seed": replay.seed,
        "tick_s": replay.tick_s,
        "currency": replay.currency,
        "unit": replay.unit,
        "engine": replay.engine,
        "objective": [
            {"what": bound.what, "bound_s": bound.bound_s, "share": bound.share}
            for bound in replay.objective
        ],
        "variants": list(replay.variants),
        "policies": [_run(run) for run in replay.policies],
        "notes": list(replay.notes),
        "unknown": list(replay.unknown),
    }


def _run(run: PolicyRun) -> dict[str, Any]:
    return {
        "policy": run.policy,
        "cost": _amount(run.cost),
        "replica_hours": _amount(run.replica_hours),
        "replica_hours_by_variant": {
            name: _amount(hours) for name, hours in run.replica_hours_by_variant
        },
        "arrived": run.arrived,
        "served": run.served,
        "dropped": run.dropped,
        "in_flight": run.in_flight,
        "violations": run.violations,
        "kept": run.kept,
        "wait": _spread(run.wait),
        "latency": _spread(run.latency),
        "ttft": _spread(run.ttft),
        "tpot": _spread(run.tpot),
        "changes_per_hour": _amount(run.changes_per_hour),
        "idle_share": _amount(run.idle_share),
        "losses": run.losses,
        "units": _amount(run.units),
        "cost_per_unit": None if run.cost_per_unit is None else _amount(run.cost_per_unit),
        "end_s": run.end_s,
        "changes": [
            {"at_s": change.at_s, "want": list(change.want), "why": change.why}
            for change in run.changes
        ],
        "notes": list(run.notes),
    }


def _spread(spread: Spread | None) -> dict[str, float] | None:
    if spread is None:
        return None
    return {
        "mean": spread.mean,
        "p50": spread.p50,
        "p90": spread.p90,
        "p99": spread.p99,
        "max": spread.max,
    }


def _amount(value: float) -> float:
    """Write 12 significant digits: what floats add beyond them is noise."""
    return float(f"{value:.12g}")


def _object(properties: dict[str, Any], about: str = "") -> dict[str, Any]:
    return {
        "type": "object",
        **({"description": about} if about else {}),
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


_STRING: Final = {"type": "string"}
_STRINGS: Final = {"type": "array", "items": _STRING}
_AMOUNT: Final = {"type": "number", "minimum": 0}
_COUNT: Final = {"type": "integer", "minimum": 0}
_SHARE: Final = {"type": "number", "minimum": 0, "maximum": 1}
_SECONDS: Final = _object(dict.fromkeys(("mean", "p50", "p90", "p99", "max"), _AMOUNT))


def _times(about: str) -> dict[str, Any]:
    return {"anyOf": [_SECONDS, {"type": "null"}], "description": about}


_RUN: Final[dict[str, Any]] = {
    "policy": {**_STRING, "description": "as it was asked for"},
    "cost": {**_AMOUNT, "description": "of all replicas, from the order until they are gone"},
    "replica_hours": _AMOUNT,
    "replica_hours_by_variant": {"type": "object", "additionalProperties": _AMOUNT},
    "arrived": {**_COUNT, "description": "= served + dropped + in_flight"},
    "served": _COUNT,
    "dropped": _COUNT,
    "in_flight": {**_COUNT, "description": "left at the end; broken like what was dropped"},
    "violations": {**_SHARE, "description": "share of the arrived that broke the objective"},
    "kept": {"type": "boolean", "description": "whether every promised share was kept"},
    "wait": _times("seconds from arrival until work on it began"),
    "latency": _times("seconds from arrival until the end"),
    "ttft": _times("seconds to the first token; null: the replicas have no tokens"),
    "tpot": _times("seconds per output token after the first"),
    "changes_per_hour": {**_AMOUNT, "description": "decisions for other levels than before"},
    "idle_share": {**_SHARE, "description": "of the time paid for, without work"},
    "losses": {**_COUNT, "description": "replicas lost to spot markets, failures and zones"},
    "units": {**_AMOUNT, "description": "served, in `unit`"},
    "cost_per_unit": {"anyOf": [_AMOUNT, {"type": "null"}], "description": "null: nothing served"},
    "end_s": {**_AMOUNT, "description": "when the last request ended; replicas are paid till then"},
    "changes": {
        "type": "array",
        "description": "the first decision, and each for other levels than the one before",
        "items": _object(
            {"at_s": _AMOUNT, "want": {"type": "array", "items": _COUNT}, "why": _STRING}
        ),
    },
    "notes": _STRINGS,
}
_PROPERTIES: Final[dict[str, Any]] = {
    "schema": {"const": NAME},
    "version": {**_STRING, "description": "of lepta"},
    "trace": _object(
        {
            "path": _STRING,
            "requests": _COUNT,
            "span_s": {**_AMOUNT, "description": "from the start to the last arrival"},
            "start": {
                "anyOf": [{"type": "number"}, {"type": "null"}],
                "description": "Unix time of second 0; null: the trace has no calendar",
            },
        }
    ),
    "seed": {"type": "integer"},
    "tick_s": {**_AMOUNT, "description": "seconds between two decisions"},
    "currency": {**_STRING, "description": "ISO 4217; replica-hours: no price was given"},
    "unit": {**_STRING, "description": "what cost_per_unit counts"},
    "engine": {**_STRING, "description": "how replicas were simulated"},
    "objective": {
        "type": "array",
        "items": _object(
            {
                "what": {"enum": ["latency", "wait", "ttft", "tpot"]},
                "bound_s": _AMOUNT,
                "share": _SHARE,
            }
        ),
    },
    "variants": {**_STRINGS, "description": "the order of `want`"},
    "policies": {"type": "array", "items": _object(_RUN)},
    "notes": _STRINGS,
    "unknown": {**_STRINGS, "description": "what could not be seen; never taken for zero"},
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta replay",
    **_object(_PROPERTIES),
}
