"""The forecaster that is used where none is named: five cheap ones, weighed by how each did."""

from lepta.forecast.base import Forecaster
from lepta.forecast.blend import Blend
from lepta.forecast.calendar import DAY_S
from lepta.forecast.conformal import Conformal
from lepta.forecast.corrected import Corrected
from lepta.forecast.learned import Learned
from lepta.forecast.library import Library
from lepta.forecast.linear import Linear
from lepta.forecast.seasonal import Naive, SeasonalMean

__all__ = ["standard"]

RATE = 0.01
RESTLESS_STEPS = 6


def standard(*, learned: bool = False, models: bool = False, period_s: float = DAY_S) -> Blend:
    """Return the blend of the last value (twice: plain, and wider where it was restless lately),
    the same time a period ago, the mean of three, corrected by its latest errors, and the linear
    rule; all with calibrated intervals that follow the latest misses.

    `learned` adds gradient-boosted quantiles, `models` the library's ETS and ARIMA (both: extra
    `lepta[forecast]`): slower, for fits of once a day and forecasts of once a minute.
    """
    season = SeasonalMean(period_s=period_s, cycles=3)
    members: tuple[Forecaster, ...] = (
        Conformal(base=Naive(), rate=RATE),
        Conformal(base=Naive(), rate=RATE, restless_steps=RESTLESS_STEPS),
        Conformal(base=SeasonalMean(period_s=period_s), rate=RATE),
        Conformal(base=Corrected(base=season, half_life_s=300.0), rate=RATE),
        Conformal(
            base=Linear(period_s=period_s, ridge=0.1), rate=RATE, restless_steps=RESTLESS_STEPS
        ),
    )
    if learned:
        members += (Conformal(base=Learned(), rate=RATE),)
    if models:
        members += (Library(model="AutoETS"), Library(model="AutoARIMA"))
    added = ["trees"] * learned + ["ETS and ARIMA"] * models
    return Blend(
        members=members, name=" and ".join(["blend", *added]).replace(" and ", " with ", 1)
    )
