"""The queue M/M/c as it is written in simpy, in ciw and with a heap of the standard library.

Each draws its random numbers as it goes, and returns how many customers it served and their mean
wait. Imports are inside, so that each process holds only what its peer needs.
"""

import heapq
import random
from collections import deque

__all__ = ["by_ciw", "by_heapq_events", "by_heapq_recursion", "by_simpy"]


def by_simpy(n: int, rate: float, servers: int, seed: int) -> tuple[int, float]:
    """A process per customer, a resource for the servers."""
    import simpy

    draw = random.Random(seed).expovariate  # noqa: S311
    world = simpy.Environment()
    desk = simpy.Resource(world, servers)
    total = 0.0

    def customer():
        nonlocal total
        came = world.now
        with desk.request() as turn:
            yield turn
            total += world.now - came
            yield world.timeout(draw(1.0))

    def door():
        for _ in range(n):
            yield world.timeout(draw(rate))
            world.process(customer())

    world.process(door())
    world.run()
    return n, total / n


def by_ciw(n: int, rate: float, servers: int, seed: int) -> tuple[int, float]:
    """A network of one node, until n customers have left."""
    import ciw

    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=rate)],
        service_distributions=[ciw.dists.Exponential(rate=1.0)],
        number_of_servers=[servers],
    )
    world = ciw.Simulation(network)
    world.simulate_until_max_customers(n)
    waits = [record.waiting_time for record in world.get_all_records()]
    return len(waits), sum(waits) / len(waits)


def by_heapq_events(n: int, rate: float, servers: int, seed: int) -> tuple[int, float]:
    """Arrivals and departures on one heap, a queue of those who wait."""
    draw = random.Random(seed).expovariate  # noqa: S311
    push, pop = heapq.heappush, heapq.heappop
    events = [(draw(rate), 0)]
    queue: deque[float] = deque()
    free, came, total = servers, 0, 0.0
    while events:
        now, what = pop(events)
        if what == 0:
            came += 1
            if came < n:
                push(events, (now + draw(rate), 0))
            if free:
                free -= 1
                push(events, (now + draw(1.0), 1))
            else:
                queue.append(now)
        elif queue:
            total += now - queue.popleft()
            push(events, (now + draw(1.0), 1))
        else:
            free += 1
    return n, total / n


def by_heapq_recursion(n: int, rate: float, servers: int, seed: int) -> tuple[int, float]:
    """The textbook recursion: no events, the heap holds when each server is free."""
    draw = random.Random(seed).expovariate  # noqa: S311
    replace = heapq.heapreplace
    free = [0.0] * servers
    now = total = 0.0
    for _ in range(n):
        now += draw(rate)
        begin = free[0] if free[0] > now else now
        total += begin - now
        replace(free, begin + draw(1.0))
    return n, total / n
