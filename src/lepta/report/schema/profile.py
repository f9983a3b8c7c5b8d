"""`lepta.profile/1`: rates inside an objective, their bands and sources, buckets, and backtests."""

from dataclasses import asdict
from typing import Any, Final

from lepta.domain.serving import (
    Bucket,
    Bucketing,
    Profiles,
    ServiceProfile,
    ServingClass,
    Setting,
    Source,
)

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.profile/1"


def to_json(found: Profiles) -> dict[str, Any]:
    """Return the document; what is not known is null."""
    return {
        "schema": NAME,
        "profiles": [_profile(row) for row in found.profiles],
        "classes": [_class(row) for row in found.classes],
        "bucketing": None if found.bucketing is None else _bucketing(found.bucketing),
        "seen": [asdict(row) for row in found.seen],
        "backtest": [asdict(row) for row in found.backtest],
        "notes": list(found.notes),
        "unknown": list(found.unknown),
    }


def _profile(row: ServiceProfile) -> dict[str, Any]:
    return {
        "class": row.demand_class,
        "offer": row.offer,
        "source": row.source.value,
        "rate_per_s": row.rate,
        "rate_low": row.rate_low,
        "rate_high": row.rate_high,
        "concurrency": row.concurrency,
        "replicas": row.replicas,
        "replica": None if row.setting is None else _setting(row.setting),
        "output_tokens_per_s": row.tokens_per_s,
        "ttft_s": row.ttft,
        "tpot_s": row.tpot,
        "memory_gib": row.memory,
        "note": row.note,
    }


def _setting(at: Setting) -> dict[str, Any]:
    return {
        "model": at.model,
        "gpu": at.gpu,
        "gpus": at.gpus,
        "backend": at.backend or None,
        "backend_version": at.backend_version or None,
        "precision": at.precision or None,
        "attention_dp": at.attention_dp,
    }


def _class(row: ServingClass) -> dict[str, Any]:
    return {
        "class": row.name,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "model": row.model,
        "ttft_s": row.objective.ttft,
        "tpot_s": row.objective.tpot,
        "e2e_s": row.objective.e2e,
        "share": row.objective.share,
    }


def _bucketing(found: Bucketing) -> dict[str, Any]:
    return {
        "requests": found.requests,
        "error_bound": found.error,
        "error_asked": found.asked,
        "replicas": list(found.replicas),
        "buckets": [_bucket(row) for row in found.buckets],
        "demand": [
            {"class": name, "start": start, "hours": hours, "rate_per_s": rate}
            for name, start, hours, rate in found.demand
        ],
    }


def _bucket(row: Bucket) -> dict[str, Any]:
    return {
        "class": row.name,
        "of": row.demand_class,
        "input_above": row.input_low,
        "input_up_to": _edge(row.input_high),
        "output_above": row.output_low,
        "output_up_to": _edge(row.output_high),
        "requests": row.requests,
        "mean_input_tokens": row.mean_input,
        "mean_output_tokens": row.mean_output,
    }


def _edge(length: float) -> float | None:
    return None if length == float("inf") else length


_STRING: Final = {"type": "string"}
_TEXT: Final = {"type": ["string", "null"]}
_NUMBER: Final = {"type": "number", "minimum": 0}
_MAYBE: Final = {"type": ["number", "null"], "minimum": 0}
_COUNT: Final = {"type": "integer", "minimum": 0}
_STRINGS: Final = {"type": "array", "items": _STRING}


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


_REPLICA: Final = _object(
    {
        "model": _STRING,
        "gpu": _STRING,
        "gpus": {**_COUNT, "description": "GPUs of one replica"},
        "backend": _TEXT,
        "backend_version": _TEXT,
        "precision": _TEXT,
        "attention_dp": {"type": ["integer", "null"], "minimum": 0},
    }
)

_PROPERTIES: Final[dict[str, Any]] = {
    "schema": {"const": NAME},
    "profiles": _rows(
        {
            "class": _STRING,
            "offer": _STRING,
            "source": {"enum": [source.value for source in Source]},
            "rate_per_s": {**_MAYBE, "description": "of one unit of the offer; null: not known"},
            "rate_low": {**_MAYBE, "description": "lower end of the band; null: not known"},
            "rate_high": {**_MAYBE, "description": "upper end; null: none was seen"},
            "concurrency": {
                **_MAYBE,
                "description": "most requests at once in one replica inside the objective",
            },
            "replicas": {**_COUNT, "description": "that one unit of the offer holds"},
            "replica": {"anyOf": [{"type": "null"}, _REPLICA]},
            "output_tokens_per_s": {**_MAYBE, "description": "of one unit at rate_per_s"},
            "ttft_s": _MAYBE,
            "tpot_s": _MAYBE,
            "memory_gib": {**_MAYBE, "description": "weights and full KV cache of one replica"},
            "note": _STRING,
        },
        description="what one unit of an offer serves inside the objective",
    ),
    "classes": _rows(
        {
            "class": _STRING,
            "input_tokens": _NUMBER,
            "output_tokens": _NUMBER,
            "model": _TEXT,
            "ttft_s": _MAYBE,
            "tpot_s": _MAYBE,
            "e2e_s": _MAYBE,
            "share": {**_NUMBER, "description": "of the requests that keep the objective"},
        },
        description="what was asked for",
    ),
    "bucketing": {
        "description": "size buckets of a request log; null: none was given",
        "anyOf": [
            {"type": "null"},
            _object(
                {
                    "requests": _COUNT,
                    "error_bound": {
                        **_NUMBER,
                        "description": "relative error in replica-seconds from taking means, at "
                        "most, for costs that are non-negative sums of 1, i, o, i², i·o, o²",
                    },
                    "error_asked": _NUMBER,
                    "replicas": {
                        **_STRINGS,
                        "description": "replicas for whose own cost, read off a grid, it holds too",
                    },
                    "buckets": _rows(
                        {
                            "class": _STRING,
                            "of": {**_STRING, "description": "class before sizes are told apart"},
                            "input_above": _NUMBER,
                            "input_up_to": _MAYBE,
                            "output_above": _NUMBER,
                            "output_up_to": _MAYBE,
                            "requests": _COUNT,
                            "mean_input_tokens": _NUMBER,
                            "mean_output_tokens": _NUMBER,
                        }
                    ),
                    "demand": _rows(
                        {
                            "class": _STRING,
                            "start": {"type": "string", "format": "date-time"},
                            "hours": _NUMBER,
                            "rate_per_s": _NUMBER,
                        }
                    ),
                }
            ),
        ],
    },
    "seen": _rows(
        {
            "model": _STRING,
            "engine": _STRING,
            "rate": {**_NUMBER, "description": "requests per second"},
            "interval": {**_NUMBER, "description": "seconds"},
            "latencies": _rows(
                {
                    "name": _STRING,
                    "bound": _MAYBE,
                    "mean": _MAYBE,
                    "quantile_low": _NUMBER,
                    "quantile_high": {**_MAYBE, "description": "null: above the last bucket"},
                    "inside_low": _MAYBE,
                    "inside_high": _MAYBE,
                },
                description="seconds; the quantile lies between two edges of the histogram",
            ),
            "mean_input": _MAYBE,
            "mean_output": _MAYBE,
            "running": _MAYBE,
            "waiting": _MAYBE,
        },
        description="operating points of a running server",
    ),
    "backtest": _rows(
        {
            "test": _STRING,
            "target": _STRING,
            "rows": _COUNT,
            "groups": _COUNT,
            "mean": _NUMBER,
            "median": _NUMBER,
            "p90": _NUMBER,
            "worst_group": _NUMBER,
            "covered": {**_MAYBE, "description": "share of the truths inside the band"},
        },
        description="relative errors on rows that the fit had not seen",
    ),
    "notes": _STRINGS,
    "unknown": {**_STRINGS, "description": "where no rate can be told, and why"},
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta profile",
    "description": "What one unit of an offer serves inside a latency objective: the answer of "
    "`lepta profile`.",
    "type": "object",
    "required": list(_PROPERTIES),
    "additionalProperties": False,
    "properties": _PROPERTIES,
}
