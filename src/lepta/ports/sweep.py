"""A sweep: one pure function over many items, wherever there are hands to do it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

__all__ = ["Sweep"]

T = TypeVar("T")
R = TypeVar("R")


class Sweep(Protocol):
    """Does independent calls: here, in processes of this machine, or on a cluster."""

    def map(
        self,
        function: Callable[[T], R],
        items: Sequence[T],
        progress: Callable[[int], object] = lambda _: None,
    ) -> Iterator[R]:
        """Yield `function(item)` of each item, once, in the order of the items.

        `function`, items and results are pickled where they leave the process. `progress` is told
        how many are finished, in whatever order they finish.

        Raises
        ------
        LeptaError
            As the function raised it, with its fields; the rest is given up.
        AdapterError
            A process or a node was lost and its calls could not be done again.
        """
        ...
