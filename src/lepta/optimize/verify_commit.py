"""A second opinion on a purchase: the bill again, hour by hour in plain numbers, no solver.

Shares no code with `commit`: it reads the contracts, applies them by the published rule (owned and
bought, the narrowest first) to each hour of some scenarios one after the other, and adds up.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lepta.domain.commitment import CommitCase, CommitPlan, Contract, Forecast, Pool
from lepta.domain.plan import Check
from lepta.errors import LeptaError

__all__ = ["certified", "verify"]

MONEY = 1e-7
"""Largest relative error of a sum of money over up to ten million hours."""
MOST_STEPS = 1_000_000
"""Hours times families times contracts that are added up again."""
YEAR = 8760.0


def certified(case: CommitCase, forecast: Forecast, plan: CommitPlan, *, gap: float) -> CommitPlan:
    """Return the plan with its checks, or refuse to hand it out.

    Raises
    ------
    LeptaError
        A check failed: the purchase would break a limit or misstate its cost.
    """
    checks = verify(case, forecast, plan, gap=gap)
    broken = [check for check in checks if not check.ok]
    if broken:
        said = "; ".join(f"{check.name}: {check.detail}" for check in broken)
        raise LeptaError(
            f"the purchase failed its own check and is withheld ({said})",
            remedy="this is a fault of lepta, not of the input: report it with the case",
        )
    return replace(plan, checks=checks)


def verify(
    case: CommitCase, forecast: Forecast, plan: CommitPlan, *, gap: float
) -> tuple[Check, ...]:
    """Recompute limits, bills, savings, proof and FOCUS lines; one `Check` each."""
    return (
        _limits(case, plan),
        _prices(case, plan),
        _bills(case, forecast, plan),
        _savings(plan),
        _shares(plan),
        _focus(case, plan),
        _proof(plan, gap),
    )


def _check(name: str, worst: float, detail: str, tolerance: float = 0.0) -> Check:
    """Judge a violation; NaN is the worst of all."""
    ok = bool(worst <= tolerance)
    return Check(name=name, ok=ok, worst=max(float(worst), 0.0), detail=detail)


def _limits(case: CommitCase, plan: CommitPlan) -> Check:
    """Minimum and maximum of each contract, now and later."""
    contracts = {contract.id: contract for contract in case.contracts}
    worst, bought = 0.0, [(row.contract, row.units) for row in plan.bought]
    for name, units in [*bought, *((row.contract, row.units) for row in plan.intended)]:
        contract = contracts[name]
        size = max(units, 1.0)
        if units > 0:
            worst = max(worst, (contract.minimum - units) / size)
        if contract.maximum is not None:
            worst = max(worst, (units - contract.maximum) / size)
        worst = max(worst, -units)
    return _check("limits", worst, f"minimum and maximum of {len(bought)} contracts", 1e-7)


def _prices(case: CommitCase, plan: CommitPlan) -> Check:
    rows = [row for row in plan.bought if row.units > 0]
    broken = [row.contract for row in rows if not row.price_per_hour]
    contracts = {contract.id: contract for contract in case.contracts}
    worst = float(len(broken))
    for row in rows:
        each = _price(contracts[row.contract], case.pools)
        worst = max(worst, abs(each - (row.price_per_hour or 0.0)) / max(each, 1e-300))
    return _check("prices", worst, f"{len(rows)} contracts bought at a known price", MONEY)


def _price(contract: Contract, pools: Sequence[Pool]) -> float:
    """Price of a unit-hour with everything in it; 0 where it is not known."""
    if contract.category.value == "Spend":
        return 1.0
    if contract.discount is not None:
        listed = [p.price_per_hour for p in pools if p.price_per_hour and contract.covers(p)]
        return (1 - contract.discount) * listed[0] if listed else 0.0
    return (contract.price_per_hour or 0.0) + contract.upfront_per_unit / contract.hours


@dataclass(frozen=True, slots=True)
class _Commitment:
    """Units of a contract over hours [begin, end)."""

    contract: Contract
    units: float
    begin: int
    end: int
    owned: bool
    pools: tuple[int, ...]
    each: tuple[float, ...]
    rank: tuple[object, ...]


class _Ledger:
    """The commitments of a plan in the order in which they apply."""

    def __init__(self, case: CommitCase, forecast: Forecast, plan: CommitPlan) -> None:
        self.pools = [pool for pool in case.pools if pool.price_per_hour is not None]
        self.prices = [pool.price_per_hour or 0.0 for pool in self.pools]
        self.capital = case.capital
        self.hours = forecast.units.shape[1]
        contracts = {contract.id: contract for contract in case.contracts}
        start = forecast.start

        def hour(moment: datetime) -> int:
            return round((moment - start) / timedelta(hours=1))

        self.owned = [
            self._commitment(contracts[h.contract], h.units, hour(h.start), hour(h.end), True)
            for h in case.owned
        ]
        self.bought, self.later = [], []
        for row in plan.bought:
            contract = contracts[row.contract]
            begin = 0 if contract.start is None else hour(contract.start)
            end = begin + round(contract.hours)
            self.bought.append(self._commitment(contract, row.units, begin, end, False))
        for item in plan.intended:
            contract, begin = contracts[item.contract], hour(item.start)
            end = begin + round(contract.hours)
            self.later.append(self._commitment(contract, item.units, begin, end, False))

    def _commitment(
        self, contract: Contract, units: float, begin: int, end: int, owned: bool
    ) -> _Commitment:
        places = [i for i, pool in enumerate(self.pools) if contract.covers(pool)]
        places.sort(key=lambda i: -self.prices[i])
        spend = contract.category.value == "Spend"
        off = 1 - (contract.discount or 0.0)
        dear = self.prices[places[0]] if places else 1.0
        price = self.price(contract)
        saved = contract.discount or 1 - price / dear
        wide = (contract.family is None) + (contract.region is None)
        own = not owned
        rank = (wide, contract.family is None, len(places), spend, -saved, own, contract.id, begin)
        each = tuple(self.prices[i] * off if spend else 1.0 for i in places)
        return _Commitment(
            contract, units, max(begin, 0), min(end, self.hours), owned, tuple(places), each, rank
        )

    def price(self, contract: Contract) -> float:
        """Price of a unit-hour; 0 of a spend contract that does not say its discount."""
        if contract.category.value == "Spend" and contract.discount is None:
            return 0.0
        return _price(contract, self.pools)

    def worth(self, hour: int) -> float:
        """What money in an hour is worth at the start."""
        return float((1.0 + self.capital) ** (-hour / YEAR))

    def fixed(self, rows: Sequence[_Commitment]) -> float:
        """What the commitments cost, used or not."""
        amounts = []
        for row in rows:
            total = self.price(row.contract)
            upfront = 0.0
            if not row.owned:
                upfront = (
                    row.contract.upfront_share * total * round(row.contract.hours)
                    + row.contract.upfront_per_unit
                )
            hourly = total - upfront / max(row.end - row.begin, 1)
            later = math.fsum(self.worth(hour) for hour in range(row.begin, row.end))
            amounts.append(row.units * (upfront * self.worth(row.begin) + hourly * later))
        return math.fsum(amounts)

    def on_demand(self, usage: Sequence[Sequence[float]], rows: Sequence[_Commitment]) -> float:
        """What one scenario pays on demand: its hours one after the other."""
        ordered = sorted((row for row in rows if row.units > 0), key=lambda row: row.rank)
        return math.fsum(self._hours(usage, ordered))

    def _hours(
        self, usage: Sequence[Sequence[float]], rows: Sequence[_Commitment]
    ) -> Iterator[float]:
        for hour, running in enumerate(usage):
            rest = list(running)
            for row in rows:
                if not row.begin <= hour < row.end:
                    continue
                free = row.units
                for place, each in zip(row.pools, row.each, strict=True):
                    taken = min(rest[place], free / each)
                    rest[place] -= taken
                    free = max(free - taken * each, 0.0)
            paid = sum(units * price for units, price in zip(rest, self.prices, strict=True))
            yield paid * self.worth(hour) if self.capital else paid


def _bills(case: CommitCase, forecast: Forecast, plan: CommitPlan) -> Check:
    """Add up whole scenarios again: with what is owned, with what is bought, with what is meant."""
    ledger = _Ledger(case, forecast, plan)
    sets = [ledger.owned, [*ledger.owned, *ledger.bought]]
    sets.append([*sets[1], *ledger.later])
    steps = ledger.hours * (len(ledger.pools) + sum(len(rows) for rows in sets))
    count = min(max(MOST_STEPS // steps, 1), plan.scenarios)
    chosen = sorted({round(n * (plan.scenarios - 1) / max(count - 1, 1)) for n in range(count)})
    fixed = [ledger.fixed(rows) for rows in sets]
    worst = 0.0 if len(plan.scenario_costs) == plan.scenarios else math.nan
    for s in chosen:
        usage = forecast.units[s].tolist()
        for rows, paid, stated in zip(sets, fixed, plan.scenario_costs[s], strict=True):
            total = ledger.on_demand(usage, rows) + paid
            worst = max(worst, abs(total - stated) / max(abs(total), 1e-6))
    return _check(
        "bill",
        worst,
        f"{len(chosen)} of {plan.scenarios} scenarios added up again, hour by hour",
        MONEY,
    )


def _tail(ordered: Sequence[float]) -> float:
    """Mean of the first 5 %, the last of them in part."""
    left, parts = 0.05 * len(ordered), []
    for amount in ordered:
        parts.append(min(left, 1.0) * amount)
        left -= min(left, 1.0)
    return math.fsum(parts) / (0.05 * len(ordered))


def _savings(plan: CommitPlan) -> Check:
    """Savings are differences of the bills, and never exceed what is spent."""
    now, then, _ = (list(column) for column in zip(*plan.scenario_costs, strict=True))
    count = len(now)
    saved = sorted(a - b for a, b in zip(now, then, strict=True))
    size = max(plan.cost_now, 1e-6)
    quantile = saved[min(math.floor(0.05 * count), count - 1)]
    worst = max(
        abs(math.fsum(saved) / count - plan.saving.expected) / size,
        abs(_tail(saved) - plan.saving.worst) / size,
        abs(quantile - plan.saving.quantile) / size,
        abs(math.fsum(now) / count - plan.cost_now) / size,
        abs(math.fsum(then) / count - plan.cost) / size,
        (plan.saving.expected - plan.cost_now) / size,
    )
    return _check("savings", worst, f"{count} scenarios; none saves more than it spends", MONEY)


def _shares(plan: CommitPlan) -> Check:
    """Coverage and utilization are shares; a purchase never covers less."""
    shares = [plan.coverage_now, plan.coverage, plan.utilization]
    shares += [*(row.used for row in plan.bought), *(row.used for row in plan.held)]
    known = [share for share in shares if share is not None]
    worst = max((max(-share, share - 1.0) for share in known), default=0.0)
    for pool in plan.pools:
        worst = max(worst, (pool.covered - pool.usage) / max(pool.usage, 1e-6))
    return _check("shares", worst, f"{len(known)} shares lie between 0 and 1", MONEY)


def _focus(case: CommitCase, plan: CommitPlan) -> Check:
    """FOCUS lines hold all usage, and sum to the bill where money later is worth as much."""
    costs = [row.effective_cost for row in plan.focus if row.effective_cost is not None]
    total = math.fsum(costs)
    off = 0.0
    if case.capital == 0:
        off = abs(total - plan.cost) / max(abs(plan.cost), 1e-6)
    standard = math.fsum(r.quantity for r in plan.focus if r.pricing_category == "Standard")
    left = math.fsum(pool.usage - pool.covered for pool in plan.pools)
    usage = max(math.fsum(pool.usage for pool in plan.pools), 1e-6)
    off = max(off, abs(standard - left) / usage)
    said = f"{len(plan.focus)} lines sum to {total:,.2f} {plan.currency}"
    return _check("FOCUS lines", off, said, MONEY)


def _proof(plan: CommitPlan, gap: float) -> Check:
    """Objective, bound, gap and status say the same thing."""
    count = len(plan.scenario_costs)
    mean, now = (math.fsum(row[n] for row in plan.scenario_costs) / count for n in (2, 0))
    lost = sorted((row[2] - row[0] for row in plan.scenario_costs), reverse=True)
    objective = (1 - plan.risk) * mean + plan.risk * (now + _tail(lost))
    size = max(abs(objective), 1e-6)
    worst = max(
        abs(objective - plan.objective) / size,
        (plan.bound - plan.objective) / size,
        abs(plan.gap - (plan.objective - plan.bound) / size),
        plan.gap - gap if plan.status == "optimal" else 0.0,
    )
    said = f"bound {plan.bound:,.6f} <= cost {plan.objective:,.6f}; gap {plan.gap:.3g}"
    return _check("gap", worst, said, MONEY)
