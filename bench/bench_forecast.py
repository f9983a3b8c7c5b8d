"""Forecasts of public series: pinball loss and coverage against seasonal naive and statsforecast.

Rolling origin on the last 40 % of each series, in steps of 10 minutes; every method is fitted on
what lies before and fitted anew each day. Levels 0.05, 0.25, 0.5, 0.75, 0.95. `hour` is the mean
over 1..6 steps ahead, `day` over 1..144. The peers: the seasonal naive (same time yesterday, with
the same conformal intervals), and the best of the library's models, chosen per series and range in
hindsight (its AutoETS, AutoTheta, MSTL with a season of a day, AutoARIMA; its own intervals).
The settings of lepta's methods are the same for all series.

    python bench/bench_forecast.py [--data FOLDER] [--origins N] [--learned] [--models]
                                   [--only NAME ...]
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from forecastseries import STEP_S, public_series
from lepta.errors import LeptaError
from lepta.forecast.backtest import Trial, rolled, score
from lepta.forecast.base import Accuracy, Forecaster, Series
from lepta.forecast.calendar import DAY_S
from lepta.forecast.conformal import Conformal
from lepta.forecast.learned import Learned
from lepta.forecast.library import Library
from lepta.forecast.seasonal import SeasonalMean
from lepta.forecast.standard import standard
from lepta.wiring.publicdata import find_folder

DAY = round(DAY_S / STEP_S)
TESTED = 0.4
RANGES = {"hour": 6, "day": DAY}
NAIVE = "seasonal naive"
MODELS = "lepta blend with models"
LIBRARY = {
    "AutoETS": Library(model="AutoETS"),
    "AutoTheta": Library(model="AutoTheta"),
    "MSTL": Library(model="MSTL", season_s=DAY_S),
    "AutoARIMA": Library(model="AutoARIMA"),
}


def tried(forecaster: Forecaster, series: Series, origins: int, refit: int | None) -> Trial:
    """Roll over the later part."""
    first = round(len(series) * (1 - TESTED))
    every = max(1, (len(series) - DAY - first) // origins)
    return rolled(forecaster, series, first=first, horizon_steps=DAY, every=every, refit=refit)


def scores(trial: Trial, naive: Trial) -> dict[str, Accuracy]:
    """The accuracy per range."""
    return {name: score(trial, last_step=last, naive=naive) for name, last in RANGES.items()}


def line(name: str, found: dict[str, Accuracy], seconds: float) -> str:
    """One method."""
    parts = [
        f"{a.pinball:9.3f} {a.coverage:6.1%} {a.width:8.1f} {a.mase:5.2f}" for a in found.values()
    ]
    return f"  {name:28} " + " | ".join(parts) + f" | {seconds:6.1f} s"


def smape(trial: Trial, last: int) -> float:
    """Symmetric mean absolute percentage error of the median, in percent."""
    middle, came = trial.said[:, 2, :last], trial.came[:, :last]
    seen = ~np.isnan(came)
    off = 2 * np.abs(came - middle)[seen] / (np.abs(came) + np.abs(middle))[seen]
    return 100 * float(off.mean())


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=None)
    parser.add_argument("--origins", type=int, default=100)
    parser.add_argument("--learned", action="store_true", help="also the trees, fitted once")
    parser.add_argument("--models", action="store_true", help="also with ETS and ARIMA (slow)")
    parser.add_argument("--only", nargs="*", default=[""], help="series whose name holds one")
    given = parser.parse_args()
    folder = find_folder(given.data, Path(__file__).resolve().parent.parent)
    ratios: dict[tuple[str, str, str], list[float]] = {}
    covered: dict[tuple[str, str], list[float]] = {}
    for name, series in public_series(folder).items():
        if not any(part in name for part in given.only):
            continue
        print(f"{name}: {len(series)} steps, {series.missing} not seen ({series.unit})")
        print(f"  {'':28} " + " | ".join(f"{r}: pinball  cover    width  mase" for r in RANGES))
        naive = tried(Conformal(base=SeasonalMean(period_s=DAY_S)), series, given.origins, DAY)
        found = {}
        methods: dict[str, tuple[Forecaster, int | None]] = {
            NAIVE: (Conformal(base=SeasonalMean(period_s=DAY_S)), DAY),
            **{model: (forecaster, DAY) for model, forecaster in LIBRARY.items()},
            "lepta blend": (standard(), DAY),
        }
        ours_names = ["lepta blend"]
        if given.models:
            methods[MODELS] = (standard(models=True), DAY)
            ours_names.append(MODELS)
        if given.learned:
            methods["lepta trees (fitted once)"] = (Conformal(base=Learned(), rate=0.01), None)
            methods["lepta blend with trees (once)"] = (standard(learned=True), None)
        for method, (forecaster, refit) in methods.items():
            begun = time.perf_counter()
            trial = tried(forecaster, series, given.origins, refit)
            found[method] = scores(trial, naive)
            print(line(method, found[method], time.perf_counter() - begun), flush=True)
            if method == "lepta blend" and "philly" in name:
                said = ", ".join(f"{r} {smape(trial, n):.2f} %" for r, n in RANGES.items())
                print(f"  smape of the median: {said}")
        for reach in RANGES:
            best = min(LIBRARY, key=lambda m: found[m][reach].pinball)
            for name_of_ours in ours_names:
                ours = found[name_of_ours][reach]
                said = []
                for peer in (NAIVE, best):
                    ratio = ours.pinball / found[peer][reach].pinball
                    kind = NAIVE if peer == NAIVE else "best of statsforecast"
                    ratios.setdefault((reach, name_of_ours, kind), []).append(ratio)
                    said.append(f"{ratio:.3f} of {peer}")
                print(f"  {reach}: {name_of_ours}: {', '.join(said)}")
                covered.setdefault((reach, name_of_ours), []).append(ours.coverage)
    print("over all series (ratio of pinball losses, geometric mean; below 1: lepta is better)")
    for (reach, ours_name, kind), values in ratios.items():
        mean = statistics.geometric_mean(values)
        won = sum(value < 1 for value in values)
        print(f"  {reach}: {ours_name}: {mean:.3f} of {kind}, better on {won} of {len(values)}")
    for (reach, ours_name), values in covered.items():
        print(
            f"  {reach}: the 90 % interval of {ours_name} holds {statistics.fmean(values):.1%} "
            f"({min(values):.1%} to {max(values):.1%})"
        )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LeptaError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
