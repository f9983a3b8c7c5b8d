"""A sweep on a Ray cluster that is already there (extra `lepta[ray]`).

Each call is one task. A task whose node or process is lost runs again elsewhere; a result is taken
by its task's own reference, so it comes once however often the task ran. Errors that the function
itself raises are answers, and are not tried again.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lepta.errors import InputError, LeptaError, Permanent, Transient

__all__ = ["RayCluster"]

T = TypeVar("T")
R = TypeVar("R")

RETRIES = 5
"""So often a task runs again that was lost with its node or process."""
IN_FLIGHT = 1_000
REACH_S = 5.0


@dataclass(frozen=True, slots=True)
class RayCluster:
    """The cluster at `address` (host:port, or ray://host:port); its nodes must have lepta too."""

    address: str

    def map(
        self,
        function: Callable[[T], R],
        items: Sequence[T],
        progress: Callable[[int], object] = lambda _: None,
    ) -> Iterator[R]:
        """Yield `function(item)` of each item, in their order; see the port."""
        if not items:
            return
        mine = self._connect()
        try:
            yield from _tasks(self.address, function, items, progress)
        finally:
            if mine:
                import ray

                ray.shutdown()

    def _connect(self) -> bool:
        """Connect, unless this process is connected; tell whether it was done here."""
        try:
            import ray
        except ImportError:
            raise InputError(
                "Ray is not installed, and a cluster was asked for",
                remedy="pip install 'lepta[ray]', or leave the cluster out and give --jobs",
            ) from None
        if ray.is_initialized():
            return False
        _reach(self.address)
        try:
            ray.init(address=self.address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError, SystemExit) as error:
            # Ray ends the whole program where the address answers but is no cluster.
            raise Transient(
                f"the Ray cluster does not answer: {_line(error)}",
                where=self.address,
                remedy="check the address, that the cluster runs, and that it has this Ray version",
            ) from None
        return True


def _reach(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise InputError(
            f"is no address of a cluster: {address!r}", remedy="give host:port, such as head:6379"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_S).close()
    except OSError as error:
        raise Transient(
            f"the Ray cluster cannot be reached: {error.strerror or error}",
            where=address,
            remedy="check the address and that the cluster runs",
        ) from None


def _tasks(
    address: str,
    function: Callable[[T], R],
    items: Sequence[T],
    progress: Callable[[int], object],
) -> Iterator[R]:
    import ray

    task = ray.remote(max_retries=RETRIES, retry_exceptions=False)(_call)
    shared = ray.put(function)
    waiting: dict[Any, int] = {}
    ready: dict[int, R] = {}
    sent = turn = 0
    try:
        while turn < len(items):
            while sent < len(items) and len(waiting) < IN_FLIGHT:
                waiting[task.remote(shared, items[sent])] = sent
                sent += 1
            done, _ = ray.wait(list(waiting), num_returns=1)
            done += ray.wait(list(waiting), num_returns=len(waiting), timeout=0)[0]
            for ref in dict.fromkeys(done):
                ready[waiting[ref]] = _result(address, ref)
                del waiting[ref]
            progress(turn + len(ready))
            while turn in ready:
                yield ready.pop(turn)
                turn += 1
    finally:
        for ref in waiting:
            ray.cancel(ref, force=True)


def _call(function: Callable[[T], R], item: T) -> R:
    return function(item)


def _result(address: str, ref: Any) -> Any:
    import ray

    try:
        return ray.get(ref)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, LeptaError):
            raise error.cause from None
        raise
    except ray.exceptions.RuntimeEnvSetupError as error:
        raise Permanent(
            f"a node could not be set up: {_line(error)}", where=address, remedy="mend its set-up"
        ) from None
    except ray.exceptions.RayError as error:
        raise Transient(
            f"a task was lost, and {RETRIES} more tries too: {_line(error)}",
            where=address,
            remedy="look at the nodes' memory and logs, and run the sweep again",
        ) from None


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
