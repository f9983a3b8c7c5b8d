"""Which forecaster to trust: the one that did best at many past moments, by pinball loss."""

from collections.abc import Sequence
from dataclasses import dataclass

from lepta.errors import InputError
from lepta.forecast.backtest import Trial, rolled, score
from lepta.forecast.base import LEVELS, Accuracy, Forecaster, Series
from lepta.forecast.calendar import DAY_S, Calendar
from lepta.forecast.conformal import Conformal
from lepta.forecast.seasonal import Naive, SeasonalMean

__all__ = ["Choice", "choose"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The forecaster that was best, and what the back-test found of each, best first."""

    forecaster: Forecaster
    accuracy: Accuracy
    tried: tuple[Accuracy, ...]
    left_out: tuple[str, ...]
    """Those that refused the past, with their reason."""


def choose(
    candidates: Sequence[Forecaster],
    series: Series,
    *,
    horizon_steps: int,
    test_share: float = 0.25,
    origins: int = 60,
    levels: Sequence[float] = LEVELS,
    calendar: Calendar | None = None,
    period_s: float = DAY_S,
) -> Choice:
    """Try each candidate on the last `test_share` of the series, at `origins` moments or so.

    The seasonal naive (or, where the past is too short for it, the naive) is tried beside them, and
    the skill of each is against it. Ties go to the one that was named first.

    Raises
    ------
    InputError
        Every candidate refused the past; says why.
    """
    first = len(series) - max(horizon_steps, round(test_share * len(series)))
    every = max(1, (len(series) - horizon_steps - first) // origins)

    def tried(forecaster: Forecaster) -> Trial:
        return rolled(
            forecaster,
            series,
            first=first,
            horizon_steps=horizon_steps,
            every=every,
            levels=levels,
            calendar=calendar,
            period_s=period_s,
        )

    left: list[str] = []
    found: list[tuple[Accuracy, Forecaster]] = []
    naive = None
    for base in (SeasonalMean(period_s=period_s), Naive()):
        try:
            naive = tried(Conformal(base=base))
            break
        except InputError as error:
            left.append(f"{base.name}: {error.what}")
    for candidate in candidates:
        try:
            trial = tried(candidate)
        except InputError as error:
            left.append(f"{candidate.name}: {error.what}")
            continue
        found.append((score(trial, naive=naive), candidate))
    if not found:
        raise InputError(
            f"no method can learn from {len(series)} steps: {'; '.join(left)}",
            where=f"series {series.name}".rstrip(),
            remedy="give a longer past, or a shorter horizon",
        )
    found.sort(key=lambda pair: pair[0].pinball)
    return Choice(found[0][1], found[0][0], tuple(one for one, _ in found), tuple(left))
