"""Policies of others: what installed packages offer under the entry point `lepta.policies`."""

from functools import cache
from importlib.metadata import entry_points

from lepta.errors import InputError
from lepta.policy.registry import BUILTIN, Kind

__all__ = ["kinds", "plugins"]

GROUP = "lepta.policies"


@cache
def plugins() -> dict[str, Kind]:
    """Return the policies of installed packages by name.

    Raises
    ------
    InputError
        One cannot be loaded, or is no `lepta.policy.registry.Kind`.
    """
    found: dict[str, Kind] = {}
    for point in entry_points(group=GROUP):
        try:
            kind = point.load()
        except Exception as error:
            raise InputError(
                f"the policy {point.name!r} cannot be loaded: {type(error).__name__}: {error}",
                where=f"entry point {point.value}",
                remedy="correct or uninstall the package that brings it",
            ) from error
        if not isinstance(kind, Kind):
            raise InputError(
                f"the policy {point.name!r} is no Kind",
                where=f"entry point {point.value}",
                remedy="give a value of lepta.policy.registry.Kind",
            )
        found[kind.name] = kind
    return found


def kinds() -> tuple[Kind, ...]:
    """Return all policies that there are, ours first."""
    return tuple({**plugins(), **BUILTIN}.values())
