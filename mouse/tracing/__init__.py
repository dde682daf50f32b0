"""Any loss: a plain function called on a batch, with every value that it computes as a term."""

from mouse.tracing.explained import Explained, explain

__all__ = ["Explained", "explain"]
