"""Who does the calls of a sweep."""

import os

from lepta.adapters.localpool import LocalPool
from lepta.adapters.raycluster import RayCluster
from lepta.errors import InputError
from lepta.ports.sweep import Sweep

__all__ = ["open_sweep"]


def open_sweep(jobs: int = 1, cluster: str | None = None) -> Sweep:
    """Choose `jobs` processes of this machine, or the Ray cluster at an address.

    `cluster` is host:port, or "auto" for the address in the variable RAY_ADDRESS; the number of
    tasks at once is then the cluster's own affair.

    Raises
    ------
    InputError
        Less than one process was asked for, or "auto" and RAY_ADDRESS is not set.
    """
    if cluster is None:
        return LocalPool(jobs)
    if cluster == "auto":
        cluster = os.environ.get("RAY_ADDRESS", "")
        if not cluster:
            raise InputError(
                "no cluster is named: RAY_ADDRESS is not set",
                remedy="set it to host:port of the cluster's head, or give the address",
            )
    return RayCluster(cluster)
