"""Demand, rates, loads and units laid out on one axis of time, stretch by stretch."""

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lepta.domain.demand import Demand
from lepta.domain.offer import Offer
from lepta.domain.plan import Check, FleetPlan, Routing
from lepta.optimize.verify.facts import STRETCH_S, Facts, judged, seconds

__all__ = ["RATE", "UNIT", "Axis"]

Array = npt.NDArray[np.float64]

RATE = 1e-6
"""Largest relative error of a rate served."""
UNIT = 1e-6
"""Largest load beyond the target utilization, in units (relative above one unit)."""


class Axis:
    """Demand, served rates, loads and units over the stretches between all instants."""

    def __init__(
        self, facts: Facts, plan: FleetPlan, wanted: Sequence[Demand], routing: Sequence[Routing]
    ) -> None:
        self.facts = facts
        self.classes = sorted(
            {row.demand_class for row in wanted} | {row.demand_class for row in routing}
        )
        self.offers = sorted({*(row.offer for row in plan.units), *(row.offer for row in routing)})
        spans = [
            *((row.start, row.hours) for row in wanted),
            *((row.start, row.hours) for row in plan.units),
            *((row.start, row.hours) for row in routing),
        ]
        starts = [(seconds(start), hours) for start, hours in spans]
        ends = {moment for begin, hours in starts for moment in (begin, begin + 3600 * hours)}
        self.instants = np.array(sorted(ends))
        width = max(len(self.instants) - 1, 0)
        self.wanted = np.zeros((len(self.classes), width))
        self.served = np.zeros_like(self.wanted)
        self.held = np.zeros((len(self.offers), width))
        self.filled = np.zeros_like(self.held)
        w = {name: place for place, name in enumerate(self.classes)}
        g = {name: place for place, name in enumerate(self.offers)}
        for row in wanted:
            self._add(self.wanted[w[row.demand_class]], row.start, row.hours, row.rate_per_s)
        for unit in plan.units:
            self._add(self.held[g[unit.offer]], unit.start, unit.hours, unit.count)
        for sent in routing:
            offer = facts.offers[sent.offer]
            able = facts.rate.get((sent.demand_class, sent.offer), 0.0) * facts.up(offer)
            rate, load = sent.rate_per_s, sent.rate_per_s / able if able > 0 else math.inf
            self._add(self.served[w[sent.demand_class]], sent.start, sent.hours, rate)
            self._add(self.filled[g[sent.offer]], sent.start, sent.hours, load if rate else 0.0)
        planned = np.zeros(width)
        for row in wanted:
            self._add(planned, row.start, row.hours, 1.0)
        # Time that no row of demand covers is not planned, and promises nothing.
        real = (np.diff(self.instants) > STRETCH_S) & (
            (planned > 0) | (self.held > 0).any(axis=0) | (self.filled > 0).any(axis=0)
        )
        self.apis, self.replicas = self._pairs(routing, real)
        self.begins = self.instants[:-1][real] if width else np.empty(0)
        self.hours = np.diff(self.instants)[real] / 3600.0
        self.wanted, self.served = self.wanted[:, real], self.served[:, real]
        self.held, self.filled = self.held[:, real], self.filled[:, real]

    def _pairs(
        self, routing: Sequence[Routing], real: npt.NDArray[np.bool_]
    ) -> tuple[dict[tuple[str, str], Array], dict[tuple[str, str], Array]]:
        """Lay out what single pairs are asked for: rates of APIs, replicas that share memory."""
        apis: dict[tuple[str, str], Array] = {}
        replicas: dict[tuple[str, str], Array] = {}
        for sent in routing:
            pair, offer = (sent.demand_class, sent.offer), self.facts.offers[sent.offer]
            known = self.facts.classes.get(sent.demand_class)
            able = self.facts.rate.get(pair, 0.0)
            if offer.serverless:
                line = apis.setdefault(pair, np.zeros(len(real)))
                self._add(line, sent.start, sent.hours, sent.rate_per_s)
            elif known and known.memory_gib and offer.memory_gib and able > 0:
                load = sent.rate_per_s / (able * self.facts.up(offer) * self.facts.case.utilization)
                line = replicas.setdefault(pair, np.zeros(len(real)))
                self._add(line, sent.start, sent.hours, load)
        return (
            {pair: line[real] for pair, line in apis.items()},
            {pair: line[real] for pair, line in replicas.items()},
        )

    def _add(self, line: Array, start: datetime, hours: float, amount: float) -> None:
        begin, end = np.searchsorted(self.instants, [seconds(start), seconds(start) + 3600 * hours])
        line[begin:end] += amount

    def demand(self) -> Check:
        """Every request of every class is served, at every moment, and none that nobody sent."""
        off = np.abs(self.served - self.wanted)
        size = np.maximum(np.maximum(self.wanted, self.served), 1e-300)
        worst = float(np.max(off / size, initial=0.0))
        place = f"; worst is {self._where(off / size, self.classes)}" if worst > RATE else ""
        return judged(
            "demand",
            worst,
            f"served = demand for {len(self.classes)} classes (largest relative error "
            f"{worst:.1g}){place}",
            RATE,
        )

    def load(self) -> Check:
        """No unit works above the target utilization, no API above its rate limit."""
        rho = self.facts.case.utilization
        api = np.array([self.facts.offers[name].serverless for name in self.offers], bool)
        # The rate limit of an API holds for each class by itself: `rates` looks at it.
        held, filled = self.held[~api], self.filled[~api]
        names = [name for name, skip in zip(self.offers, api, strict=True) if not skip]
        over = filled - rho * held
        over = over / np.maximum(held, 1.0)
        over = np.where((held == 0) & (filled > 0), np.inf, over)  # work for no machine
        worst = float(np.max(over, initial=0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            highest = np.max(np.where(held > 0, filled / held, 0.0), initial=0.0)
        place = f"; worst is {self._where(over, names)}" if worst > UNIT else ""
        return judged(
            "utilization",
            worst,
            f"highest load {highest:.1%} of a target of {rho:.1%}{place}",
            UNIT,
        )

    def limits(self) -> Check:
        """No offer is held beyond its limit, and none that is owned is given away."""
        offers = self.facts.offers
        most = np.array([math.inf if (q := offers[n].limit) is None else q for n in self.offers])
        over = self.held - most[:, None]
        worst = max(float(np.max(over, initial=0.0)), *self._not_held())
        full = sorted(
            name
            for name, line, limit in zip(self.offers, self.held, most, strict=True)
            if math.isfinite(limit) and np.any(line >= limit)
        )
        said = f"at its limit: {', '.join(full)}" if full else "no offer is at its limit"
        return judged("limits", worst, said)

    def _not_held(self) -> tuple[float, float]:
        """Return by how many units what is owned is not held."""
        owned = {name: o.owned for name, o in self.facts.offers.items() if self._counts(o)}
        missing = 0.0
        for name, line in zip(self.offers, self.held, strict=True):
            if owned.get(name) and self.wanted.size:
                missing = max(missing, float(owned[name] - line.min()))
        absent = sum(units for name, units in owned.items() if name not in self.offers)
        return missing, float(absent)

    def _counts(self, offer: Offer) -> bool:
        return bool(offer.owned) and self.facts.is_priced(offer) and self.facts.is_clean(offer)

    def rates(self) -> Check:
        """No API is asked for more of a class than its rate limit."""
        worst, said = 0.0, "no API above its rate limit"
        for (name, offer_id), line in self.apis.items():
            most = self.facts.rate.get((name, offer_id), 0.0)
            over = float(line.max(initial=0.0)) / most - 1 if most > 0 else math.inf
            if over > worst:
                worst, said = over, f"{name} on {offer_id}: {line.max():g}/s of {most:g}/s"
        return judged("rate limits", worst, said, RATE)

    def quotas(self) -> Check:
        """No quota is exceeded at any moment."""
        worst, said = 0.0, f"{len(self.facts.case.quotas)} quotas are kept"
        for quota in self.facts.case.quotas:
            use = np.array([quota.weight(self.facts.offers[name]) for name in self.offers])
            most = float(np.max(use @ self.held, initial=0.0)) if len(use) else 0.0
            if most - quota.limit > worst:
                worst, said = most - quota.limit, f"{quota.name}: {most:g} of {quota.limit:g}"
        return judged("quotas", worst, said, UNIT)

    def memory(self) -> Check:
        """The replicas that serve fit into single machines, packed one by one, largest first."""
        worst, said = 0.0, "replicas fit into the memory of their machines"
        for place, name in enumerate(self.offers):
            room = self.facts.offers[name].memory_gib
            mine = {w: line for (w, g), line in self.replicas.items() if g == name}
            if room is None or not mine:
                continue
            holds = {w: self.facts.classes[w].memory_gib or 0.0 for w in mine}
            for step, held in enumerate(self.held[place]):
                sizes = [
                    holds[w]
                    for w, line in mine.items()
                    for _ in range(math.ceil(line[step] - UNIT))
                ]
                over = _machines(sorted(sizes, reverse=True), room) - held
                if over > worst:
                    worst, said = over, f"{name}: {over:g} machines more are needed"
        return judged("memory", worst, said)

    def swaps(self) -> Check:
        """What runs and what starts beside it fit into each quota together."""
        case, worst, said = self.facts.case, 0.0, "quotas leave room for every change"
        before = None if case.current is None else dict(case.current)
        first = np.array([0.0 if before is None else before.get(n, 0) for n in self.offers])
        for quota in case.quotas:
            use = np.array([quota.weight(self.facts.offers[name]) for name in self.offers])
            last, room = first, max(quota.limit, float(use @ first) if len(use) else 0.0)
            for step, held in enumerate(self.held.T):
                both = last + np.maximum(held - last, 0.0)
                if (step or before is not None) and float(use @ both) - room > worst:
                    worst = float(use @ both) - room
                    said = f"{quota.name}: {float(use @ both):g} of {room:g} during a change"
                last, room = held, quota.limit
        return judged("swaps", worst, said, UNIT)

    def _where(self, table: Array, names: Sequence[str]) -> str:
        row, column = np.unravel_index(int(np.argmax(table)), table.shape)
        return f"{names[int(row)]}, stretch {int(column) + 1} of {table.shape[1]}"


def _machines(sizes: Sequence[float], room: float) -> int:
    """Count the machines that first fit needs for sizes in falling order."""
    left: list[float] = []
    for size in sizes:
        for place, free in enumerate(left):
            if size <= free + UNIT:
                left[place] -= size
                break
        else:
            left.append(room - size)
    return len(left)
