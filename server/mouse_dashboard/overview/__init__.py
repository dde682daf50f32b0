"""The overview of a batch: facts, losses with their gradients, and what to look at first."""
