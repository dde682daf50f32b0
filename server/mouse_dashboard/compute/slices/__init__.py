"""Classes of transitions, derived from the batch and independent of the loss. A slice is one class."""
