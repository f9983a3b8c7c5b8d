"""A generated world as a trace to replay."""

from lepta.sim.scenarios import WORLDS, parse_world
from lepta.wiring.opened import Opened

__all__ = ["generated"]


def generated(text: str, seed: int) -> Opened:
    """Draw the world that a text such as "week:days=2,rate=20" asks for.

    Raises
    ------
    InputError
        There is no such world or setting.
    """
    world = parse_world(text, seed)
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
