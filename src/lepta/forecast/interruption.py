"""How long a spot replica will be let: from traces of replicas that were held, or could have been.

Interruptions are counted per exposure (an hour of one replica held); zones with few of them borrow
from all (Gamma-Poisson, with the prior by the method of moments), and the chance to live on allows
for what is not known of the rate: (b / (b + h))^a, the predictive distribution, not exp(-a / b h).

Such a rate knows no age. Real spells do: most are short, a few last for days, so a replica that has
lived an hour is far likelier to live another. Where spells themselves were seen, `spells` turns
them into the jobs of `duration.fit_durations`, whose survival, given the age, is the better answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError
from lepta.forecast.base import Array
from lepta.numerics.gammadist import gamma_quantile

__all__ = ["Exposure", "Hazard", "counted", "hazards", "spells"]

LEAST_SHAPE = 0.05
WEAK_SHAPE = 0.5
"""The shape of the prior where the zones do not tell one (Jeffreys)."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Interruptions that were seen in so many replica-hours."""

    interruptions: int
    hours: float

    def __post_init__(self) -> None:
        if not (self.interruptions >= 0 and np.isfinite(self.hours) and self.hours >= 0):
            raise InputError(
                f"{self.interruptions} interruptions in {self.hours} replica-hours",
                remedy="give a count and finite hours of 0 or more",
            )

    def __add__(self, other: "Exposure") -> "Exposure":
        return Exposure(self.interruptions + other.interruptions, self.hours + other.hours)


@dataclass(frozen=True, slots=True)
class Hazard:
    """What is believed of a rate of interruptions per replica-hour: gamma(shape, 1 / hours)."""

    shape: float
    hours: float

    @property
    def per_hour(self) -> float:
        """The expected rate."""
        return self.shape / self.hours

    def interval(self, share: float = 0.9) -> tuple[float, float]:
        """Return the central interval of the rate that holds with probability `share`."""
        low, high = (1 - share) / 2, 1 - (1 - share) / 2
        return (
            gamma_quantile(self.shape, low) / self.hours,
            gamma_quantile(self.shape, high) / self.hours,
        )

    def survival(self, hours: float) -> float:
        """Return the chance that a replica is held for so many hours without interruption.

        Raises
        ------
        InputError
            The hours are negative or no number.
        """
        if not (np.isfinite(hours) and hours >= 0):
            raise InputError(f"{hours!r} hours", remedy="give hours of 0 or more")
        return float((self.hours / (self.hours + hours)) ** self.shape)


def counted(from_s: Array, to_s: Array, held: Array) -> Exposure:
    """Count the interruptions and replica-hours in segments (n,) of one trace, in order of time.

    `held` replicas were there in [from_s, to_s). A fall from one segment to the one that touches
    it is that many interruptions; across a gap nothing is known and nothing is counted.

    Raises
    ------
    InputError
        Segments overlap, are out of order or empty, or a count is negative.
    """
    begin, end, nodes = (np.asarray(x, float) for x in (from_s, to_s, held))
    wrong = (end <= begin) | (nodes < 0) | ~np.isfinite(begin + end + nodes)
    if len(begin) > 1:
        wrong[1:] |= begin[1:] < end[:-1] - 1e-9
    if wrong.any():
        raise InputError(
            f"segment {int(np.argmax(wrong)) + 1} is empty, overlaps the one before, or holds "
            "what is no count",
            remedy="give segments in order of time",
        )
    touch = np.abs(begin[1:] - end[:-1]) < 1e-9 if len(begin) > 1 else np.zeros(0, bool)
    lost = np.maximum(nodes[:-1] - nodes[1:], 0.0)[touch].sum()
    return Exposure(round(float(lost)), float(((end - begin) * nodes).sum()) / 3600)


def hazards(zones: Mapping[str, Exposure]) -> dict[str, Hazard]:
    """Return what is believed of each zone, and under "" of a zone that was never seen.

    The prior's mean is the pooled rate; its spread is what the zones differ by beyond chance
    (method of moments for Poisson counts with exposure). Zones that do not differ beyond chance
    share all they know.

    Raises
    ------
    InputError
        No zone was held for any time: nothing is known.
    """
    total = sum(zones.values(), Exposure(0, 0.0))
    if total.hours <= 0:
        raise InputError(
            "no replica-hour was seen",
            where="spot interruptions",
            remedy="give traces of replicas that were held, or name the rate in the offer",
        )
    seen = [zone for zone in zones.values() if zone.hours > 0]
    mean = max(total.interruptions, WEAK_SHAPE) / total.hours
    hours = np.array([zone.hours for zone in seen])
    rates = np.array([zone.interruptions / zone.hours for zone in seen])
    between = 0.0
    if len(seen) > 1 and total.interruptions:
        weight = hours / total.hours
        spread = float(weight @ (rates - mean) ** 2)
        chance = mean * (len(seen) - 1) / total.hours
        between = (spread - chance) / float(1 - weight @ weight)
    if between > 0:
        shape = max(mean**2 / between, LEAST_SHAPE)
    else:
        shape = max(total.interruptions, WEAK_SHAPE)
    prior = Hazard(shape, shape / mean)
    return {"": prior} | {
        name: Hazard(prior.shape + zone.interruptions, prior.hours + zone.hours)
        if between > 0
        else prior
        for name, zone in zones.items()
    }


def spells(from_s: Array, to_s: Array, held: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return how long each run with a replica lasted (runs,), and whether its end was seen.

    Segments (n,) of one trace of one replica, as of `counted`; held: 0 or 1. A run ends where a
    segment without it touches; at a gap, or at the end of the trace, its end was not seen. Runs
    whose beginning was not seen (the first, and after a gap) count from where they were seen.
    """
    counted(from_s, to_s, held)
    begin, end, nodes = (np.asarray(x, float) for x in (from_s, to_s, held))
    lasted: list[float] = []
    over: list[bool] = []
    since: float | None = None
    for k in range(len(begin)):
        if nodes[k] < 1:
            continue
        since = begin[k] if since is None else since
        touches = k + 1 < len(begin) and abs(begin[k + 1] - end[k]) < 1e-9
        if touches and nodes[k + 1] >= 1:
            continue
        lasted.append(end[k] - since)
        over.append(touches)
        since = None
    return np.array(lasted), np.array(over, bool)
