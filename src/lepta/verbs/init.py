"""Begin: a commented lepta.yaml, filled in with the files that lie around."""

from pathlib import Path

from lepta.domain.started import Started
from lepta.wiring.scaffold import fill, look_around, save

__all__ = ["init"]


def init(path: str | Path = "lepta.yaml", *, force: bool = False, write: bool = True) -> Started:
    """Write a commented configuration that is valid as it stands.

    Bills, usage, demand, profiles and price tables in its folder, and in the folders inside, are
    recognized by their columns and filled in.

    Raises
    ------
    Refused
        The file is there already and `force` is not given.
    Permanent
        The folder cannot be written to.
    """
    path = Path(path)
    found = look_around(path.parent)
    text = fill(found)
    if write:
        save(path, text, force=force)
    return Started(
        path=str(path),
        text=text,
        written=write,
        found={kind: tuple(paths) for kind, paths in found.items()},
    )
