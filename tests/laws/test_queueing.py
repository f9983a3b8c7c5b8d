"""Queues with many servers against recursions, published tables, closed forms and scipy."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from lepta.errors import InputError
from lepta.numerics.queueing import (
    erlang_b,
    erlang_c,
    latency_exceeds,
    mean_wait,
    profile_servers,
    servers_for_latency,
    servers_for_wait,
    wait_exceeds,
    wait_quantile,
)

loads = st.floats(0.01, 300)
counts = st.integers(1, 400)
spreads = st.floats(0, 6)


def recursion(c, a):
    """B(c) = a B(c - 1) / (c + a B(c - 1)) in 50 digits."""
    getcontext().prec = 50
    b, load = Decimal(1), Decimal(a)
    for k in range(1, c + 1):
        b = load * b / (k + load * b)
    return float(b)


@given(counts, loads)
def test_erlang_b_is_its_recursion(c, a):
    assert erlang_b(c, a) == pytest.approx(recursion(c, a), rel=1e-12)


@pytest.mark.parametrize(
    ("c", "a"), [(100_000, 99_000.5), (100_000, 100_000.0), (100_000, 101_000.25), (20_000, 19e3)]
)
def test_a_hundred_thousand_servers(c, a):
    # 1/B = integral of exp(-t) (1 + t/a)^c dt = exp(a) a^-c Gamma(c + 1, a): by the tails of scipy
    log_point = stats.poisson.logpmf(c, a)
    assert erlang_b(c, a) == pytest.approx(math.exp(log_point) / stats.poisson.cdf(c, a), rel=1e-8)
    assert erlang_b(c, a) == pytest.approx(recursion(c, a), rel=1e-12)


def test_far_from_the_load_nothing_overflows():
    assert erlang_b(100_000, 10.0) == 0.0
    assert erlang_b(100_000, 1e9) == pytest.approx(1 - 1e-4, rel=1e-9)
    assert erlang_b(0, 5.0) == 1.0
    assert erlang_b([0, 3], 0.0).tolist() == [1.0, 0.0]


def test_published_tables_of_erlang_b():
    # Traffic in erlangs that c circuits carry at 1 % and at 2 % blocking, as every table has them.
    table = {
        1: (0.0101, 0.0204),
        2: (0.153, 0.223),
        5: (1.361, 1.657),
        10: (4.461, 5.084),
        20: (12.03, 13.18),
        50: (37.90, 40.26),
        100: (84.06, 87.97),
    }
    for c, (one, two) in table.items():
        assert erlang_b(c, one) == pytest.approx(0.01, rel=0.01)
        assert erlang_b(c, two) == pytest.approx(0.02, rel=0.01)


def test_published_values_of_erlang_c():
    # M/M/2 at 3/4 of its capacity: 2 rho^2 / (1 + rho) = 9/14; M/M/3 with a = 2: 4/9.
    assert erlang_c(2, 1.5) == pytest.approx(9 / 14, rel=1e-14)
    assert erlang_c(3, 2.0) == pytest.approx(4 / 9, rel=1e-14)
    assert erlang_c([1, 5], [0.3, 5.0]) == pytest.approx([0.3, 1.0])


@given(st.floats(0.001, 0.999), st.floats(0.01, 100), st.floats(0, 50))
def test_one_server_is_the_closed_form(rho, service, x):
    assert mean_wait(1, rho, service) == pytest.approx(rho * service / (1 - rho), rel=1e-11)
    tail = rho * math.exp(-x * (1 - rho) / service)
    assert wait_exceeds(1, rho, service, x) == pytest.approx(tail, rel=1e-9, abs=1e-300)
    late = math.exp(-x * (1 - rho) / service)
    assert latency_exceeds(1, rho, service, x) == pytest.approx(late, rel=1e-7, abs=1e-9)


@given(st.floats(0.01, 0.99), spreads)
def test_one_server_of_any_service_is_pollaczek_khinchine(rho, cs2):
    assert mean_wait(1, rho, 1.0, 1.0, cs2) == pytest.approx(
        rho / (1 - rho) * (1 + cs2) / 2, rel=1e-11
    )


@given(counts, loads, spreads, spreads, st.floats(0, 20))
def test_more_servers_wait_less_and_more_load_waits_more(c, a, ca2, cs2, x):
    for measure in (wait_exceeds, latency_exceeds):
        here = measure(c, a, 1.0, x, ca2, cs2)
        assert measure(c + 1, a, 1.0, x, ca2, cs2) <= here + 1e-9
        assert measure(c, a * 1.05, 1.0, x, ca2, cs2) >= here - 1e-9
    assert erlang_b(c + 1, a) <= erlang_b(c, a)
    assert erlang_c(c, a * 1.05) >= erlang_c(c, a) - 1e-12


@given(counts, st.floats(0.01, 0.99), spreads, spreads, st.floats(0, 0.9999))
def test_the_quantile_of_the_wait_undoes_its_tail(c, rho, ca2, cs2, q):
    x = wait_quantile(c, rho * c, 2.0, q, ca2, cs2)
    over = wait_exceeds(c, rho * c, 2.0, x, ca2, cs2)
    assert over <= 1 - q + 1e-9
    if x > 0:
        assert over == pytest.approx(1 - q, rel=1e-6)


@given(st.floats(0.01, 5_000), st.floats(0, 3), st.floats(1e-6, 0.5), spreads, spreads)
def test_the_smallest_number_of_servers_is_the_smallest(a, x, share, ca2, cs2):
    c = servers_for_wait(a, 1.0, x, share, ca2, cs2)
    assert wait_exceeds(c, a, 1.0, x, ca2, cs2) <= share
    assert c - 1 <= a or wait_exceeds(c - 1, a, 1.0, x, ca2, cs2) > share


@given(st.floats(0.01, 200), st.floats(0.5, 12), st.floats(1e-4, 0.5), spreads)
def test_the_smallest_number_for_a_latency(a, x, share, cs2):
    c = servers_for_latency(a, 1.0, x, share, 1.0, cs2)
    if np.isinf(c):
        alone = latency_exceeds(10**8, a, 1.0, x, 1.0, cs2)
        assert alone > share
    else:
        assert latency_exceeds(c, a, 1.0, x, 1.0, cs2) <= share
        assert c - 1 <= a or latency_exceeds(c - 1, a, 1.0, x, 1.0, cs2) > share


@pytest.mark.parametrize("cs2", [0.05, 0.3, 1.0, 2.5, 6.0])
@pytest.mark.parametrize(("c", "rho", "x"), [(3, 0.8, 2.0), (10, 0.95, 4.0), (1, 0.5, 0.3)])
def test_latency_is_the_convolution_that_scipy_integrates(cs2, c, rho, x):
    a = rho * c
    p = float(erlang_c(c, a))
    scale = (1 + cs2) / 2 / (c - a)
    service = stats.gamma(1 / cs2, scale=cs2)
    # by parts over the distribution function, which has no pole
    inner, _ = integrate.quad(
        lambda s: service.cdf(s) * p * math.exp(-(x - s) / scale) / scale, 0, x, epsabs=1e-12
    )
    late = service.sf(x) + p * service.cdf(x) - inner
    assert latency_exceeds(c, a, 1.0, x, 1.0, cs2) == pytest.approx(late, abs=2e-7)


def test_m_m_c_latency_has_its_textbook_form():
    c, a, x = 6, 4.5, 1.7
    p = float(erlang_c(c, a))
    rest = c - a
    late = math.exp(-x) * (1 + p * (1 - math.exp(-x * (rest - 1))) / (rest - 1))
    assert latency_exceeds(c, a, 1.0, x) == pytest.approx(late, rel=1e-9)


def test_thousands_of_classes_at_once():
    rng = np.random.default_rng(3)
    a = rng.lognormal(4, 2, 3_000)
    c = servers_for_wait(a, 1.0, 0.5, 0.01)
    assert (c > a).all()
    some = rng.choice(3_000, 20, replace=False)
    for i in some:
        assert servers_for_wait(a[i], 1.0, 0.5, 0.01) == c[i]


def test_no_load_needs_no_server_and_never_waits():
    assert servers_for_wait(0.0, 1.0, 0.0, 0.0) == 0
    assert wait_exceeds(3, 0.0, 1.0, 0.0) == 0.0
    assert mean_wait(3, 0.0, 1.0) == 0.0
    assert np.isinf(mean_wait(3, 3.0, 1.0))


def test_constant_service_is_its_own_latency():
    assert latency_exceeds(5, 1.0, 1.0, 0.99, 1.0, 0.0) == 1.0
    assert latency_exceeds(50, 1.0, 1.0, 1.0, 1.0, 0.0) == pytest.approx(0.0, abs=1e-12)
    assert np.isinf(servers_for_latency(1.0, 1.0, 0.9, 0.1, 1.0, 0.0))


def test_batch_servers_follow_their_profile():
    assert profile_servers([0, 10, 10.1, 3], [5, 5, 5, 0]).tolist() == [0, 2, 3, np.inf]
    assert profile_servers(0.3, 0.1) == 3


@pytest.mark.parametrize(("c", "a"), [(-1, 1.0), (2.5, 1.0), (2, -1.0), (2, math.nan)])
def test_what_is_no_queue_is_refused(c, a):
    with pytest.raises(InputError):
        erlang_b(c, a)


def test_special_functions_agree():
    c = np.arange(1, 200, 7)
    a = 60.0
    upper = special.gammaincc(c + 1, a)
    assert erlang_b(c, a) == pytest.approx(stats.poisson.pmf(c, a) / upper, rel=1e-10)
