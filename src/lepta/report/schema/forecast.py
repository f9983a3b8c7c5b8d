"""`lepta.forecast/1`: quantiles of the steps to come, and how the methods did."""

import math
from datetime import UTC, datetime
from typing import Any, Final

from lepta.forecast.answer import ForecastAnswer
from lepta.forecast.base import Accuracy, Series

__all__ = ["NAME", "SCHEMA", "moment", "to_json"]

NAME: Final = "lepta.forecast/1"


def to_json(answer: ForecastAnswer) -> dict[str, Any]:
    """Return the document; what is not known is null."""
    said, past = answer.forecast, answer.past
    return {
        "schema": NAME,
        "series": past.name,
        "step_s": past.step_s,
        "steps_seen": len(past) - past.missing,
        "steps_missing": past.missing,
        "start": moment(past, said.start_s),
        "method": said.method,
        "levels": list(said.levels),
        "quantiles": [
            {
                "at": moment(past, said.start_s + k * said.step_s),
                "values": [float(value) for value in said.values[:, k]],
            }
            for k in range(said.horizon)
        ],
        "accuracy": [_accuracy(one) for one in answer.tried],
        "drift": [
            {"since": moment(past, since), "side": "above" if side > 0 else "below"}
            for since, side in answer.drifted_s
        ],
        "notes": list(said.notes),
        "left_out": list(answer.left_out),
    }


def moment(past: Series, at_s: float) -> str | float:
    """Return an instant in ISO 8601; seconds from the start where the series has no calendar."""
    if math.isnan(past.epoch_s):
        return at_s
    instant = datetime.fromtimestamp(past.epoch_s + at_s, UTC)
    return instant.isoformat().replace("+00:00", "Z")


def _accuracy(one: Accuracy) -> dict[str, Any]:
    return {
        "method": one.method,
        "origins": one.origins,
        "first_step": one.first_step,
        "last_step": one.last_step,
        "pinball": one.pinball,
        "pinball_seasonal_naive": _known(one.pinball_naive),
        "share": one.share,
        "coverage": one.coverage,
        "width": one.width,
        "mase": _known(one.mase),
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_NUMBER: Final = {"type": "number"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_MAYBE: Final = {"type": ["number", "null"]}
_SHARE: Final = {"type": "number", "minimum": 0, "maximum": 1}
_WHEN: Final = {
    "type": ["string", "number"],
    "description": "ISO 8601; seconds from the start where the series has no calendar",
}

_ACCURACY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["method", "pinball", "coverage"],
    "properties": {
        "method": _TEXT,
        "origins": {**_COUNT, "description": "forecasts in the back-test"},
        "first_step": _COUNT,
        "last_step": _COUNT,
        "pinball": {**_NUMBER, "description": "mean quantile loss, in the unit of the series"},
        "pinball_seasonal_naive": {**_MAYBE, "description": "of the same time a day before"},
        "share": {**_SHARE, "description": "what the central interval should hold"},
        "coverage": {**_SHARE, "description": "what it held"},
        "width": _NUMBER,
        "mase": {**_MAYBE, "description": "null: no step a day before another was seen"},
    },
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": NAME,
    "description": "Quantiles of the steps to come: the answer of `lepta forecast`.",
    "type": "object",
    "required": ["schema", "series", "step_s", "method", "levels", "quantiles", "accuracy"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": NAME},
        "series": _TEXT,
        "step_s": {"type": "number", "exclusiveMinimum": 0},
        "steps_seen": _COUNT,
        "steps_missing": {**_COUNT, "description": "not seen, or lost: never read as zero"},
        "start": {**_WHEN, "description": "when the first step to come begins"},
        "method": _TEXT,
        "levels": {"type": "array", "items": _SHARE},
        "quantiles": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "values"],
                "properties": {
                    "at": _WHEN,
                    "values": {
                        "type": "array",
                        "items": _NUMBER,
                        "description": "one per level, rising",
                    },
                },
            },
        },
        "accuracy": {
            "type": "array",
            "items": _ACCURACY,
            "description": "the back-test of every method tried; the first made the forecast",
        },
        "drift": {
            "type": "array",
            "description": "since when errors of the later past lean to one side",
            "items": {
                "type": "object",
                "properties": {"since": _WHEN, "side": {"enum": ["above", "below"]}},
            },
        },
        "notes": _TEXTS,
        "left_out": {**_TEXTS, "description": "methods that refused the past, and why"},
    },
}
