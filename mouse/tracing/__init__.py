"""Trace any loss: call a plain function on a batch and record every value that it computes as a term."""

from mouse.tracing.explained import Explained, explain

__all__ = ["Explained", "explain"]
