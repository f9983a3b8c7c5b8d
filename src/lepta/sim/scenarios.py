"""Worlds to try a policy in, each a shape of load and a seed."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from lepta.domain.requests import Requests
from lepta.errors import InputError, listing
from lepta.sim.processes import Law, Stream, generate
from lepta.sim.rates import Bursts, Constant, Diurnal, Drift, FlashCrowd, Rate, Weekly
from lepta.units import Quantity, check

__all__ = ["WORLDS", "World", "parse_world"]

DAY_S: Final = 86_400.0
Work = Literal["service", "tokens"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of load in words, how long it lasts by default, and its curve."""

    words: str
    days: float
    curve: Callable[[float, float, int], Rate]
    """(mean rate per second, length in seconds, seed) -> rate."""


WORLDS: Final[dict[str, Shape]] = {
    "steady": Shape("the same all the time", 1.0, lambda rate, _, __: Constant(rate)),
    "day": Shape(
        "a peak in the afternoon", 1.0, lambda rate, _, __: Constant(rate) * Diurnal(sharpness=0.8)
    ),
    "week": Shape(
        "days with a peak in the afternoon, and a quiet weekend",
        7.0,
        lambda rate, _, __: Constant(rate) * Diurnal(sharpness=0.8) * Weekly(),
    ),
    "bursts": Shape(
        "the week with bursts of three times as much, twice an hour",
        7.0,
        lambda rate, _, seed: (
            Constant(rate)
            * Diurnal(sharpness=0.6)
            * Weekly()
            * Bursts(per_hour=2.0, height=3.0, length_s=120.0, seed=seed)
        ),
    ),
    "flash": Shape(
        "the week with a crowd eight times as large at 60 % of the time",
        7.0,
        lambda rate, length_s, _: (
            Constant(rate)
            * Diurnal(sharpness=0.6)
            * Weekly()
            * FlashCrowd(at_s=0.6 * length_s, height=8.0, rise_s=120.0, decay_s=1800.0)
        ),
    ),
    "drift": Shape(
        "the week, growing by a half in each",
        7.0,
        lambda rate, _, __: (
            Constant(rate) * Diurnal(sharpness=0.8) * Weekly() * Drift(per_week=1.5)
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A generated trace: `rate` requests per second on average, over so many days.

    Requests bring a lognormal service time of `service_s` on average, or tokens.
    """

    name: str
    days: Quantity
    rate: Quantity = 5.0
    cv: Quantity = 1.0
    """Of the gaps between arrivals; 1 is Poisson."""
    work: Work = "service"
    service_s: Quantity = 1.0
    service_cv: Quantity = 1.0
    input_tokens: Quantity = 1000.0
    output_tokens: Quantity = 200.0
    seed: int = 7

    def __post_init__(self) -> None:
        check(self)
        if self.name not in WORLDS:
            raise InputError(
                f"there is no world {self.name!r}", remedy=f"take one of {listing(tuple(WORLDS))}"
            )
        if self.work not in ("service", "tokens"):
            raise InputError(f"work is {self.work!r}", remedy="give service or tokens")
        if not (self.days > 0 and self.rate > 0):
            raise InputError(
                f"a world of {self.days:g} days with {self.rate:g} requests per second",
                remedy="give both above 0",
            )

    @property
    def span_s(self) -> float:
        """How long it is."""
        return self.days * DAY_S

    @property
    def columns(self) -> tuple[str, ...]:
        """What its requests bring."""
        tokens = ("input_tokens", "output_tokens")
        return ("at_s", *(("service_s",) if self.work == "service" else tokens))

    def chunks(self) -> Iterator[Requests]:
        """Go through the requests; every call gives the same."""
        curve = WORLDS[self.name].curve(self.rate, self.span_s, self.seed)
        gaps = Law(mean=1.0, cv=self.cv, shape="gamma")
        if self.cv == 1:
            gaps = Law(mean=1.0, shape="exponential")
        stream = (
            Stream(rate=curve, gaps=gaps, service_s=Law(mean=self.service_s, cv=self.service_cv))
            if self.work == "service"
            else Stream(
                rate=curve,
                gaps=gaps,
                input_tokens=Law(mean=self.input_tokens, cv=1.2),
                output_tokens=Law(mean=self.output_tokens, cv=1.0),
            )
        )
        for chunk in generate([stream], length_s=self.span_s, seed=self.seed):
            yield Requests(
                at_s=chunk.at_s,
                service_s=chunk.service_s,
                input_tokens=chunk.input_tokens,
                output_tokens=chunk.output_tokens,
            )


def parse_world(text: str, seed: int) -> World:
    """Turn "bursts:days=2,rate=20" into a world.

    Raises
    ------
    InputError
        There is no such world or parameter, or a value is wrong.
    """
    name, _, rest = text.strip().partition(":")
    if name not in WORLDS:
        worlds = "; ".join(f"{world}: {shape.words}" for world, shape in WORLDS.items())
        raise InputError(
            f"there is no world {name!r}", where=f"world {text}", remedy=f"take one of {worlds}"
        )
    known = ("days", "rate", "cv", "service_s", "service_cv", "input_tokens", "output_tokens")
    values: dict[str, float] = {"days": WORLDS[name].days}
    work: Work = "service"
    for part in filter(None, (part.strip() for part in rest.split(","))):
        key, _, value = (word.strip() for word in part.partition("="))
        if key == "work" and value in ("service", "tokens"):
            work = "tokens" if value == "tokens" else "service"
            continue
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if key not in known or not math.isfinite(number):
            raise InputError(
                f"{part!r} is no setting of a world",
                where=f"world {text}",
                remedy=f"write name=number; there are {listing(known)}, and work=tokens",
            )
        values[key] = number
    return World(name=name, work=work, seed=seed, **values)
