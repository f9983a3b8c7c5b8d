"""Calls of a sweep, in a module that other processes can import."""

import os
import signal
import threading
from pathlib import Path

from lepta.errors import PolicyFault


def square(item: int) -> int:
    return item * item


def late_first(item: int) -> tuple[int, int]:
    """The first item is the last to end."""
    total = sum(range(3_000_000 if item == 0 else 10))
    return item, total % 7


def fault(item: int) -> int:
    if item == 3:
        raise PolicyFault("asked for -3 replicas", where="policy mine", remedy="ask for 0 or more")
    return item


def death(item: int) -> int:
    if item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def marked(item: tuple[str, int]) -> int:
    """Leave a mark that names node and process, wait until the file `go` is there, and square."""
    import ray

    folder, number = Path(item[0]), item[1]
    node = ray.get_runtime_context().get_node_id()
    with (folder / f"{number}.{node}.{os.getpid()}").open("x"):
        pass
    pause = threading.Event()
    while not (folder / "go").exists():
        pause.wait(0.02)
    return number * number
