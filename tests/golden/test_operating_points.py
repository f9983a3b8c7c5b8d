"""Snapshots of running servers, and load tests: what one sees, and no more than that."""

from pathlib import Path

import pytest

import lepta
from lepta.errors import InputError

HEAD = "# TYPE vllm:request_success_total counter\n"


def vllm(count: int, below: tuple[int, int], prefix: str = "vllm:") -> str:
    """A snapshot with TTFT buckets at 0.5 s and 1 s, over two engines."""
    lines = []
    for engine, part in ((0, 0.75), (1, 0.25)):
        label = f'engine="{engine}",model_name="m"'
        for reason, share in (("stop", 0.5), ("length", 0.5)):
            value = count * part * share
            lines.append(
                f'{prefix}request_success_total{{{label},finished_reason="{reason}"}} {value}'
            )
        for edge, value in (("0.5", below[0]), ("1.0", below[1]), ("+Inf", count)):
            name = f"{prefix}time_to_first_token_seconds"
            lines.append(f'{name}_bucket{{{label},le="{edge}"}} {value * part}')
        lines.append(f"{prefix}time_to_first_token_seconds_sum{{{label}}} {count * part * 0.4}")
        lines.append(f"{prefix}time_to_first_token_seconds_count{{{label}}} {count * part}")
        lines.append(f"{prefix}num_requests_running{{{label}}} {8 * part}")
    return "\n".join(lines) + "\n"


def look(folder: Path, *texts: str, slo: str, **more):
    files = []
    for place, text in enumerate(texts):
        files.append(folder / f"{place}.prom")
        files[-1].write_text(text)
    return lepta.profile(metrics=files, slo=slo, offer="l4", interval="100s", **more)


@pytest.mark.parametrize("prefix", ["vllm:", "ray_vllm_"])
@pytest.mark.parametrize(
    ("slo", "rate", "high"),
    [("ttft=1s", 4.0, None), ("ttft=500ms", None, 4.0), ("ttft=700ms", None, None)],
)
def test_kept_is_a_lower_bound_and_broken_an_upper_one(tmp_path, prefix, slo, rate, high) -> None:
    # Between the two: 400 requests, 80 % below 0.5 s, 99 % below 1 s.
    early, late = vllm(100, (90, 95), prefix), vllm(500, (410, 491), prefix)
    found = look(tmp_path, early, late, slo=slo)
    (profile,) = found.profiles
    assert (profile.rate, profile.rate_low, profile.rate_high) == (rate, rate, high)
    assert profile.concurrency == 8
    assert profile.ttft == pytest.approx(0.4)
    (seen,) = found.seen[0].latencies
    assert (seen.quantile_low, seen.quantile_high) == (0.5, 1.0)
    assert bool(found.unknown) == (rate is None)


def test_what_no_histogram_shows_is_not_taken_for_kept(tmp_path) -> None:
    found = look(tmp_path, vllm(100, (90, 99)), slo="ttft=1s,tpot=50ms")
    assert found.profiles[0].rate is None
    assert found.unknown == ("m on l4: vllm exposes no histogram of TPOT",)


def test_misses_of_two_promises_add_up(tmp_path) -> None:
    text = vllm(100, (90, 97)) + "".join(
        f'vllm:e2e_request_latency_seconds_bucket{{model_name="m",le="{edge}"}} {value}\n'
        for edge, value in (("10.0", 97), ("+Inf", 100))
    )
    assert look(tmp_path, text, slo="ttft=1s,e2e=10s").profiles[0].rate is None
    assert look(tmp_path, text, slo="ttft=1s,e2e=10s", share=0.94).profiles[0].rate == 1.0


def test_triton_counts_milliseconds_and_has_buckets_without_their_ending(tmp_path) -> None:
    name = "nv_inference_first_response_histogram_ms"
    text = (
        "# TYPE nv_first_response_histogram_ms histogram\n"
        f'{name}_count{{model="t",version="1"}} 40\n{name}_sum{{model="t",version="1"}} 8000\n'
        f'{name}{{model="t",version="1", le="100"}} 8\n'
        f'{name}{{model="t",version="1", le="500"}} 39\n'
        f'{name}{{model="t",version="1", le="+Inf"}} 40\n'
        'nv_inference_request_success{model="t",version="1"} 40\n'
    )
    found = look(tmp_path, text, slo="ttft=500ms")
    assert found.profiles[0].rate == 0.4
    assert found.profiles[0].ttft == pytest.approx(0.2)


def test_tgi_has_no_time_to_first_token(tmp_path) -> None:
    text = "tgi_request_success 50\n" + "".join(
        f'tgi_request_mean_time_per_token_duration_bucket{{le="{edge}"}} {value}\n'
        for edge, value in (("0.05", 50), ("+Inf", 50))
    )
    assert look(tmp_path, text, slo="tpot=50ms").profiles[0].rate == 0.5
    assert "no histogram of TTFT" in look(tmp_path, text, slo="ttft=1s").unknown[0]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("a b c d\n",), "line 1: is no line of the Prometheus text format"),
        (("",), "has no sample"),
        (("up 1\n",), "none of vllm:request_success_total"),
        ((HEAD + "vllm:request_success_total 5\n" * 2,), "stands twice"),
        ((HEAD + "vllm:request_success_total 0\n",), "0 requests of vllm were served"),
        ((HEAD + "vllm:request_success_total NaN\n",), "nan requests of vllm were served"),
        ((vllm(500, (4, 5)), vllm(100, (4, 5))), "-400 requests of m were served"),
        ((vllm(100, (99, 5)),), "the cumulative counts are"),
        ((vllm(9, (4, 5)),) * 3, "there are 3 snapshots"),
    ],
)
def test_a_wrong_snapshot(tmp_path, texts, said) -> None:
    with pytest.raises(InputError) as caught:
        look(tmp_path, *texts, slo="ttft=1s")
    assert said in str(caught.value)


def test_without_times_no_rate_can_be_told(tmp_path) -> None:
    (tmp_path / "a.prom").write_text(vllm(10, (5, 9)))
    with pytest.raises(InputError, match="no rate can be told: the snapshots have no times"):
        lepta.profile(metrics=tmp_path / "a.prom", slo="ttft=1s", offer="l4")
    with pytest.raises(InputError, match="no offer is named"):
        lepta.profile(metrics=tmp_path / "a.prom", slo="ttft=1s", interval="1m")


def test_times_of_the_samples_tell_the_interval(tmp_path) -> None:
    for name, count, at in (("a", 10, 1_000_000), ("b", 70, 1_030_000)):  # milliseconds
        (tmp_path / name).write_text(f'vllm:request_success_total{{model_name="m"}} {count} {at}\n')
    found = lepta.profile(metrics=[tmp_path / "a", tmp_path / "b"], slo="ttft=1s", offer="l4")
    assert found.seen[0].rate == 2.0


def loads(folder: Path, *rows: str, slo: str = "ttft=1s", columns: str = "rate_per_s"):
    (folder / "t.csv").write_text(
        f"{columns},input_tokens,output_tokens,ttft_ms,tpot_ms\n" + "\n".join(rows) + "\n"
    )
    return lepta.profile(benchmark=folder / "t.csv", offer="l4", slo=slo).profiles[0]


def test_a_load_test_is_read_off_between_two_loads(tmp_path) -> None:
    found = loads(tmp_path, "1,10,11,200,10", "2,10,11,600,20", "4,10,11,1400,30")
    assert (found.rate, found.rate_low, found.rate_high) == (3.0, 2.0, 4.0)
    assert found.tokens_per_s == 33


def test_a_lucky_row_does_not_raise_the_capacity(tmp_path) -> None:
    found = loads(tmp_path, "1,10,11,200,10", "2,10,11,1200,20", "4,10,11,900,30")
    assert (found.rate, found.rate_high) == (1.8, 2.0)


def test_beyond_the_last_load_nothing_is_claimed(tmp_path) -> None:
    kept = loads(tmp_path, "1,10,11,200,10", "2,10,11,600,20")
    assert (kept.rate, kept.rate_high) == (2.0, None)
    assert "at every load tested" in kept.note
    broken = loads(tmp_path, "1,10,11,2000,10", "2,10,11,6000,20")
    assert (broken.rate, broken.rate_low, broken.rate_high) == (None, None, 1.0)


def test_concurrency_and_latency_tell_a_rate(tmp_path) -> None:
    found = loads(tmp_path, "4,10,11,500,50", slo="tpot=60ms", columns="concurrency")
    assert found.rate == 4.0  # 4 / (0.5 + 10 * 0.05)
