"""A batch, its stage-1 inputs, losses on it, gradients, slices, cancellation; no HTTP."""
