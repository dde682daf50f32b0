"""MOUSE losses: four exact RL losses on ``TensorDict[B, S]`` batches, each with every intermediate term."""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["__version__", "doctor"]

if TYPE_CHECKING:
    from mouse.diagnosis import doctor


def __getattr__(name: str) -> object:
    """`mouse.doctor`, imported where it is used: `mouse --version` answers without torch."""
    if name == "doctor":
        from mouse.diagnosis import doctor  # noqa: PLC0415

        return doctor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
