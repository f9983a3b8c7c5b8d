"""The life of replicas and their bill, worked by hand."""

import numpy as np
import pytest

from lepta.domain.pool import Pool, Variant
from lepta.sim.faults import Faults, PriceChange, Span, lifetime_s
from lepta.sim.roster import Roster, State


class Hand:
    """An engine whose replicas are as busy as the test says."""

    def __init__(self) -> None:
        self.open_now: dict[int, int] = {}
        self.idle: dict[int, float] = {}
        self.killed: list[int] = []

    def open(self, replica: int, variant: int) -> None:
        self.open_now[replica] = variant
        self.idle.setdefault(replica, 0.0)

    def close(self, replica: int) -> None:
        del self.open_now[replica]

    def kill(self, replica: int) -> None:
        self.open_now.pop(replica, None)
        self.killed.append(replica)

    def idle_since(self, replica: int) -> float:
        return self.idle[replica]


def pool(**more) -> Pool:
    l4 = Variant(name="L4", price_per_hour=3.6, startup_s=60.0, zone="a", **more)
    h100 = Variant(name="H100", price_per_hour=36.0, startup_s=120.0, zone="b")
    return Pool(variants=(l4, h100), capacity_per_s=np.array([[1.0, 8.0]]))


def run(roster: Roster, until_s: float) -> None:
    while roster.next_s() <= until_s:
        roster.step(roster.next_s())


def test_a_replica_is_paid_from_the_order_until_it_has_drained():
    hand = Hand()
    roster = Roster(pool(), hand, Faults(), seed=1)
    roster.apply([2, 0], 0.0)
    assert list(roster.counts(State.STARTING)) == [2, 0]
    assert roster.ready_in_s(10.0) == ((0, 50.0), (0, 50.0))
    run(roster, 60.0)
    assert list(roster.counts(State.SERVING)) == [2, 0] and hand.open_now == {0: 0, 1: 0}
    hand.idle[1] = np.inf  # the younger one, which goes first, is at work
    roster.apply([1, 0], 100.0)
    assert list(roster.counts(State.DRAINING)) == [1, 0]
    hand.idle[1] = 130.0
    roster.settle(200.0)
    cost, seconds, by_variant = roster.paid(1000.0)
    assert seconds == 1000.0 + 130.0 and list(by_variant) == [1130.0, 0.0]
    assert cost == pytest.approx(1130 * 3.6 / 3600, rel=1e-12)


def test_what_does_not_serve_yet_is_released_first_and_paid_up_to_then():
    hand = Hand()
    roster = Roster(pool(), hand, Faults(), seed=1)
    roster.apply([1, 0], 0.0, at_once=True)
    roster.apply([3, 0], 10.0)
    roster.apply([1, 0], 30.0)
    assert hand.open_now == {0: 0}
    run(roster, 500.0)
    assert hand.open_now == {0: 0}, "a cancelled order never serves"
    assert roster.paid(100.0)[1] == 100.0 + 20.0 + 20.0


def test_the_same_level_twice_is_once():
    roster = Roster(pool(), Hand(), Faults(), seed=1)
    for _ in range(3):
        roster.apply([4, 1], 5.0)
    assert len(roster.replicas) == 5


def test_a_lost_zone_takes_its_replicas_and_gives_none_until_it_is_back():
    hand = Hand()
    lost = Faults(zone_losses=(Span(name="a", from_s=100.0, to_s=400.0),))
    roster = Roster(pool(), hand, lost, seed=1)
    roster.apply([2, 1], 0.0, at_once=True)
    run(roster, 100.0)
    assert hand.killed == [0, 1] and list(roster.counts(State.SERVING)) == [0, 1]
    roster.apply([2, 1], 200.0)
    assert list(roster.counts(State.STARTING)) == [0, 0], "pending, and not paid"
    run(roster, 400.0)
    assert list(roster.counts(State.STARTING)) == [2, 0], "the level stands, so they are ordered"
    assert roster.losses == 2
    assert list(roster.paid(460.0)[2]) == [2 * 100.0 + 2 * 60.0, 460.0]


def test_a_dry_market_takes_nothing():
    hand = Hand()
    dry = Faults(dry_markets=(Span(name="L4", from_s=50.0, to_s=90.0),))
    roster = Roster(pool(), hand, dry, seed=1)
    roster.apply([1, 0], 0.0, at_once=True)
    run(roster, 50.0)
    roster.apply([3, 0], 60.0)
    assert list(roster.counts(State.SERVING)) == [1, 0] and not hand.killed
    assert list(roster.counts(State.STARTING)) == [0, 0]
    run(roster, 90.0)
    assert list(roster.counts(State.STARTING)) == [2, 0]


def test_a_spot_replica_gets_notice_and_its_replacement_is_ordered_then():
    hand = Hand()
    roster = Roster(
        pool(spot=True, interruptions_per_hour=6.0, notice_s=120.0), hand, Faults(), seed=7
    )
    roster.apply([1, 0], 0.0, at_once=True)
    lives_s = lifetime_s(7, 0, 0, 6.0, 1)
    assert lives_s > 120.0, "another seed, please"
    assert roster.next_s() == pytest.approx(lives_s - 120.0)
    hand.idle[0] = np.inf
    roster.step(roster.next_s())
    assert list(roster.noticed()) == [1, 0]
    assert list(roster.counts(State.STARTING)) == [1, 0]
    while roster.counts(State.DRAINING)[0]:
        roster.step(roster.next_s())
    assert hand.killed == [0] and roster.replicas[0].gone_s == pytest.approx(lives_s)


def test_prices_change_while_a_replica_runs():
    dearer = Faults(prices=(PriceChange(variant="L4", at_s=100.0, price_per_hour=7.2),))
    roster = Roster(pool(), Hand(), dearer, seed=1)
    roster.apply([1, 0], 0.0, at_once=True)
    assert list(roster.prices(99.0)) == [3.6, 36.0]
    assert list(roster.prices(100.0)) == [7.2, 36.0]
    assert roster.paid(150.0)[0] == pytest.approx((100 * 3.6 + 50 * 7.2) / 3600)


def test_lives_follow_the_seed_and_the_hazard():
    lives = np.array([lifetime_s(3, 0, k, 0.5) for k in range(4000)])
    assert lives.mean() == pytest.approx(7200.0, rel=0.05)
    assert lifetime_s(3, 0, 9, 0.5) == lifetime_s(3, 0, 9, 0.5)
    assert lifetime_s(3, 0, 9, 0.0) == np.inf
