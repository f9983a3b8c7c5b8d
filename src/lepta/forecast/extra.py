"""The libraries of the extra `lepta[forecast]`: loaded where they are used, named where missing."""

from importlib import import_module
from typing import Any

from lepta.errors import InputError

__all__ = ["library"]


def library(module: str, purpose: str) -> Any:
    """Return a module of the extra.

    Raises
    ------
    InputError
        It is not installed; names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(
            f"{purpose} needs {error.name}, which is not installed",
            remedy="install the extra: pip install 'lepta[forecast]'",
        ) from error
