"""Policies by name: "fixed:10", "hpa:target=0.7", "predictive:quantile=0.95,down=300"."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lepta.domain.pool import Pool
from lepta.errors import InputError, listing
from lepta.policy.base import Policy
from lepta.policy.behavior import Behavior
from lepta.policy.fixed import Fixed
from lepta.policy.horizon import PARAMETERS as HORIZON_PARAMETERS
from lepta.policy.horizon import Horizon
from lepta.policy.hpa import HPA
from lepta.policy.hpa import PARAMETERS as HPA_PARAMETERS
from lepta.policy.keda import KEDA
from lepta.policy.keda import PARAMETERS as KEDA_PARAMETERS
from lepta.policy.oracle import PARAMETERS as ORACLE_PARAMETERS
from lepta.policy.oracle import plan
from lepta.policy.parameters import Parameter, Value, checked, named
from lepta.policy.predictive import PARAMETERS as PREDICTIVE_PARAMETERS
from lepta.policy.predictive import Predictive
from lepta.policy.single import main_variant
from lepta.policy.window import PARAMETERS as WINDOW_PARAMETERS
from lepta.policy.window import Window
from lepta.policy.wva import PARAMETERS as WVA_PARAMETERS
from lepta.policy.wva import WVA

__all__ = ["BUILTIN", "Future", "Kind", "parse", "split"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Future:
    """The load that will come, for policies that may see it.

    load_per_s (ticks, classes): mean load of each interval of `tick_s` from the start of the run.
    """

    load_per_s: Array
    tick_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A policy that can be asked for by name, and what it can be told.

    build(values, name, pool, future) returns the policy; `values` holds all parameters, checked.
    """

    name: str
    summary: str
    build: Callable[[dict[str, Value], str, Pool, Future | None], Policy]
    parameters: tuple[Parameter, ...] = ()
    sees_future: bool = False
    positional: str = field(default="")
    """Parameter that "name:value" sets without a name; its text may hold slashes."""


def split(text: str) -> list[str]:
    """Split "fixed:10,hpa:target=0.7,min=2,keda" into policies.

    A part that sets a parameter ("min=2": a "=" and no ":" before it) belongs to the policy before.
    """
    found: list[str] = []
    for part in text.split(","):
        item = part.strip()
        if "=" in item and ":" not in item.split("=", 1)[0] and found:
            found[-1] += f",{item}" if ":" in found[-1] else f":{item}"
        else:
            found.append(item)
    return found


def parse(
    text: str,
    pool: Pool,
    *,
    future: Future | None = None,
    plugins: Mapping[str, Kind] | None = None,
) -> Policy:
    """Return the policy that a text asks for.

    Raises
    ------
    InputError
        Unknown name or parameter (the message lists what there is), a value out of its range, or a
        policy that sees the future where none is given.
    """
    kinds = {**(plugins or {}), **BUILTIN}
    head, _, tail = text.strip().partition(":")
    if head not in kinds:
        raise InputError(
            f"there is no policy {head!r}",
            where=f"policy {text.strip()}",
            remedy=f"take one of {listing(sorted(kinds), 30)}",
        )
    kind = kinds[head]
    values = checked(head, kind.parameters, _given(kind, text.strip(), tail))
    if kind.sees_future and future is None:
        raise InputError(
            f"{head} sees the future, and none is known here",
            where=f"policy {text.strip()}",
            remedy="use it in a replay only",
        )
    return kind.build(values, named(head, kind.parameters, values), pool, future)


def _given(kind: Kind, text: str, tail: str) -> dict[str, object]:
    given: dict[str, object] = {}
    for part in filter(None, (part.strip() for part in tail.split(","))):
        key, equals, value = part.partition("=")
        if not equals and kind.positional:
            key, value = kind.positional, key
        elif not equals:
            raise InputError(
                f"{part!r} sets nothing",
                where=f"policy {text}",
                remedy=f"write {kind.name}:name=value",
            )
        if key.strip() in given:
            raise InputError(
                f"{key.strip()} is set twice", where=f"policy {text}", remedy="set it once"
            )
        given[key.strip()] = value.strip()
    return given


@dataclass(frozen=True, slots=True)
class _Levels(Parameter):
    """Levels of the variants, "10" (of the main one) or "8/2/0" (of each)."""

    def read(self, value: object, where: str) -> Value:
        parts = str(value).split("/")
        if not all(part.strip().isdecimal() for part in parts):
            raise InputError(
                f"{self.name} is {value!r}",
                where=where,
                remedy="give whole numbers, one (of the cheapest variant that serves all) or one "
                "per variant, like 8/2/0",
            )
        return "/".join(str(int(part)) for part in parts)


def _fixed(values: dict[str, Value], name: str, pool: Pool, _: Future | None) -> Policy:
    parts = [int(part) for part in str(values["replicas"]).split("/")]
    if len(parts) == 1:
        want = [0] * len(pool.variants)
        want[main_variant(pool)] = parts[0]
    elif len(parts) == len(pool.variants):
        want = parts
    else:
        raise InputError(
            f"{len(parts)} levels for {len(pool.variants)} variants",
            where=f"policy {name}",
            remedy=f"give one per variant: {', '.join(v.name for v in pool.variants)}",
        )
    return Fixed(want=tuple(want), name="fixed:" + str(values["replicas"]))


def _most(values: dict[str, Value], name: str, pool: Pool) -> int:
    """Return the maximum of an autoscaler, which knows the limit of what it scales."""
    variant = main_variant(pool)
    if float(values["min"]) > float(values["max"]):
        raise InputError(
            f"min is {values['min']}, but max is {values['max']}",
            where=f"policy {name}",
            remedy="give a min that is not above max",
        )
    return int(min(int(values["max"]), int(pool.limits[variant])))


def _hpa(values: dict[str, Value], name: str, pool: Pool, _: Future | None) -> Policy:
    get = values.__getitem__
    most = _most(values, name, pool)
    return HPA(
        target=float(get("target")),
        tolerance=float(get("tolerance")),
        behavior=Behavior(
            up_window_s=float(get("up")),
            down_window_s=float(get("down")),
            up_pods=int(get("pods")),
            up_share=float(get("share")),
            down_share=float(get("downshare")),
            least=int(get("min")),
            most=most,
        ),
        metric=str(get("metric")),
        name=name,
    )


def _keda(values: dict[str, Value], name: str, pool: Pool, _: Future | None) -> Policy:
    get = values.__getitem__
    most = _most(values, name, pool)
    return KEDA(
        queue=float(get("queue")),
        activation=float(get("activation")),
        cooldown_s=float(get("cooldown")),
        tolerance=float(get("tolerance")),
        behavior=Behavior(down_window_s=float(get("down")), least=int(get("min")), most=most),
        count=str(get("count")),
        name=name,
    )


def _window(values: dict[str, Value], name: str, pool: Pool, _: Future | None) -> Policy:
    main_variant(pool)
    return Window(
        quantile=float(values["quantile"]),
        window_s=float(values["window"]),
        margin=float(values["margin"]),
        down_s=float(values["down"]),
        least=int(values["min"]),
        name=name,
    )


def _wva(values: dict[str, Value], name: str, pool: Pool, _: Future | None) -> Policy:
    return WVA(
        threshold=float(values["threshold"]),
        spare=float(values["spare"]),
        queue=float(values["queue"]),
        queuespare=float(values["queuespare"]),
        interval_s=float(values["interval"]),
        least=int(values["min"]),
        name=name,
    )


def _predictive(values: dict[str, Value], name: str, pool: Pool, _: Future | None) -> Predictive:
    numbers = {key: float(value) for key, value in values.items() if key != "least"}
    return Predictive(**numbers, least=int(values["least"]), name=name)


def _horizon(values: dict[str, Value], name: str, pool: Pool, _: Future | None) -> Policy:
    own = {each.name: float(values[each.name]) for each in HORIZON_PARAMETERS}
    amount = {key: value for key, value in values.items() if key not in own}
    return Horizon(amount=_predictive(amount, name, pool, None), name=name, **own)


def _oracle(values: dict[str, Value], name: str, pool: Pool, future: Future | None) -> Policy:
    if future is None:  # `parse` has asked for it
        raise InputError("oracle sees the future, and none is known here")
    return plan(pool, future.load_per_s, future.tick_s, margin=float(values["margin"]), name=name)


def _table(kinds: Sequence[Kind]) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


BUILTIN = _table(
    [
        Kind(
            name="fixed",
            summary="the same number at all times",
            build=_fixed,
            parameters=(_Levels("replicas", "1", 0, math.inf, "replicas", "held at all times"),),
            positional="replicas",
        ),
        Kind(
            name="hpa",
            summary="the Kubernetes rule: replicas x metric / target",
            build=_hpa,
            parameters=HPA_PARAMETERS,
        ),
        Kind(
            name="keda",
            summary="queue length over a target, scale to zero",
            build=_keda,
            parameters=KEDA_PARAMETERS,
        ),
        Kind(
            name="wva",
            summary="one more of the cheapest when saturated, one less of the dearest when not",
            build=_wva,
            parameters=WVA_PARAMETERS,
        ),
        Kind(
            name="window",
            summary="a quantile of the recent load with a margin",
            build=_window,
            parameters=WINDOW_PARAMETERS,
        ),
        Kind(
            name="predictive",
            summary="price against lateness over the loads that may come within a start",
            build=_predictive,
            parameters=PREDICTIVE_PARAMETERS,
        ),
        Kind(
            name="horizon",
            summary="the fleet plan of the next hours, again and again",
            build=_horizon,
            parameters=(*HORIZON_PARAMETERS, *PREDICTIVE_PARAMETERS),
        ),
        Kind(
            name="oracle",
            summary="knows the load that will come: the least that it could cost",
            build=_oracle,
            parameters=ORACLE_PARAMETERS,
            sees_future=True,
        ),
    ]
)
