"""`lepta solve`: the cheapest times to run nodes so that every need is met (M1)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy.typing as npt

from lepta.domain.cover import CoverAnswer
from lepta.domain.nodes import parse_need
from lepta.errors import InputError
from lepta.optimize.cover import cover
from lepta.wiring.nodes import read_nodes

__all__ = ["solve"]


def solve(
    nodes: str | Path | None = None,
    *,
    price: str | npt.ArrayLike,
    need: Mapping[str, float] | Sequence[str] | npt.ArrayLike,
    supply: npt.ArrayLike | None = None,
    limit: str | float | npt.ArrayLike | None = None,
    fixed: str | npt.ArrayLike | None = None,
    names: Sequence[str] | None = None,
    balance: bool = True,
    gap: float = 1e-6,
    time_limit_s: float = 600.0,
) -> CoverAnswer:
    """Find the cheapest running times of nodes that meet every need, with the proof.

    From a file: `nodes` is a CSV file whose first column is the name; `price` and `limit` name
    columns (`limit` may also be one number); `need` maps resource columns to amounts, or is a list
    of texts such as "compute=100".

    From arrays: `price` (n,), `supply` (K, n), `need` (K,) or a mapping whose order is that of the
    rows of `supply`, `limit` None, a number or (n,), and `names` (n,).

    `fixed`, a column or an array, is what each start of a node costs: then the search ends at a
    relative `gap` to the proven bound, or after `time_limit_s`, when the status is "feasible" and
    the gap is the true one. Where no times are enough the
    status is "infeasible", and each resource says what it is short by. With `balance`, of all
    cheapest answers the most balanced one is taken; where starts cost something it does nothing.

    Raises
    ------
    InputError
        The file or a value is wrong: it says where, and what to do.
    """
    if nodes is None:
        return _from_arrays(price, supply, need, limit, fixed, names, balance, gap, time_limit_s)
    if not isinstance(price, str) or supply is not None or names is not None:
        raise InputError(
            "with a file of nodes, `price` is the name of a column, and there is no `supply`",
            remedy='write lepta.solve("nodes.csv", price="price", need={"compute": 100})',
        )
    needs = _needs(need)
    if not (limit is None or isinstance(limit, str | float | int)):
        raise InputError(
            "with a file of nodes, `limit` is the name of a column or one number",
            remedy="put the limits into a column",
        )
    if not (fixed is None or isinstance(fixed, str)):
        raise InputError(
            "with a file of nodes, `fixed` is the name of a column",
            remedy="put what a start of each node costs into a column",
        )
    table = read_nodes(nodes, price=price, resources=tuple(needs), limit=limit, fixed=fixed)
    answer = cover(
        price=table.price,
        supply=table.supply,
        need=list(needs.values()),
        limit=table.limit,
        fixed=table.fixed,
        names=table.names,
        resources=table.resources,
        balance=balance and fixed is None,
        gap=gap,
        time_limit_s=time_limit_s,
    )
    return replace(answer, unknown=table.left_out + answer.unknown)


def _from_arrays(
    price: str | npt.ArrayLike,
    supply: npt.ArrayLike | None,
    need: Mapping[str, float] | Sequence[str] | npt.ArrayLike,
    limit: str | float | npt.ArrayLike | None,
    fixed: str | npt.ArrayLike | None,
    names: Sequence[str] | None,
    balance: bool,
    gap: float,
    time_limit_s: float,
) -> CoverAnswer:
    if supply is None or isinstance(price, str) or isinstance(limit, str):
        raise InputError(
            "without a file of nodes, `price` and `supply` are arrays",
            remedy="lepta.solve(price=[...], supply=[[...], ...], need=[...])",
        )
    amounts: npt.ArrayLike
    resources: tuple[str, ...] | None
    if isinstance(need, Mapping):
        amounts, resources = list(need.values()), tuple(need)
    else:
        amounts, resources = need, None
    return cover(
        price=price,
        supply=supply,
        need=amounts,
        limit=limit,
        fixed=fixed,
        names=names,
        resources=resources,
        balance=balance and fixed is None,
        gap=gap,
        time_limit_s=time_limit_s,
    )


def _needs(need: Mapping[str, float] | Sequence[str] | npt.ArrayLike) -> dict[str, float]:
    """Read what is needed; a mapping is held to the same rules as texts."""
    if isinstance(need, Mapping):
        found = parse_need(f"{name}={amount}" for name, amount in need.items())
    elif isinstance(need, Sequence) and all(isinstance(text, str) for text in need):
        found = parse_need([str(text) for text in need])
    else:
        raise InputError(
            "with a file of nodes, `need` maps columns to amounts",
            remedy='write need={"compute": 100, "memory": 8}',
        )
    if not found:
        raise InputError("nothing is needed", remedy='give a need, such as {"compute": 100}')
    return found
