"""The whole problem as arrays: offers that serve alike, and what each period must stand.

A period has several circumstances: the demand as given, each emergency in which some offers are
lost and a share must still be served, and each scenario of demand. The fleet is one; the routing
is free in each circumstance.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lepta.domain.periods import Horizon
from lepta.domain.plan import PlanCase
from lepta.optimize.mix.market import GIVEN, Market

__all__ = ["GIVEN", "Circumstance", "Kinds", "Model", "kinds_of", "model_of"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

CARBON = 1e-7
"""Relative error of adding emissions up."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Offers that serve alike: the same rates and the same costs per request for every class.

    One type of machine in three zones is one kind: a request does not care, so the program does
    not ask. A unit of an offer counts `up` of the offer in its kind.
    """

    of: Places
    """(G,) the kind of each offer."""
    able: Array
    """(W, J) rate per second of one unit."""
    send: Array
    """(W, J) currency per request."""
    serverless: Mask
    """(J,)"""
    memory: Array
    """(J,) GiB of one unit; NaN: not planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """What may come in a period, and how much of it must be served."""

    name: str
    rates: Array
    """(W,) requests per second."""
    alive: Mask
    """(G,) offers that are there."""
    share: float = 1.0
    weight: float = 0.0
    """Probability: how much its costs per request count. An emergency counts nothing."""
    penalty: Array | None = None
    """(W,) currency per request left unserved; inf, or None for all: nothing may be left."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """Everything that decides the plan, as arrays; P periods, G offers, W classes, Q quotas."""

    market: Market
    kinds: Kinds
    hours: Array
    """(P,)"""
    stages: tuple[tuple[Circumstance, ...], ...]
    """Circumstances per period, the demand as given first."""
    quota_use: Array
    """(Q, G) what one unit uses of each quota."""
    quota: Array
    """(Q,)"""
    carbon_price: float
    """Currency per tonne."""
    carbon_limit: float | None
    """Tonnes over the horizon."""
    before: Array | None
    """(G,) units that run before the first period; None is not known: its starts are free."""

    @cached_property
    def most(self) -> Array:
        """The most units of each offer that could have work at any time, (G,).

        Where periods depend on each other a unit may be held through hours without work, but never
        more of them than the busiest hour could use.
        """
        with np.errstate(divide="ignore"):
            each = np.where(self.kinds.able > 0, 1.0 / self.kinds.able, 0.0)
        crowded = bool(np.isfinite(self.market.holds).any())
        filled = np.zeros(len(self.kinds.serverless))
        for here in (here for stage in self.stages for here in stage):
            need = here.rates[:, None] * each
            filled = np.maximum(filled, (np.ceil(need) if crowded else need).sum(axis=0))
        most: Array = np.maximum(1.0, np.ceil(filled[self.kinds.of] / self.market.up + 1e-9))
        return most

    def only(self, keep: Sequence[int]) -> "Model":
        """Return the same model with these offers alone."""
        places = np.asarray(keep, dtype=np.int64)
        market = self.market.only(keep)
        return replace(
            self,
            market=market,
            kinds=kinds_of(market),
            stages=tuple(
                tuple(replace(here, alive=here.alive[places]) for here in stage)
                for stage in self.stages
            ),
            quota_use=self.quota_use[:, places],
            before=None if self.before is None else self.before[places],
        )

    @property
    def unit_cost(self) -> Array:
        """Currency per unit held through a period, carbon at its price included, (P, G)."""
        carbon = np.nan_to_num(self.market.carbon) * self.carbon_price
        return np.outer(self.hours, self.market.price + carbon)

    def keeps_carbon(self, units: Array) -> bool:
        """Tell whether a fleet (P, G) stays within the limit of emissions."""
        if self.carbon_limit is None:
            return True
        tonnes = float(self.hours @ units @ np.nan_to_num(self.market.carbon))
        return tonnes <= self.carbon_limit * (1 + CARBON) + CARBON * CARBON

    @property
    def coupled(self) -> bool:
        """Whether a period depends on the ones beside it."""
        if self.carbon_limit is not None or (self.market.min_hours > self.hours.min()).any():
            return True
        starts = bool((self.market.start > 0).any())
        return starts and (len(self.hours) > 1 or self.before is not None)


def kinds_of(market: Market) -> Kinds:
    """Group offers that serve alike."""
    table = np.vstack(
        (
            market.able,
            market.per_request,
            market.serverless[None, :],
            np.nan_to_num(market.memory, nan=-1.0)[None, :],
            # An API has a rate limit of its own, and replicas that share memory are counted per
            # offer: never two of them in one kind.
            np.where(market.serverless | _shared(market), np.arange(len(market.offers)), -1)[
                None, :
            ],
        )
    )
    _, first, of = np.unique(table, axis=1, return_index=True, return_inverse=True)
    return Kinds(
        of=of.reshape(-1),
        able=market.able[:, first],
        send=market.per_request[:, first],
        serverless=market.serverless[first],
        memory=market.memory[first],
    )


def _shared(market: Market) -> Mask:
    """Tell which offers hold replicas whose memory is planned, (G,)."""
    holds = np.isfinite(market.holds)[:, None] & (market.able > 0)
    return np.asarray(holds.any(axis=0) & np.isfinite(market.memory))


def model_of(case: PlanCase, market: Market, horizon: Horizon) -> Model:
    """Lay out a case on the periods of its horizon."""
    promises = case.promises
    rates = [np.array(period.rates, dtype=np.float64) for period in horizon.periods]
    emergencies = _emergencies(case, market)
    scenarios = _scenarios(case, horizon)
    likely = 1.0 - math.fsum(one.probability for one in case.scenarios)
    likely = likely if likely > 1e-9 else 0.0  # tenths do not sum to 1 exactly
    everything = np.ones(len(market.offers), bool)
    names = {offer.id: g for g, offer in enumerate(market.offers)}
    before = None
    if case.current is not None:
        before = np.zeros(len(market.offers))
        for offer, units in case.current:
            if offer in names:
                before[names[offer]] = units
    penalty = _penalty(case, horizon)
    stages = []
    for step, here in enumerate(rates):
        given = Circumstance(
            name=GIVEN, rates=here, alive=everything, weight=likely if likely > 1e-9 else 0.0
        )
        lost = (
            Circumstance(name=name, rates=here, alive=alive, share=share)
            for name, alive, share in emergencies
        )
        futures = (
            Circumstance(
                name=name,
                rates=table[step],
                alive=everything,
                weight=probability,
                penalty=penalty,
            )
            for name, probability, table in scenarios
        )
        stages.append((given, *lost, *futures))
    return Model(
        market=market,
        kinds=kinds_of(market),
        hours=np.array([period.hours for period in horizon.periods]),
        stages=tuple(stages),
        quota_use=np.array(
            [[quota.weight(offer) for offer in market.offers] for quota in case.quotas]
        ).reshape(len(case.quotas), len(market.offers)),
        quota=np.array([quota.limit for quota in case.quotas]),
        carbon_price=promises.carbon_price,
        carbon_limit=None if promises.carbon_limit is None else promises.carbon_limit / 1000.0,
        before=before,
    )


def _emergencies(case: PlanCase, market: Market) -> list[tuple[str, Mask, float]]:
    """Name each loss that must be survived, with the offers that are left and the share asked."""
    found = []
    for promise in case.promises.survive:
        where = [promise.scope.of(offer) for offer in market.offers]
        for name in sorted({place for place in where if place}):
            alive = np.array([place != name for place in where])
            found.append((f"{promise.scope.value} {name}", alive, promise.share))
    return [one for one in found if one[2] > 0]


def _scenarios(case: PlanCase, horizon: Horizon) -> list[tuple[str, float, list[Array]]]:
    """Lay each scenario on the periods: what it does not say is as the demand table says."""
    place = {name: w for w, name in enumerate(horizon.classes)}
    found = []
    for one in case.scenarios:
        table = [np.array(period.rates, dtype=np.float64) for period in horizon.periods]
        rows: dict[str, list[tuple[float, float, float]]] = {}
        for row in one.demand:
            begin = row.start.timestamp()
            rows.setdefault(row.demand_class, []).append(
                (begin, begin + 3600.0 * row.hours, row.rate_per_s)
            )
        for step, period in enumerate(horizon.periods):
            middle = period.start.timestamp() + 1800.0 * period.hours
            for name, spans in rows.items():
                for begin, end, rate in spans:
                    if begin <= middle < end and name in place:
                        table[step][place[name]] = rate
        found.append((one.name, one.probability, table))
    return found


def _penalty(case: PlanCase, horizon: Horizon) -> Array:
    known = {one.name: one.penalty_per_request for one in case.classes}
    given: Sequence[float | None] = [known.get(name) for name in horizon.classes]
    return np.array([np.inf if one is None else one for one in given])
