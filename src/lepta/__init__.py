"""lepta: closed-loop cost control for AI infrastructure.

The public functions are the verbs, and what works on arrays alone; each is loaded when it is first
asked for.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_VERBS = {
    "assess": "lepta.verbs.assess",
    "check": "lepta.verbs.check",
    "commit": "lepta.verbs.commit",
    "demo": "lepta.verbs.demo",
    "forecast": "lepta.verbs.forecast",
    "frontier": "lepta.verbs.frontier",
    "init": "lepta.verbs.init",
    "plan": "lepta.verbs.plan",
    "prices": "lepta.verbs.prices",
    "profile": "lepta.verbs.profile",
    "replay": "lepta.verbs.replay",
    "report": "lepta.verbs.report",
    "solve": "lepta.verbs.solve",
}

_FUNCTIONS = {"cover": "lepta.optimize.cover"}
"""What works on arrays alone: no file, no command."""

__all__ = ["__version__", *sorted(_VERBS | _FUNCTIONS)]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Load a verb on first use, so that `import lepta` stays cheap."""
    where = _VERBS.get(name) or _FUNCTIONS.get(name)
    if where:
        return getattr(import_module(where), name)
    raise AttributeError(f"module 'lepta' has no attribute {name!r}")


class _Library(ModuleType):
    """Keeps `lepta.assess` and `lepta.report` verbs, though folders inside have the same names.

    Importing a submodule would set it as an attribute of the package, over the verb.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _VERBS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Library


def __dir__() -> list[str]:
    return sorted(__all__)
