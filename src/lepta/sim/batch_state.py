"""What batched replicas know between two events, as arrays that compiled code works on in place.

Requests live in slots that are used again; replicas in rows. -1 stands for "none" in every link.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "NODES", "ROWS", "TABLES", "WORK", "Records", "State", "filled", "resized"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Records = np.recarray[Any, Any]


def _records(reals: str, counts: str) -> np.dtype[np.void]:
    parts = [(name, np.float64) for name in reals.split()]
    return np.dtype(parts + [(name, np.int64) for name in counts.split()])


KINDS = _records(
    "prefill_s context_s kv_s full weight", "limit budget capacity blocks static steps"
)
"""What the variants can do.

capacity: KV tokens. blocks: the most in the prefix cache; 0: none. static: 1: a batch is filled
only when the one before has ended. steps: iterations per unit of a replica without prefill (images,
chunks); 0: it serves tokens. full: running units that count as the whole replica in use.
"""

WORK = _records(
    "arrival_s start_s first_s end_s weight",
    "number kind prompt output made left context finish width held row link outcome block_at "
    "block_n",
)
"""The requests.

prompt: input tokens, at least 1; images or chunks where replicas know no tokens. made: output
tokens that the user has, of the present attempt. left: prompt tokens still to compute. context:
tokens to hold when prefill ends, the prompt and what was made before. finish: the value of the
row's `count` at which all is made. width: places of the batch that it takes. held: blocks of the
prefix cache that it refers to, its first ones.
"""

ROWS = _records(
    "anchor_s end_s changed_s busy_s last_s turn",
    "variant open nrun npre wide used kv count head tail waiting state iterations requests tokens "
    "peak",
)
"""The replicas.

anchor_s, end_s: when the present run of iterations began and ends; where idle, end_s is when the
next may begin. changed_s: when the use of the row last changed. nrun, npre: sequences in the batch,
and those of them in prefill. wide: places taken by all that run. used: KV tokens held or reserved,
without cached blocks that nobody refers to. kv: KV tokens that one decode iteration reads. count:
decode iterations so far. requests, tokens: outstanding ones.
"""

NODES = _records("", "block refs older newer")
"""Blocks in the prefix cache of a row. older, newer: links among those that nobody refers to;
`newer` also chains the free nodes."""

TABLES = _records("", "oldest newest free idle held")
"""The prefix caches. idle: blocks that nobody refers to. held: all blocks."""


class State(NamedTuple):
    """All of it."""

    kinds: Records
    step_s: Array
    """(variants, limit + 1) seconds of an iteration with so many sequences that decode."""
    work: Records
    rows: Records
    batch: Counts
    """(rows, limit) slots in order of admission; those in prefill are the last ones."""
    tables: Records
    nodes: Records
    """(rows, blocks)"""
    places: Counts
    """(rows, power of 2) nodes by hash of their block."""
    tally: Counts
    done: Counts
    pending: Counts
    blocks: Counts


def filled(records: np.dtype[np.void], *shape: int) -> Records:
    """Make records of zeros."""
    made: Records = np.zeros(shape, records).view(np.recarray)
    return made


def resized(column: Any, size: int) -> Any:
    """Return a longer copy of an array, its new part zero."""
    longer = np.zeros((size, *column.shape[1:]), column.dtype)
    longer[: len(column)] = column
    return longer.view(type(column))
