"""Simulated queues against the closed forms, inside intervals over replications.

Each test simulates replications with fixed seeds, leaves out their first tenth, and asks that the
formula lies inside the interval of 99.9 % of Student's t over the means of the replications, and
that this interval is narrow enough to say something.
"""

import math

import numpy as np
import pytest
from scipy.stats import t as student

from lepta.domain.requests import Requests
from lepta.sim import fcfs
from lepta.sim.plain import PlainEngine
from lepta.sim.processes import Law, Stream, generate
from lepta.sim.rates import Constant

REPLICATIONS, N = 20, 100_000


def agrees(samples, wanted, width):
    """Whether the interval holds the formula, and is within `width` of it (a share)."""
    samples = np.asarray(samples)
    half = student.ppf(0.9995, len(samples) - 1) * samples.std(ddof=1) / math.sqrt(len(samples))
    assert half <= width * wanted, (half, wanted)
    assert abs(samples.mean() - wanted) <= half, (samples.mean(), wanted, half)


def erlang_b(servers, load):
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers, load):
    blocked = erlang_b(servers, load)
    return blocked / (1 - load / servers * (1 - blocked))


def waits(engine, requests):
    engine.feed(requests)
    engine.run(math.inf)
    ended = engine.finished()
    order = np.argsort(ended.request)
    return (ended.start_s - ended.arrival_s)[order], ended.outcome[order]


def drawn(seed, rate, service):
    rng = np.random.default_rng(seed)
    return Requests(at_s=np.cumsum(rng.exponential(1 / rate, N)), service_s=service.draw(rng, N))


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (10, 8.5), (100, 90.0)])
def test_waiting_with_c_servers(servers, load):
    means, shares = [], []
    for seed in range(REPLICATIONS):
        stream = Stream(rate=Constant(load), service_s=Law(mean=1.0, shape="exponential"))
        parts = list(generate([stream], length_s=N / load, seed=seed))
        arrival = np.concatenate([part.at_s for part in parts])
        wait = fcfs(arrival, np.concatenate([part.service_s for part in parts]), servers) - arrival
        kept = wait[len(wait) // 10 :]
        means.append(kept.mean())
        shares.append((kept > 0).mean())
    wanted = erlang_c(servers, load)
    agrees(shares, wanted, 0.1)
    agrees(means, wanted / (servers - load), 0.15)


@pytest.mark.parametrize("cv", [0.0, 0.5, 2.0])
def test_waiting_at_one_server_by_pollaczek_and_khinchine(cv):
    means = []
    for seed in range(REPLICATIONS):
        engine = PlainEngine([1])
        engine.open(0, 0)
        wait, _ = waits(engine, drawn(seed, 0.6, Law(mean=1.0, cv=cv)))
        means.append(wait[N // 10 :].mean())
    agrees(means, 0.6 * (1 + cv**2) / (2 * (1 - 0.6)), 0.1)


@pytest.mark.parametrize("shape", ["exponential", "lognormal"])
def test_blocking_depends_on_the_mean_service_alone(shape):
    shares = []
    for seed in range(REPLICATIONS):
        engine = PlainEngine([5], queue_limit=0)
        for name in (0, 1):
            engine.open(name, 0)
        _, outcome = waits(engine, drawn(seed, 8.0, Law(mean=1.0, cv=1.5, shape=shape)))
        shares.append(outcome[N // 10 :].mean())
    agrees(shares, erlang_b(10, 8.0), 0.05)


def test_a_short_queue_drops_as_the_birth_and_death_chain_does():
    rate, servers, room = 2.5, 3, 4
    weight = [rate**n / math.factorial(n) for n in range(servers + 1)]
    for _ in range(room):
        weight.append(weight[-1] * rate / servers)
    shares = []
    for seed in range(REPLICATIONS):
        engine = PlainEngine([1], queue_limit=room)
        for name in range(servers):
            engine.open(name, 0)
        _, outcome = waits(engine, drawn(seed, rate, Law(mean=1.0, shape="exponential")))
        shares.append(outcome[N // 10 :].mean())
    agrees(shares, weight[-1] / sum(weight), 0.05)


def test_the_impatient_leave_as_in_a_queue_with_fixed_patience():
    """M/M/1 with fixed patience d (Barrer 1957): the share that leaves, from the virtual wait.

    The density of the virtual wait below d is P0 rate exp(-(mu - rate) x), and falls off as
    exp(-mu (x - d)) above it.
    """
    rate, mu, patience = 0.9, 1.0, 2.0
    within = rate * (1 - math.exp(-(mu - rate) * patience)) / (mu - rate)
    beyond = rate * math.exp(-(mu - rate) * patience) / mu
    wanted = beyond / (1 + within + beyond)
    shares = []
    for seed in range(REPLICATIONS):
        engine = PlainEngine([1], patience_s=patience)
        engine.open(0, 0)
        _, outcome = waits(engine, drawn(seed, rate, Law(mean=1.0, shape="exponential")))
        shares.append(outcome[N // 10 :].mean())
    agrees(shares, wanted, 0.05)


def test_classes_wait_as_cobham_says():
    """Cobham (1954): W0 / ((1 - s[k-1]) (1 - s[k])), s the load of the classes up to k."""
    rates, laws = (0.2, 0.3, 0.2), (Law(mean=1.0, cv=0.5), Law(mean=0.8), Law(mean=1.5, cv=1.5))
    loads = np.cumsum([rate * law.mean for rate, law in zip(rates, laws, strict=True)])
    residual = sum(
        rate * law.mean**2 * (1 + law.cv**2) / 2 for rate, law in zip(rates, laws, strict=True)
    )
    means = []
    for seed in range(REPLICATIONS):
        streams = [
            Stream(rate=Constant(rate), kind=kind, service_s=law)
            for kind, (rate, law) in enumerate(zip(rates, laws, strict=True))
        ]
        engine = PlainEngine([1], classes=3, priority=[9, 5, 1])
        engine.open(0, 0)
        for part in generate(streams, length_s=N / sum(rates), seed=seed):
            engine.feed(part)
        engine.run(math.inf)
        ended = engine.finished()
        wait, warm = ended.start_s - ended.arrival_s, ended.arrival_s > 0.1 * N / sum(rates)
        means.append([wait[warm & (ended.kind == kind)].mean() for kind in range(3)])
    below = np.concatenate(([0.0], loads[:-1]))
    for kind, wanted in enumerate(residual / ((1 - below) * (1 - loads))):
        agrees(np.array(means)[:, kind], wanted, 0.1)
