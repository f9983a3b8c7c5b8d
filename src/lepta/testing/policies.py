"""What every scaling policy must do, whatever it decides."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from lepta.domain.pool import Pool, Snapshot, Variant
from lepta.policy.base import Policy, asked
from lepta.policy.handover import handover

__all__ = ["PolicyContract", "snapshot"]

TICK_S = 15.0


def snapshot(
    pool: Pool,
    load_per_s: list[float],
    *,
    serving: tuple[int, ...],
    starting: tuple[int, ...] | None = None,
    waiting: float = 0.0,
    utilization: float = float("nan"),
) -> Snapshot:
    """Return what a policy sees after so many ticks of a load of the first class."""
    count, classes = len(pool.variants), len(pool.classes)
    load = np.zeros((len(load_per_s), classes))
    load[:, 0] = load_per_s
    work = np.zeros(classes)
    work[0] = waiting
    return Snapshot(
        at_s=len(load_per_s) * TICK_S,
        pool=pool,
        tick_s=TICK_S,
        load_per_s=load,
        serving=np.array(serving, np.int64),
        starting=np.array(starting or (0,) * count, np.int64),
        draining=np.zeros(count, np.int64),
        price_per_hour=pool.prices,
        available=np.ones(count, bool),
        waiting=waiting,
        waiting_work=work,
        utilization=utilization,
    )


class PolicyContract:
    """Give `policy(pool)`, and `pool()` where one kind of replica is not what it is for."""

    def policy(self, pool: Pool) -> Policy:
        """Return the policy under test for a pool."""
        raise NotImplementedError

    def pool(self) -> Pool:
        """Return the pool that it is tested on."""
        variant = Variant(name="L4", price_per_hour=0.8, startup_s=60.0, limit=50)
        return Pool(variants=(variant,), capacity_per_s=np.array([[10.0]]))

    def test_the_same_sight_is_the_same_answer(self) -> None:
        """A decision depends on what is seen and remembered alone, and changes neither."""
        first, again = (self._course([20.0, 40.0, 80.0, 10.0, 0.0] * 8) for _ in range(2))
        assert list(first) == list(again)

    def test_memory_is_handed_in_not_kept(self) -> None:
        """The same sight with the same memory is the same answer, out of turn as well."""
        pool = self.pool()
        policy = self.policy(pool)
        memory = policy.start()
        early = self._seen(pool, [20.0, 40.0])
        told, later = asked(policy, early, memory)
        asked(policy, self._seen(pool, [20.0, 40.0, 400.0]), later)
        assert asked(policy, early, memory)[0] == told

    def test_every_step_is_explained(self) -> None:
        """Each decision says why, in one line."""
        for want, why in self._course([5.0, 50.0, 400.0, 30.0, 0.0, 0.0]):
            assert why and "\n" not in why, want

    def test_levels_stay_inside_the_limits(self) -> None:
        """A load far beyond the limit asks for the limit, not for more."""
        limits = self.pool().limits
        for want, _ in self._course([1e7] * 40):
            assert (np.array(want) <= limits).all()

    def test_nothing_seen_is_not_no_load(self) -> None:
        """Ticks that were not seen do not release what serves."""
        pool = self.pool()
        policy = self.policy(pool)
        memory = policy.start()
        many = [200.0] * 40
        seen = self._seen(pool, many, serving=24)
        decision, memory = asked(policy, seen, memory)
        lost = self._seen(pool, [*many, float("nan")], serving=24)
        decision, _ = asked(policy, lost, memory)
        able = float(pool.capacity_per_s[0] @ np.array(decision.want))
        assert able >= 0.5 * 200.0

    def test_an_empty_pool_grows_again(self) -> None:
        """Load that meets no replica is answered by some."""
        pool = self.pool()
        policy = self.policy(pool)
        memory = policy.start()
        for ticks in range(1, 41):
            seen = self._seen(pool, [50.0] * ticks, serving=0, waiting=50.0 * TICK_S * ticks)
            decision, memory = asked(policy, seen, memory)
            if sum(decision.want):
                return
        raise AssertionError("no replica was asked for in ten minutes of load")

    def test_what_serves_stays_until_its_replacement_serves(self) -> None:
        """After the handover rule, capacity never falls below what is wanted and was there."""
        pool = self.pool()
        policy = self.policy(pool)
        memory = policy.start()
        held = np.array(self._serving(pool, 24), np.int64)
        for load in (200.0, 210.0, 90.0, 260.0):
            seen = replace(self._seen(pool, [load] * 10), serving=held)
            wish, memory = asked(policy, seen, memory)
            kept, _ = handover(wish, seen)
            rate = pool.capacity_per_s[0]
            after = float(rate @ np.minimum(held, np.array(kept.want)))
            goal = min(float(rate @ np.array(wish.want)), float(rate @ held))
            assert after >= goal - 1e-6 * max(goal, 1.0)

    def test_a_steady_load_comes_to_rest(self) -> None:
        """Under a load that does not change, the level stops changing."""
        wants = [want for want, _ in self._course([120.0] * 120)]
        assert all(one == other for one, other in pairwise(wants[-20:]))

    def _course(self, load_per_s: list[float]) -> Iterator[tuple[tuple[int, ...], str]]:
        """Yield the levels and reasons of a course in which every wish is met at once."""
        pool = self.pool()
        policy = self.policy(pool)
        memory = policy.start()
        held = self._serving(pool, 2)
        for ticks in range(1, len(load_per_s) + 1):
            seen = replace(self._seen(pool, load_per_s[:ticks]), serving=np.array(held, np.int64))
            decision, memory = asked(policy, seen, memory)
            held = decision.want
            yield decision.want, decision.why

    def _seen(
        self, pool: Pool, load_per_s: list[float], *, serving: int = 4, waiting: float = 0.0
    ) -> Snapshot:
        levels = self._serving(pool, serving)
        able = float(pool.capacity_per_s[0] @ np.array(levels))
        used = min(1.0, load_per_s[-1] / able) if able > 0 else float("nan")
        return snapshot(pool, load_per_s, serving=levels, waiting=waiting, utilization=used)

    def _serving(self, pool: Pool, count: int) -> tuple[int, ...]:
        return (count, *[0] * (len(pool.variants) - 1))
