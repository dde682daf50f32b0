"""The dashboard service: the losses of `mouse` over HTTP."""

from typing import TYPE_CHECKING

__all__ = ["figure_of"]

if TYPE_CHECKING:
    from mouse_dashboard.evaluate.figure_of import figure_of


def __getattr__(name: str) -> object:
    """Import the service lazily: `mouse --version` needs neither torch nor Plotly."""
    if name == "figure_of":
        from mouse_dashboard.evaluate.figure_of import figure_of  # noqa: PLC0415

        return figure_of
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
