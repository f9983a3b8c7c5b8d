"""Waiting in queues with many servers: Erlang B and C, Allen-Cunneen, and how many servers to hold.

All functions broadcast over arrays of classes and need time in the order of the square root of the
number of servers; 10^5 servers neither overflow nor underflow.

Words: `servers` c, `load` a = arrivals per second x mean service time (in servers), `ca2` and `cs2`
the squared coefficients of variation of the time between arrivals and of the service time.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError

__all__ = [
    "erlang_b",
    "erlang_c",
    "latency_exceeds",
    "least_servers",
    "mean_wait",
    "profile_servers",
    "servers_for_latency",
    "servers_for_wait",
    "wait_exceeds",
    "wait_quantile",
]

Array = npt.NDArray[np.float64]

SMALL = 1e-17
"""A term of a sum of terms around 1 that no longer matters."""
TINY = 1e-300
NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)
MOST_SERVERS = 1e9
ROOM = 1e-9
"""Relative slack of a quotient that should be whole."""


def erlang_b(servers: npt.ArrayLike, load: npt.ArrayLike) -> Array:
    """Return the share of arrivals that find all servers busy and leave (M/G/c/c).

    Parameters
    ----------
    servers  whole numbers >= 0
    load     >= 0, in servers

    Raises
    ------
    InputError
        A number of servers is not whole or negative, or a load is negative or not finite.

    Notes
    -----
    Up to a = c by the Poisson probability in its saddle-point form (Loader 2000), above it by
    1/B = sum_j prod_{i<j} (c - i) / a. Both sums hold about sqrt(c) terms that matter.
    """
    c, a = np.broadcast_arrays(np.asarray(servers, float), np.asarray(load, float))
    _check_servers(c)
    _check("the load", a)
    blocked = np.ones(c.shape)
    flat, count, demand = blocked.reshape(-1), c.reshape(-1), a.reshape(-1)
    flat[(demand == 0) & (count > 0)] = 0.0
    below = (demand > 0) & (demand <= count)
    flat[below] = _below(count[below], demand[below])
    above = demand > count
    flat[above] = _above(count[above], demand[above])
    return flat.reshape(c.shape)


def erlang_c(servers: npt.ArrayLike, load: npt.ArrayLike) -> Array:
    """Return the share of arrivals that must wait (M/M/c); 1 where the load is not below c.

    Raises
    ------
    InputError
        As `erlang_b`.
    """
    c, a = np.broadcast_arrays(np.asarray(servers, float), np.asarray(load, float))
    b = erlang_b(c, a)
    with np.errstate(divide="ignore", invalid="ignore"):
        waits = b / (1.0 - a / c + a / c * b)
    return np.where(a < c, waits, 1.0)


def mean_wait(
    servers: npt.ArrayLike,
    load: npt.ArrayLike,
    service_s: npt.ArrayLike,
    ca2: npt.ArrayLike = 1.0,
    cs2: npt.ArrayLike = 1.0,
) -> Array:
    """Return the mean wait [s] of G/G/c by Allen and Cunneen; inf where the load is not below c.

    Exact for M/M/c and M/G/1; elsewhere the wait of M/M/c times (ca2 + cs2) / 2.
    """
    p, scale = _wait(servers, load, service_s, ca2, cs2)
    return np.where(np.isinf(scale), np.inf, p * np.where(np.isinf(scale), 0.0, scale))


def wait_exceeds(
    servers: npt.ArrayLike,
    load: npt.ArrayLike,
    service_s: npt.ArrayLike,
    limit_s: npt.ArrayLike,
    ca2: npt.ArrayLike = 1.0,
    cs2: npt.ArrayLike = 1.0,
) -> Array:
    """Return P(wait > limit_s): Erlang C times an exponential tail with the mean of `mean_wait`.

    Exact for M/M/c; 1 where the load is not below c.
    """
    p, scale = _wait(servers, load, service_s, ca2, cs2)
    return p * _tail(np.asarray(limit_s, float), scale)


def wait_quantile(
    servers: npt.ArrayLike,
    load: npt.ArrayLike,
    service_s: npt.ArrayLike,
    quantile: npt.ArrayLike,
    ca2: npt.ArrayLike = 1.0,
    cs2: npt.ArrayLike = 1.0,
) -> Array:
    """Return the wait [s] that a share `quantile` of arrivals does not pass; inf: no end."""
    q = np.asarray(quantile, float)
    if not ((q >= 0) & (q < 1)).all():
        raise InputError(
            f"a quantile of {quantile!r} was asked for", remedy="give shares from 0 to below 1"
        )
    p, scale = _wait(servers, load, service_s, ca2, cs2)
    with np.errstate(divide="ignore", invalid="ignore"):
        over = np.log(p / (1.0 - q))
        found = np.where(over > 0, over * scale, 0.0)
    return np.where(np.isinf(scale), np.inf, found)


def latency_exceeds(
    servers: npt.ArrayLike,
    load: npt.ArrayLike,
    service_s: npt.ArrayLike,
    limit_s: npt.ArrayLike,
    ca2: npt.ArrayLike = 1.0,
    cs2: npt.ArrayLike = 1.0,
) -> Array:
    """Return P(wait + service > limit_s), the service time gamma by its mean and cs2.

    Exact for M/M/c (cs2 = 1). The service time of a request does not depend on its wait; the
    integral over it is taken with 96 Gauss-Legendre points, good to about 1e-9 for cs2 in 0..10.
    """
    p, scale = _wait(servers, load, service_s, ca2, cs2)
    arrays = np.broadcast_arrays(
        p, scale, *(np.asarray(x, float) for x in (service_s, limit_s, cs2))
    )
    shape = arrays[0].shape
    p, scale, mean, limit, var = (x.reshape(-1) for x in arrays)
    over = np.ones(p.size)
    # A service time that hardly varies (or that takes no time) is a constant.
    plain = (var < 1e-6) | (mean == 0)
    on_time = plain & (limit >= mean)
    over[on_time] = p[on_time] * _tail((limit - mean)[on_time], scale[on_time])
    rest = ~plain & (limit > 0) & np.isfinite(scale)
    if rest.any():
        over[rest] = 1.0 - _in_time(p[rest], scale[rest], mean[rest], limit[rest], var[rest])
    return np.clip(over, 0.0, 1.0).reshape(shape)


def servers_for_wait(
    load: npt.ArrayLike,
    service_s: npt.ArrayLike,
    limit_s: npt.ArrayLike,
    share: npt.ArrayLike,
    ca2: npt.ArrayLike = 1.0,
    cs2: npt.ArrayLike = 1.0,
) -> Array:
    """Return the smallest c with P(wait > limit_s) <= share; whole floats, inf: no number does."""
    return least_servers(
        lambda c, a, s, x, ca, cs: wait_exceeds(c, a, s, x, ca, cs),
        load,
        share,
        service_s,
        limit_s,
        ca2,
        cs2,
    )


def servers_for_latency(
    load: npt.ArrayLike,
    service_s: npt.ArrayLike,
    limit_s: npt.ArrayLike,
    share: npt.ArrayLike,
    ca2: npt.ArrayLike = 1.0,
    cs2: npt.ArrayLike = 1.0,
) -> Array:
    """Return the smallest c with P(wait + service > limit_s) <= share.

    Whole floats; inf where more than that share of requests is slow without any wait.
    """
    return least_servers(
        lambda c, a, s, x, ca, cs: latency_exceeds(c, a, s, x, ca, cs),
        load,
        share,
        service_s,
        limit_s,
        ca2,
        cs2,
    )


def least_servers(
    exceeds: Callable[..., Array], load: npt.ArrayLike, share: npt.ArrayLike, *rest: npt.ArrayLike
) -> Array:
    """Return the smallest c >= 0 with exceeds(c, load, *rest) <= share, where it falls in c.

    Doubles the room above the load, then halves the gap: about 2 log2(room) evaluations.
    """
    _check("the share", np.asarray(share, float))
    arrays = np.broadcast_arrays(
        *(np.asarray(x, float) for x in (load, share, *rest)),
    )
    shape = arrays[0].shape
    a, most, *more = (x.reshape(-1) for x in arrays)
    low = np.floor(a)  # too few: a queue without end (or, without load, none too many)
    high = np.where(a > 0, low + 1, 0.0)
    todo = a > 0
    while todo.any():
        good = exceeds(high[todo], a[todo], *(x[todo] for x in more)) <= most[todo]
        index = np.flatnonzero(todo)
        bad = index[~good]
        low[bad] = high[bad]
        high[bad] = np.floor(a[bad]) + 2 * (high[bad] - np.floor(a[bad]))
        todo[index[good]] = False
        lost = todo & (high > MOST_SERVERS)
        high[lost] = np.inf
        todo &= ~lost
    while (open_ := (high - low > 1) & np.isfinite(high)).any():
        middle = np.floor((low[open_] + high[open_]) / 2)
        good = exceeds(middle, a[open_], *(x[open_] for x in more)) <= most[open_]
        index = np.flatnonzero(open_)
        high[index[good]] = middle[good]
        low[index[~good]] = middle[~good]
    return high.reshape(shape)


def profile_servers(load_per_s: npt.ArrayLike, capacity_per_s: npt.ArrayLike) -> Array:
    """Return how many batch servers carry a load: each its profile rate inside the objective.

    The rate of a batch server already holds the wait for its batch, so the rule is the quotient
    rounded up. Whole floats; inf where a load meets a capacity of 0.
    """
    load, rate = np.broadcast_arrays(np.asarray(load_per_s, float), np.asarray(capacity_per_s))
    _check("the load", load)
    _check("the capacity", rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        need = np.where(load > 0, load / rate, 0.0)
    return np.where(np.isinf(need), np.inf, np.ceil(need * (1 - ROOM)))


def _wait(
    servers: npt.ArrayLike,
    load: npt.ArrayLike,
    service_s: npt.ArrayLike,
    ca2: npt.ArrayLike,
    cs2: npt.ArrayLike,
) -> tuple[Array, Array]:
    """P(wait > 0), and the mean wait of those that wait: service x (ca2 + cs2) / 2 / (c - a)."""
    c, a = np.asarray(servers, float), np.asarray(load, float)
    mean, va, vs = (np.asarray(x, float) for x in (service_s, ca2, cs2))
    _check("the service time", mean)
    _check("the variation of arrivals", va)
    _check("the variation of service", vs)
    p = erlang_c(c, a)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(a < c, mean * (va + vs) / 2.0 / (c - a), np.inf)
    # Nobody waits where nobody comes.
    scale = np.where(a == 0, 0.0, scale)
    p = np.where(np.broadcast_to(a == 0, p.shape), 0.0, p)
    p, scale = np.broadcast_arrays(p, scale)
    return p, scale


def _tail(over_s: Array, scale: Array) -> Array:
    """exp(-over / scale), 1 below 0; scale 0: nothing is over, scale inf: all is."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        part = np.exp(-np.maximum(over_s, 0.0) / scale)
    part = np.where(scale == 0, 0.0, part)
    part = np.where(np.isinf(scale), 1.0, part)
    tail: Array = np.where(over_s < 0, 1.0, part)
    return tail


def _in_time(p: Array, scale: Array, mean: Array, limit: Array, cs2: Array) -> Array:
    """P(wait + service <= limit): integral of the gamma density times P(wait <= limit - s)."""
    shape = 1.0 / cs2
    width = mean * cs2
    low = np.maximum(0.0, mean - 14 * mean * np.sqrt(cs2))
    high = np.minimum(limit, mean + 14 * mean * np.sqrt(cs2) + 40 * width)
    low = np.minimum(low, high)
    # Below shape 1 the density has a pole at 0: integrate over s^shape instead of s.
    pole = shape < 1
    power = np.where(pole, shape, 1.0)
    first, last = low**power, high**power
    half = (last - first) / 2.0
    u = (last + first)[:, None] / 2.0 + half[:, None] * NODES
    s = np.maximum(u ** (1.0 / power[:, None]), TINY)
    log_gamma = np.array([math.lgamma(k) for k in shape])
    with np.errstate(divide="ignore", under="ignore"):
        log_density = (
            np.where(pole[:, None], 0.0, (shape[:, None] - 1) * np.log(s / width[:, None]))
            - s / width[:, None]
            - (log_gamma + np.log(power) + power * np.log(width))[:, None]
        )
        late = p[:, None] * _tail(limit[:, None] - s, np.broadcast_to(scale[:, None], s.shape))
        total: Array = (half[:, None] * WEIGHTS * np.exp(log_density) * (1.0 - late)).sum(axis=1)
    return total


def _below(c: Array, a: Array) -> Array:
    """Erlang B for 0 < a <= c: Poisson(c; a) / P(N <= c)."""
    point = np.exp(-_deviance(c, a) - _stirling(c)) / np.sqrt(2 * np.pi * c)
    # P(N > c) = Poisson(c; a) * sum_j a^j / ((c + 1) ... (c + j))
    tail, term, step = np.zeros(c.size), np.ones(c.size), 0
    live = np.arange(c.size)
    while live.size:
        step += 1
        term = term * a[live] / (c[live] + step)
        tail[live] += term
        more = term > SMALL
        live, term = live[more], term[more]
    blocked: Array = point / (1.0 - point * tail)
    return blocked


def _above(c: Array, a: Array) -> Array:
    """Erlang B for a > c."""
    total, term, step = np.ones(c.size), np.ones(c.size), 0
    live = np.arange(c.size)
    while live.size:
        term = term * np.maximum(c[live] - step, 0.0) / a[live]
        total[live] += term
        more = term > SMALL
        live, term = live[more], term[more]
        step += 1
    return 1.0 / total


def _deviance(c: Array, a: Array) -> Array:
    """c log(c / a) + a - c without cancellation where a is near c."""
    x = (c - a) / (c + a)
    near = np.abs(x) < 0.1
    v = np.where(near, x, 0.0)
    series, power = (c - a) * v, 2 * c * v
    square = v * v
    for j in range(1, 12):
        power = power * square
        series = series + power / (2 * j + 1)
    plain = c * np.log(c / a) + a - c
    return np.where(near, series, plain)


def _stirling(c: Array) -> Array:
    """log(c!) - log(sqrt(2 pi c) (c / e)^c) for c >= 1."""
    few = np.minimum(c, 16).astype(int)
    exact = np.array([0.0] + [_stirling_of(k) for k in range(1, 17)])[few]
    n2 = c * c
    with np.errstate(divide="ignore", invalid="ignore"):
        series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / n2) / n2) / n2) / n2) / c
    return np.where(c < 16, exact, series)


def _stirling_of(k: int) -> float:
    return math.log(math.factorial(k)) - 0.5 * math.log(2 * math.pi * k) - k * math.log(k) + k


def _check(what: str, values: Array) -> None:
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        raise InputError(
            f"{what} is {np.atleast_1d(values)[np.atleast_1d(bad)][0]:g}",
            remedy="give finite numbers >= 0",
        )


def _check_servers(values: Array) -> None:
    _check("the number of servers", values)
    if (values != np.floor(values)).any():
        raise InputError("a number of servers is not whole", remedy="give whole numbers >= 0")
