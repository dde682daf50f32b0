"""Computation without HTTP: batches, stage-1 inputs, losses, gradients, slices, cancellation."""
