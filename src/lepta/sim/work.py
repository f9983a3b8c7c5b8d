"""How much work a request is: a weighted sum of its columns."""

from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.errors import InputError
from lepta.units import Quantity, check

__all__ = ["Weighing", "Work"]

Array = npt.NDArray[np.float64]


class Weighing(Protocol):
    """Says how much work each request is."""

    def of(self, requests: Requests) -> Array:
        """Return the work of each request, (n,)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Units of work per request, per second of service, per token, image or second of audio.

    `Work(input_tokens=1 / 8, output_tokens=1)` counts a token read as an eighth of one written.
    """

    requests: Quantity = 0.0
    service_s: Quantity = 0.0
    input_tokens: Quantity = 0.0
    output_tokens: Quantity = 0.0
    images: Quantity = 0.0
    audio_s: Quantity = 0.0

    def __post_init__(self) -> None:
        check(self)

    def of(self, requests: Requests) -> Array:
        """Return the work of each request, (n,).

        Raises
        ------
        InputError
            A column that has a weight is not there: unknown is not zero.
        """
        total = np.full(len(requests), float(self.requests))
        for field in fields(self):
            weight = getattr(self, field.name)
            if field.name == "requests" or not weight:
                continue
            column = getattr(requests, field.name)
            if column is None:
                raise InputError(
                    f"the requests bring no {field.name}, which the work is counted by",
                    where="Work",
                    remedy=f"give a trace with {field.name}, or no weight for it",
                )
            total += weight * column
        return total
