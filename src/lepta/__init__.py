"""lepta: closed-loop cost control for AI infrastructure.

The public functions are the verbs; each is loaded when it is first asked for.
"""

from importlib import import_module
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


def __dir__() -> list[str]:
    return sorted(__all__)
