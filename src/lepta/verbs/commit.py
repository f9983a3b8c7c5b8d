"""`lepta commit`: how much of which commitment to buy, what it saves, and what it risks (M3)."""

from datetime import datetime
from pathlib import Path

import numpy as np

from lepta.domain.commitment import CommitCase, CommitPlan, Forecast, History
from lepta.errors import InputError
from lepta.optimize.commit import GAP, TIME_LIMIT_S
from lepta.optimize.commit import commit as decide
from lepta.optimize.commitoffers import HOUR, horizon_hours, offerings, priced
from lepta.optimize.scenarios import bootstrap, fitted

__all__ = ["commit", "write_page"]

SCENARIOS = 50
SPREAD = 0.2
"""Standard deviation of the yearly growth, where nobody says better."""
MOST_SCENARIOS = 10_000


def commit(
    usage: str | Path | History | None = None,
    contracts: str | Path | CommitCase | None = None,
    *,
    on_demand: str | Path | None = None,
    owned: str | Path | None = None,
    forecast: str | Path | Forecast | None = None,
    growth: float = 0.0,
    spread: float = SPREAD,
    scenarios: int = SCENARIOS,
    risk: float = 0.0,
    capital: float = 0.0,
    whole: bool = True,
    seed: int = 7,
    currency: str = "USD",
    gap: float = GAP,
    time_limit_s: float = TIME_LIMIT_S,
) -> CommitPlan:
    """Find how much of which contract to buy now, with saving, risk, proof and reasons.

    From files: `usage` (hourly history), `contracts`, `on_demand` (prices; left out: the built-in
    catalog), `owned`, `forecast` (scenarios, instead of usage). From values: a `History` or a
    `Forecast`, and a `CommitCase` as `contracts`, which has prices and what is owned in it.

    Parameters
    ----------
    growth        of usage per year, 0.1 is 10 %; with `spread` its standard deviation between
                  scenarios. Neither touches a forecast that is given.
    scenarios     how many to draw from the history
    risk          0: largest expected saving; 1: largest saving in the worst 5% of the scenarios
    capital       cost of capital per year, for payments that come earlier or later
    whole         whole lots, else any fraction
    seed          of the draw: the same seed, the same answer

    Raises
    ------
    InputError
        A file or a value is wrong: where, and what to do.
    """
    _check(growth=growth, spread=spread, scenarios=scenarios, risk=risk, capital=capital, seed=seed)
    case, seen, remarks = _inputs(usage, contracts, on_demand, owned, forecast, currency, capital)
    start = seen.start
    if isinstance(seen, History):
        start += len(seen.units) * HOUR
    hours, keep = horizon_hours(offerings(case, start)), priced(case)
    if isinstance(seen, History):
        future = bootstrap(
            _only(seen, keep),
            hours=hours,
            scenarios=scenarios,
            growth=growth,
            spread=spread,
            random=np.random.default_rng(seed),
        )
    else:
        future = fitted(seen, hours=hours, keep=keep)
    return decide(
        case, future, risk=risk, whole=whole, gap=gap, time_limit_s=time_limit_s, remarks=remarks
    )


def write_page(
    plan: CommitPlan, path: str | Path, *, title: str | None = None, now: datetime | None = None
) -> Path:
    """Write one page with the regret curve and the coverage; `now` is the instant it bears.

    Raises
    ------
    Permanent
        The file cannot be written.
    """
    from lepta.report.html.commit import commit_page
    from lepta.wiring.clock import clock
    from lepta.wiring.outfiles import write_text

    return write_text(path, commit_page(plan, title=title, generated_at=now or clock().now()))


def _inputs(
    usage: str | Path | History | None,
    contracts: str | Path | CommitCase | None,
    on_demand: str | Path | None,
    owned: str | Path | None,
    forecast: str | Path | Forecast | None,
    currency: str,
    capital: float,
) -> tuple[CommitCase, History | Forecast, tuple[str, ...]]:
    if isinstance(contracts, CommitCase):
        seen = [value for value in (usage, forecast) if value is not None]
        if len(seen) != 1 or not isinstance(seen[0], History | Forecast) or on_demand or owned:
            raise InputError(
                "with a CommitCase, give a History or a Forecast, and no files",
                remedy="prices and what is owned stand in the case",
            )
        return contracts, seen[0], ()
    if contracts is None or isinstance(usage, History) or isinstance(forecast, Forecast):
        raise InputError("there are no contracts", remedy="give a file of contracts")
    from lepta.wiring.commitments import read_commitments

    read = read_commitments(
        contracts=contracts,
        usage=usage,
        forecast=forecast,
        on_demand=on_demand,
        owned=owned,
        currency=currency,
        capital=capital,
    )
    return read.case, read.seen, read.remarks


def _only(history: History, pools: list[tuple[str, str]]) -> History:
    columns = [history.pools.index(pool) for pool in pools]
    return History(start=history.start, pools=tuple(pools), units=history.units[:, columns])


def _check(
    *, growth: float, spread: float, scenarios: int, risk: float, capital: float, seed: int
) -> None:
    for name, value, low, high in (
        ("growth", growth, -0.95, 10.0),
        ("spread", spread, 0.0, 10.0),
        ("number of scenarios", scenarios, 1, MOST_SCENARIOS),
        ("risk", risk, 0.0, 1.0),
        ("cost of capital", capital, 0.0, 1.0),
        ("seed", seed, 0, 2**63),
    ):
        if not low <= value <= high:
            raise InputError(
                f"the {name} is {value!r}", remedy=f"give a number from {low:g} to {high:g}"
            )
