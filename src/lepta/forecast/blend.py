"""Several forecasters as one: their quantiles averaged, by how each did, per step ahead.

Averaging quantiles of calibrated forecasts keeps their shape and cancels their errors (Lichtendahl
et al. 2013). Which is best changes with the distance: the last value for the next step, the season
for tomorrow; so the weights are learned per step ahead, from a back-test on the later past.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lepta.errors import InputError
from lepta.forecast.backtest import pinball, rolled
from lepta.forecast.base import LEVELS, Array, Counts, Fitted, Forecast, Forecaster, Series
from lepta.forecast.calendar import DAY_S, Calendar
from lepta.forecast.steps import knots

__all__ = ["Blend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """A weighted mean of forecasters.

    Weights are 1 / loss^`sharpness`, normalized, per step up to `reach_s` ahead, from `origins`
    forecasts in the last `share` of the past. A member that refuses the past is left out, and a
    note says so.
    """

    members: tuple[Forecaster, ...]
    reach_s: float = DAY_S
    share: float = 0.3
    origins: int = 80
    sharpness: float = 4.0
    name: str = "blend"

    def fit(self, series: Series, calendar: Calendar | None = None) -> "BlendFitted":
        """Weigh the members on the later past, then fit each on the whole.

        Raises
        ------
        InputError
            Every member refused the past.
        """
        count = len(series)
        first = count - max(2, round(count * self.share))
        horizon = max(1, min(round(self.reach_s / series.step_s), (count - first) // 2))
        every = max(1, (count - first - horizon) // self.origins)
        at = knots(horizon, 12)
        kept: list[Fitted] = []
        losses: list[Array] = []
        left: list[str] = []
        for member in self.members:
            try:
                trial = rolled(
                    member,
                    series,
                    first=first,
                    horizon_steps=horizon,
                    every=every,
                    calendar=calendar,
                )
                fitted = member.fit(series, calendar)
            except InputError as error:
                left.append(f"without {member.name}: {error.what}")
                continue
            bounds = [*at, horizon]
            losses.append(
                np.array(
                    [
                        pinball(trial.said[:, :, a:b], trial.came[:, a:b], trial.levels).mean()
                        for a, b in pairwise(bounds)
                    ]
                )
            )
            kept.append(fitted)
        if not kept:
            raise InputError(
                f"no member can learn from {count} steps: {'; '.join(left)}",
                where=f"blend on the series {series.name}".rstrip(),
                remedy="give a longer past",
            )
        loss = np.array(losses)
        power = (np.maximum(loss, 1e-300) / np.maximum(loss.min(axis=0), 1e-300)) ** -self.sharpness
        return BlendFitted(self.name, tuple(kept), at, power / power.sum(axis=0), tuple(left))


@dataclass(frozen=True, slots=True)
class BlendFitted:
    """Fitted members and their weights (members, at)."""

    name: str
    members: tuple[Fitted, ...]
    at: Counts
    weights: Array
    notes: tuple[str, ...]

    def forecast(
        self, recent: Series, horizon_steps: int, levels: Sequence[float] = LEVELS
    ) -> Forecast:
        """Return the weighted mean of the members' quantiles."""
        parts = [member.forecast(recent, horizon_steps, levels) for member in self.members]
        ahead = np.arange(horizon_steps)
        weight = np.stack([np.interp(ahead, self.at, row) for row in self.weights])
        values = sum(w * part.values for w, part in zip(weight, parts, strict=True))
        notes = dict.fromkeys(note for part in parts for note in part.notes)
        first = parts[0]
        return Forecast(
            levels=first.levels,
            values=np.sort(np.asarray(values), axis=0),
            step_s=first.step_s,
            start_s=first.start_s,
            epoch_s=first.epoch_s,
            method=self.name,
            notes=(*self.notes, *notes),
        )


def _fits(fitted: BlendFitted) -> Fitted:
    """Let the type checker prove that the protocol is kept."""
    return fitted
