"""Policies of other packages: entry points of the group "lepta.policies"."""

from importlib.metadata import entry_points

from lepta.errors import InputError
from lepta.policy.registry import BUILTIN, Kind

__all__ = ["GROUP", "kinds", "plugins"]

GROUP = "lepta.policies"


def plugins() -> dict[str, Kind]:
    """Return the kinds that installed packages offer, by name.

    An entry point is a `lepta.policy.registry.Kind`; its own name must be that of the kind.

    Raises
    ------
    InputError
        An entry point cannot be loaded, is no Kind, or takes a name that lepta has itself.
    """
    found: dict[str, Kind] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        where = f"entry point {point.name} of {GROUP}"
        try:
            kind = point.load()
        except Exception as error:
            raise InputError(
                f"it cannot be loaded: {type(error).__name__}: {error}",
                where=where,
                remedy="correct or remove the package that offers it",
            ) from error
        if not isinstance(kind, Kind) or kind.name != point.name:
            raise InputError(
                "it is no policy kind of that name",
                where=where,
                remedy="offer a lepta.policy.registry.Kind with the name of the entry point",
            )
        if kind.name in BUILTIN or kind.name in found:
            raise InputError(
                "a policy of that name is there already",
                where=where,
                remedy="give it another name",
            )
        found[kind.name] = kind
    return found


def kinds() -> tuple[Kind, ...]:
    """Return all policies that there are, ours first."""
    return (*BUILTIN.values(), *plugins().values())
