"""From stored steps to training batches: windows of a flat stream, prefetched in the background."""

from mouse.data.batchifier import PrefetchBatchifier

__all__ = ["PrefetchBatchifier"]
