"""The load that a request is, in the unit in which the capacity of replicas is stated."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.errors import InputError

__all__ = ["SERVICE", "TOKENS", "ByTokens", "Weigh", "by_count", "by_service"]

Weigh = Callable[[Requests], npt.NDArray[np.float64]]
"""Requests -> (n,) load of each."""

SERVICE, TOKENS = "service seconds", "weighted tokens"


def by_count(requests: Requests) -> npt.NDArray[np.float64]:
    """Every request is 1."""
    return np.ones(len(requests))


def by_service(requests: Requests) -> npt.NDArray[np.float64]:
    """A request is its service time, in seconds."""
    if requests.service_s is None:
        raise InputError("the requests have no service_s", remedy="give a trace with service_s")
    return requests.service_s


@dataclass(frozen=True, slots=True)
class ByTokens:
    """A request is its tokens, each kind times its weight."""

    input_weight: float = 1 / 8
    output_weight: float = 1.0

    def __call__(self, requests: Requests) -> npt.NDArray[np.float64]:
        """Return the weighted tokens."""
        if requests.input_tokens is None or requests.output_tokens is None:
            raise InputError(
                "the requests have no tokens",
                remedy="give a trace with input_tokens and output_tokens",
            )
        weights: npt.NDArray[np.float64] = (
            requests.input_tokens * self.input_weight + requests.output_tokens * self.output_weight
        )
        return weights
