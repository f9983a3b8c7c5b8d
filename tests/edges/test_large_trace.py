"""A trace of 1 GB, out of order, streams: the whole of the reader stays below 1 GB of memory."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = """
import json, resource, sys
from lepta.wiring.requests import open_requests
source = open_requests(sys.argv[1])
count, last, sums = 0, -1.0, [0, 0, 0]
for chunk in source.chunks():
    assert chunk.at_s[0] >= last and (chunk.at_s[1:] >= chunk.at_s[:-1]).all()
    count, last = count + len(chunk), chunk.at_s[-1]
    for k in range(3):
        sums[k] += int(chunk.input_tokens[chunk.kind == k].sum())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([count, source.count, sums, source.kept.path is not None, peak]))
"""
ROWS = 100_000
LIMIT = 1_000_000_000


def peak_of(folder: Path, size: int) -> int:
    """Write blocks of requests that overlap in time, read them, and return the peak memory."""
    chance = np.random.Generator(np.random.Philox(20261124))
    at = np.sort(chance.uniform(0, 2_000, ROWS))
    kind, given, made = (chance.integers(1, most, ROWS) for most in (4, 5_000, 900))
    path = folder / "large.csv"
    blocks = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write("ts,class,tenant,input_tokens,output_tokens\n")
        while stream.tell() < size:
            late = (at + 1_000 * blocks).tolist()
            stream.write(
                "".join(
                    f"{t:.6f},class-{k},tenant-{i % 500},{i},{o}\n"
                    for t, k, i, o in zip(
                        late, kind.tolist(), given.tolist(), made.tolist(), strict=True
                    )
                )
            )
            blocks += 1
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True
    )
    count, told, sums, filed, peak = json.loads(done.stdout)
    assert count == told == ROWS * blocks
    assert sums == [int(given[kind == k].sum()) * blocks for k in (1, 2, 3)]
    assert filed == (size > 500_000_000)  # a few million fit memory
    path.unlink()
    return int(peak)


def test_a_trace_of_20_megabytes(tmp_path: Path) -> None:
    assert peak_of(tmp_path, 20_000_000) < LIMIT


@pytest.mark.slow
def test_a_trace_of_1_gigabyte(tmp_path: Path) -> None:
    assert peak_of(tmp_path, 1_000_000_000) < LIMIT
