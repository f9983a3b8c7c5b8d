"""Models of the well-kept library statsforecast: ETS, MSTL, Theta and ARIMA, behind the protocol.

They are fitted once and then moved along with their parameters (`forward`); their own intervals are
normal and not calibrated: a back-test says how much they hold. They know no gaps: missing steps are
drawn straight between their neighbors, and a note says so.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lepta.errors import InputError
from lepta.forecast.base import LEVELS, Array, Fitted, Forecast, Seen, Series, known_levels
from lepta.forecast.calendar import Calendar
from lepta.forecast.extra import library

__all__ = ["Library"]

Model = Literal["AutoETS", "MSTL", "AutoTheta", "AutoARIMA"]
LEAST_STEPS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One model of statsforecast; `season_s`: the season that MSTL takes apart, or Theta removes.

    `memory_s`: how much of the past it is fitted on and moved along (None: all of it).
    """

    model: Model = "AutoETS"
    season_s: float | None = None
    memory_s: float | None = None

    @property
    def name(self) -> str:
        """Such as "MSTL (season 86400 s)"."""
        return self.model + (f" (season {self.season_s:g} s)" if self.season_s else "")

    def fit(self, series: Series, calendar: Calendar | None = None) -> Fitted:
        """Fit the model; the calendar is not used.

        Raises
        ------
        InputError
            The past is too short, hardly seen, or the extra `lepta[forecast]` is not installed.
        """
        models = library("statsforecast.models", self.name)
        kept = len(series) if self.memory_s is None else series.steps(self.memory_s)
        past = series.part(max(len(series) - kept, 0), len(series))
        season = 1 if self.season_s is None else series.steps(self.season_s)
        if len(past) < max(LEAST_STEPS, 2 * season):
            raise InputError(
                f"{len(past)} steps are less than two seasons of {season}",
                where=f"{self.name} on the series {series.name}".rstrip(),
                remedy="give a longer past",
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = getattr(models, self.model)(season_length=season).fit(_filled(past.values))
        return _LibraryFitted(self.name, past, fitted)


@dataclass(frozen=True, slots=True)
class _LibraryFitted:
    name: str
    past: Series
    model: Any

    def forecast(
        self, recent: Series, horizon_steps: int, levels: Sequence[float] = LEVELS
    ) -> Forecast:
        held = known_levels(levels)
        seen = Seen((self.past, recent))
        end = recent.first_step + len(recent)
        values = seen.at(np.arange(end - len(self.past), end))
        lost = int(np.count_nonzero(np.isnan(values)))
        shares = sorted({round(abs(2 * q - 1) * 100, 9) for q in held if q != 0.5})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = self.model.forward(
                y=_filled(values), h=horizon_steps, level=list(shares) or None
            )
        rows = []
        for q in held:
            share = round(abs(2 * q - 1) * 100, 9)
            key = "mean" if q == 0.5 else f"{'lo' if q < 0.5 else 'hi'}-{share}"
            found = said.get(key)
            rows.append(
                np.asarray(said[f"{key.split('-')[0]}-{share:g}"] if found is None else found)
            )
        quantiles = np.sort(np.array(rows, float), axis=0)
        return Forecast(
            levels=held,
            values=quantiles,
            step_s=recent.step_s,
            start_s=recent.end_s,
            epoch_s=recent.epoch_s,
            method=self.name,
            notes=(f"{lost} steps not seen were drawn between their neighbors",) if lost else (),
        )


def _filled(values: Array) -> Array:
    """Draw missing steps straight between those that were seen."""
    seen = np.flatnonzero(~np.isnan(values))
    if not len(seen):
        raise InputError("none of its steps was seen", remedy="give a past with values")
    filled: Array = np.interp(np.arange(len(values)), seen, values[seen])
    return filled
