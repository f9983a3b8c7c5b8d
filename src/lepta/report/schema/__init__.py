"""Published, versioned JSON: one file per verb."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

__all__ = ["published"]


def published() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of every verb's document, by verb.

    Each file of this folder that has a `SCHEMA` is published; its `to_json` makes the document.
    """
    modules = {
        module.name: import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)
    }
    return {
        verb: module.SCHEMA for verb, module in sorted(modules.items()) if hasattr(module, "SCHEMA")
    }
