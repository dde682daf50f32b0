"""Classes of transitions: what a batch says of each of them, whatever the loss. A slice is one class."""
