"""Make training batches from stored steps: windows of a flat stream, prefetched in the background."""

from mouse.data.batchifier import PrefetchBatchifier

__all__ = ["PrefetchBatchifier"]
