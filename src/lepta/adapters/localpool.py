"""A sweep on this machine: in this process, or in several (joblib's loky)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lepta.errors import InputError, Permanent, Transient

__all__ = ["LocalPool"]

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LocalPool:
    """`jobs` processes; 1: no process beside this one."""

    jobs: int = 1

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise InputError(f"{self.jobs} processes were asked for", remedy="ask for 1 or more")

    def map(
        self,
        function: Callable[[T], R],
        items: Sequence[T],
        progress: Callable[[int], object] = lambda _: None,
    ) -> Iterator[R]:
        """Yield `function(item)` of each item, in their order; see the port."""
        if self.jobs == 1 or len(items) < 2:
            for number, item in enumerate(items, 1):
                result = function(item)
                progress(number)
                yield result
            return
        yield from _spread(min(self.jobs, len(items)), function, items, progress)


def _spread(
    jobs: int,
    function: Callable[[T], R],
    items: Sequence[T],
    progress: Callable[[int], object],
) -> Iterator[R]:
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import BrokenProcessPool, TerminatedWorkerError

    pool = ProcessPoolExecutor(max_workers=jobs)
    whole = False
    try:
        futures = [pool.submit(function, item) for item in items]
        for number, future in enumerate(futures, 1):
            result = future.result()
            progress(max(number, sum(each.done() for each in futures)))
            yield result
        whole = True
    except TerminatedWorkerError:
        raise Transient(
            "a process of the sweep died: it was killed, or memory ran out",
            where=f"{jobs} local processes",
            remedy="try again with fewer --jobs: each needs memory for its own run",
        ) from None
    except BrokenProcessPool as error:
        raise Permanent(
            f"a call cannot be sent to another process: {str(error).splitlines()[0]}",
            where=f"{jobs} local processes",
            remedy="use --jobs 1, or put what is not importable into a module",
        ) from None
    finally:
        # A call that is given up would else run on, and hold the processor.
        pool.shutdown(wait=True, kill_workers=not whole)
