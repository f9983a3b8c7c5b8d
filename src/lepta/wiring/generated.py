"""A generated world as a trace to replay."""

from lepta.errors import InputError
from lepta.sim.scenarios import WORLDS, parse_world
from lepta.wiring.opened import Opened

__all__ = ["generated"]

MOST = 1e9
"""Requests of a world."""


def generated(text: str, seed: int) -> Opened:
    """Draw the world that a text such as "week:days=2,rate=20" asks for.

    Raises
    ------
    InputError
        There is no such world or setting, or it would never end.
    """
    world = parse_world(text, seed)
    if world.rate * world.span_s > MOST:
        raise InputError(
            f"draws about {world.rate * world.span_s:.3g} requests",
            where=f"world {text}",
            remedy=f"ask for at most {MOST:.0e}: fewer days, or a lower rate",
        )
    count = sum(len(chunk) for chunk in world.chunks())
    return Opened(
        name=text,
        trace=world,
        columns=world.columns,
        kinds=(),
        count=count,
        span_s=world.span_s,
        notes=(f"Generated from seed {seed}: {WORLDS[world.name].words}.",),
    )
