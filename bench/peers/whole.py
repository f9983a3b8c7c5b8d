"""The fleet plan as one model for all periods, given to HiGHS whole; and the bill of any fleet.

    minimize    sum_p h_p (sum_g c_g n_gp + sum_wg 3600 e_wg r_wp x_wgp) + sum_gp c_g s_g u_gp
    subject to  sum_g x_wgp = 1,  sum_w r_wp / (rho cap_wg) x_wgp <= n_gp,  n_gp <= Q_g whole
                u_gp >= n_gp - n_g,p-1,  u >= 0     starts; n_g,0 is what runs before

with s_g the hours that a unit takes to start: it is paid from the moment it is asked for. The
straightforward model, as one would write it down; nothing is strengthened or decomposed.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from lepta.domain.plan import PlanCase, UnitsHeld
from peers.highs import Answer, Model, solve

__all__ = ["bill", "held_together", "whole"]

Array = npt.NDArray[np.float64]


def whole(case: PlanCase, *, gap: float, time_limit_s: float) -> Answer:
    """Solve the case whole; every class has the same periods."""
    begun = time.perf_counter()
    return solve(_model(case), gap=gap, time_limit_s=time_limit_s, begun=begun)


def held_together(case: PlanCase, *, gap: float, time_limit_s: float) -> Answer:
    """Solve for one fleet that is held all the time: n_g the same in every period."""
    begun = time.perf_counter()
    return solve(_model(case, static=True), gap=gap, time_limit_s=time_limit_s, begun=begun)


def bill(case: PlanCase, units: Sequence[UnitsHeld]) -> tuple[float, float]:
    """(machines held, their starts), from the counts of a plan alone; nothing else of it is used.

    Starts are counted from what runs before the first period. Costs of sending are left out.
    """
    hours = {row.start: row.hours for row in case.demand}
    counts: dict[datetime, dict[str, int]] = {start: {} for start in _starts(case)}
    for row in units:
        for start, now in counts.items():
            if row.start <= start < row.start + timedelta(hours=row.hours):
                now[row.offer] = row.count
    before, held, starts = dict(case.current or ()), 0.0, 0.0
    for start, now in counts.items():
        for offer in case.offers:
            count, price = now.get(offer.id, 0), offer.price_per_hour or 0.0
            held += count * price * hours[start]
            more = max(0, count - before.get(offer.id, 0))
            starts += more * price * _start_hours(offer.startup_s)
        before = now
    return held, starts


def _start_hours(startup_s: float | None) -> float:
    return (startup_s or 0.0) / 3600.0


def _starts(case: PlanCase) -> list[datetime]:
    return sorted({row.start for row in case.demand})


def _model(case: PlanCase, *, static: bool = False) -> Model:
    starts = _starts(case)
    when = {start: p for p, start in enumerate(starts)}
    classes = {name: w for w, name in enumerate(dict.fromkeys(d.demand_class for d in case.demand))}
    offers = {offer.id: g for g, offer in enumerate(case.offers)}
    rate, hours = np.zeros((len(classes), len(starts))), np.zeros(len(starts))
    for row in case.demand:
        rate[classes[row.demand_class], when[row.start]] = row.rate_per_s
        hours[when[row.start]] = row.hours
    price = np.array([offer.price_per_hour or 0.0 for offer in case.offers])
    most = np.array([np.inf if o.limit is None else o.limit for o in case.offers])
    startup = price * np.array([_start_hours(offer.startup_s) for offer in case.offers])
    before = np.array([dict(case.current or ()).get(name, 0) for name in offers], dtype=float)
    send = {(r.demand_class, r.offer): r.per_request for r in case.routes}
    able = [p for p in case.profiles if p.rate_per_s > 0]
    w = np.array([classes[p.demand_class] for p in able], dtype=int)
    g = np.array([offers[p.offer] for p in able], dtype=int)
    per_unit = case.utilization * np.array([p.rate_per_s for p in able])
    per_request = np.array([send.get((p.demand_class, p.offer), 0.0) for p in able])

    pairs, G, P = len(able), len(offers), len(starts)
    period = np.repeat(np.arange(P), pairs)
    w_of, g_of = np.tile(w, P), np.tile(g, P)
    x = np.arange(P * pairs)
    served = rate[w_of, period]
    counted, unit_period = (1, np.zeros(G, int)) if static else (P, np.repeat(np.arange(P), G))
    n_first, n_count = P * pairs, counted * G
    need_row = len(classes) * P
    load_row = need_row + np.arange(G * P)
    n_of_load = n_first + (np.tile(np.arange(G), P) if static else np.arange(G * P))
    rows = [w_of * P + period, need_row + period * G + g_of, load_row]
    columns = [x, x, n_of_load]
    values = [np.ones(len(x)), served / np.tile(per_unit, P), -np.ones(G * P)]
    wanted = (rate > 0).astype(float).ravel()
    row_low, row_high = [wanted, np.full(G * P, -np.inf)], [wanted, np.zeros(G * P)]
    paid = np.full(G, hours.sum()) if static else hours[unit_period]
    cost = [3600.0 * hours[period] * np.tile(per_request, P) * served]
    cost.append(paid * np.tile(price, counted))
    high, integer = [np.ones(len(x)), np.tile(most, counted)], [np.zeros(len(x)), np.ones(n_count)]
    if startup.any() and not static:
        begin, again = need_row + G * P, np.arange(n_count)
        rows += [begin + again, begin + again, begin + again[G:]]  # u - n + n_before >= 0
        columns += [n_first + n_count + again, n_first + again, n_first + again[:-G]]
        values += [np.ones(n_count), -np.ones(n_count), np.ones(n_count - G)]
        row_low.append(np.concatenate((-before, np.zeros(n_count - G))))
        row_high.append(np.full(n_count, np.inf))
        cost.append(np.tile(startup, P))
        high.append(np.full(n_count, np.inf))
        integer.append(np.zeros(n_count))
    return Model(
        cost=np.concatenate(cost),
        entries=(np.concatenate(rows), np.concatenate(columns), np.concatenate(values)),
        row_low=np.concatenate(row_low),
        row_high=np.concatenate(row_high),
        high=np.concatenate(high),
        integer=np.concatenate(integer) > 0,
    )
