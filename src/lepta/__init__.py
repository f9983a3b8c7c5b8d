"""lepta: closed-loop cost control for AI infrastructure.

The public functions are the verbs; each is loaded when it is first asked for.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_VERBS = {
    "assess": "lepta.verbs.assess",
    "check": "lepta.verbs.check",
    "demo": "lepta.verbs.demo",
    "init": "lepta.verbs.init",
    "plan": "lepta.verbs.plan",
    "prices": "lepta.verbs.prices",
    "report": "lepta.verbs.report",
    "solve": "lepta.verbs.solve",
}

__all__ = ["__version__", *sorted(_VERBS)]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Load a verb on first use, so that `import lepta` stays cheap."""
    if name in _VERBS:
        return getattr(import_module(_VERBS[name]), name)
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
