"""A sweep on a real Ray cluster of a head and two nodes; one node is killed in the middle."""

import importlib.util
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import lepta
from lepta.errors import InputError, PolicyFault, Transient
from lepta.report.schema.replay import to_json
from lepta.wiring.sweeps import open_sweep
from sweepwork import fault, marked, square

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs lepta[ray]")

LOOPBACK = "127.0.0.2"
"""Ray takes 127.0.0.1 for "this machine" and connects to its outer address instead."""
MEMORY = 80 * 2**20


@pytest.fixture(scope="module")
def cluster(checkout: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "PYTHONPATH", os.pathsep.join((str(checkout / "tests"), str(checkout / "src")))
        )
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        from ray.cluster_utils import Cluster

        node = {"node_ip_address": LOOPBACK, "object_store_memory": MEMORY}
        made = Cluster(
            initialize_head=True,
            head_node_args={**node, "num_cpus": 0, "include_dashboard": False},
        )
        try:
            yield made
        finally:
            import ray

            ray.shutdown()
            made.shutdown()


@pytest.fixture(scope="module")
def nodes(cluster: Any) -> list[Any]:
    return [
        cluster.add_node(num_cpus=1, node_ip_address=LOOPBACK, object_store_memory=MEMORY)
        for _ in range(2)
    ]


def marks(folder: Path) -> list[tuple[str, ...]]:
    """(number, node, process) of each start of a call."""
    return [tuple(mark.name.split(".")) for mark in folder.iterdir() if mark.name != "go"]


def test_every_result_is_there_once_though_a_node_dies(
    cluster: Any, nodes: list[Any], tmp_path: Path
) -> None:
    count = 24
    told: list[int] = []
    sweep = open_sweep(cluster=cluster.address)
    results = sweep.map(marked, [(str(tmp_path), i) for i in range(count)], told.append)
    with ThreadPoolExecutor(1) as other:
        rest = other.submit(list, results)
        pause = threading.Event()
        # Both nodes hold a call that cannot end yet when one of them is killed.
        for _ in range(1_200):
            if len({node for _, node, _ in marks(tmp_path)}) == 2:
                break
            pause.wait(0.05)
        cluster.remove_node(nodes[0], allow_graceful=False)
        (tmp_path / "go").touch()
        assert rest.result() == [i * i for i in range(count)]
    assert told[-1] == count
    assert told == sorted(told)
    starts = marks(tmp_path)
    assert {int(number) for number, _, _ in starts} == set(range(count))
    assert len(starts) > count  # what ran on the lost node ran again
    assert len({number for number, node, _ in starts if node != nodes[0].node_id}) == count


def test_the_same_results_as_here_and_errors_with_their_fields(
    cluster: Any, nodes: list[Any]
) -> None:
    sweep = open_sweep(cluster=cluster.address)
    assert list(sweep.map(square, range(5))) == list(open_sweep(1).map(square, range(5)))
    with pytest.raises(PolicyFault) as caught:
        list(sweep.map(fault, range(6)))
    assert type(caught.value) is PolicyFault
    assert caught.value.where == "policy mine"
    assert caught.value.remedy == "ask for 0 or more"


def test_a_replay_on_the_cluster_is_the_one_here(
    cluster: Any, nodes: list[Any], tmp_path: Path
) -> None:
    path = tmp_path / "requests.csv"
    rows = [f"{i / 4},{(i * 7) % 11 / 4}" for i in range(1_000)]
    path.write_text("\n".join(["ts,service_s", *rows]))
    here, there = (
        lepta.replay(path, "fixed:6,hpa", slo="p99=9s", cluster=address)
        for address in (None, cluster.address)
    )
    assert to_json(here) == to_json(there)


def test_an_address_without_a_cluster_is_a_clear_error() -> None:
    with pytest.raises(Transient, match="cannot be reached"):
        list(open_sweep(cluster=f"{LOOPBACK}:9").map(square, range(3)))
    with pytest.raises(InputError, match="no address of a cluster"):
        list(open_sweep(cluster="head").map(square, range(3)))
