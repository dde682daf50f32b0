"""MOUSE losses: four exact RL losses on ``TensorDict[B, S]`` batches, each with every intermediate term."""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Client", "__version__", "doctor", "explain", "register", "show", "transitions", "with_outputs"]

if TYPE_CHECKING:
    from mouse.client import Client
    from mouse.diagnosis import doctor
    from mouse.losses.registered import register
    from mouse.notebook import show
    from mouse.outputs import with_outputs
    from mouse.tracing import explain
    from mouse.transition_batch import transitions

_LAZY = {
    "Client": "mouse.client",
    "doctor": "mouse.diagnosis",
    "explain": "mouse.tracing",
    "register": "mouse.losses.registered",
    "show": "mouse.notebook",
    "transitions": "mouse.transition_batch",
    "with_outputs": "mouse.outputs",
}
"""Imported where they are used: `mouse --version` answers without torch."""


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
