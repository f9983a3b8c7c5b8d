"""Public traces as a replay reads them, against figures that were read off them by other means."""

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepta.adapters.traces.fetch import fetch
from lepta.adapters.traces.source import RequestSource
from lepta.errors import InputError
from lepta.wiring.requests import open_requests

pytestmark = pytest.mark.data


def folder(shared_data: Path) -> Path:
    return shared_data / "llm_requests"


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    return fetch(path.parent, path.name, sql)


def together(source: RequestSource, name: str) -> np.ndarray:
    return np.concatenate([getattr(chunk, name) for chunk in source.chunks()])


def digest(source: RequestSource) -> str:
    made = hashlib.sha256()
    for name in ("at_s", "tenant", "input_tokens", "output_tokens"):
        made.update(together(source, name).tobytes())
    return made.hexdigest()


def test_the_azure_trace(shared_data: Path) -> None:
    path = folder(shared_data) / "azure_2023.parquet"
    source = open_requests(path)
    rows = query(
        path,
        "SELECT service, count(*), sum(input_tokens), sum(output_tokens), epoch(max(ts)), "
        "(SELECT epoch(min(ts)) FROM data) FROM data GROUP BY 1 ORDER BY 1",
    )
    assert source.kinds == ("code", "conv")
    assert source.count == 21_667
    assert math.isnan(source.epoch_s)  # the source does not state its zone
    kind, at = together(source, "kind"), together(source, "at_s")
    assert (np.diff(at) >= 0).all()
    for place, (_, count, given, made, last, start) in enumerate(rows):
        mine = kind == place
        assert mine.sum() == count
        assert together(source, "input_tokens")[mine].sum() == given
        assert together(source, "output_tokens")[mine].sum() == made
        assert at[mine].max() == pytest.approx(last - start, abs=1e-6)
        assert open_requests(path, assume_utc=True).epoch_s == pytest.approx(start, abs=1e-6)


def test_the_mooncake_trace_with_its_blocks(shared_data: Path) -> None:
    path = folder(shared_data) / "mooncake_conversation.parquet"
    source = open_requests(path)
    ((blocks, last),) = query(path, "SELECT sum(len(prefix_block_ids)), max(t_ms) FROM data")
    assert source.count == 7_851
    assert len(together(source, "prefix_block")) == blocks
    assert source.span_s == last / 1000
    for chunk in source.chunks():
        assert chunk.prefix_start is not None
        assert len(chunk.prefix_start) == len(chunk) + 1


def test_client_rates_become_requests_at_those_rates(shared_data: Path) -> None:
    path = folder(shared_data) / "servegen_client_rates.parquet"
    day = {"workload": "m-large", "between_s": (0.0, 86_400.0), "share": 0.05}
    source = open_requests(path, **day)  # type: ignore[arg-type]
    rows = query(
        path,
        "SELECT t_s, sum(requests_per_s) * 600 * 0.05 FROM data "
        "WHERE workload = 'm-large' AND t_s < 86400 GROUP BY 1 ORDER BY 1",
    )
    wanted = np.array([expected for _, expected in rows], float)
    seen = np.bincount((together(source, "at_s") // 600).astype(int), minlength=len(wanted))
    assert source.count == pytest.approx(wanted.sum(), rel=0.02)
    # The record's own coefficients of variation: windows scatter, hours less.
    hours, expected = seen.reshape(-1, 6).sum(axis=1), wanted.reshape(-1, 6).sum(axis=1)
    assert np.corrcoef(hours, expected)[0, 1] > 0.98
    assert source.kinds == ("m-large",)
    borrowed = [name for name in source.tenants if name.endswith("(lengths borrowed)")]
    notes = " ".join(source.notes)
    assert f"{len(borrowed)} clients" in notes
    assert "beyond 10 were clipped" in notes
    assert together(source, "input_tokens").min() >= 0


def test_the_same_seed_draws_the_same_bytes_in_memory_and_out_of_it(shared_data: Path) -> None:
    path = folder(shared_data) / "servegen_client_rates.parquet"
    chosen = {"workload": "m-large", "between_s": (0.0, 7_200.0), "share": 0.05}
    first = open_requests(path, **chosen, seed=7)  # type: ignore[arg-type]
    again = open_requests(path, **chosen, seed=7, in_memory_bytes=1)  # type: ignore[arg-type]
    other = open_requests(path, **chosen, seed=8)  # type: ignore[arg-type]
    assert digest(first) == digest(again) != digest(other)


def test_lost_windows_are_missing_and_not_idle(shared_data: Path) -> None:
    path = folder(shared_data) / "servegen_client_rates.parquet"
    ((lost,),) = query(
        path,
        "SELECT count(*) FROM (SELECT t_s FROM data WHERE workload = 'm-mid' "
        "AND t_s BETWEEN 259200 AND 345599 "
        "GROUP BY 1 HAVING sum(requests_per_s) = 0)",
    )
    source = open_requests(path, workload="m-mid", between_s=(259_200, 345_600), share=0.001)
    windows = sum(to - start for start, to in source.missing) / 600
    assert windows >= lost  # and those of a trickle, cut by the edge of a hole
    assert windows < 1.5 * lost
    assert any("missing, not idle" in note for note in source.notes)
    at = together(source, "at_s")
    for start, to in source.missing:
        assert not ((at >= start) & (at < to)).any()


def test_images_come_with_their_tokens(shared_data: Path) -> None:
    path = folder(shared_data) / "servegen_client_rates.parquet"
    source = open_requests(path, workload="mm-image", between_s=(0, 3_600))
    assert "images" in source.columns
    assert together(source, "images").min() >= 0
    assert together(source, "input_tokens").mean() > 100


def test_what_cannot_be_drawn_is_refused(shared_data: Path) -> None:
    path = folder(shared_data) / "servegen_client_rates.parquet"
    with pytest.raises(InputError, match="several workloads"):
        open_requests(path)
    with pytest.raises(InputError, match="no workload 'm-huge'"):
        open_requests(path, workload="m-huge")
    with pytest.raises(InputError, match="no window from"):
        open_requests(path, workload="m-large", between_s=(9e6, 9.1e6))
    with pytest.raises(InputError, match="would be drawn"):
        open_requests(path, workload="m-mid")
    with pytest.raises(InputError, match="share is 0"):
        open_requests(path, workload="m-mid", share=0)
