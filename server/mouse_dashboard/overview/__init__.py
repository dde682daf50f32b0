"""What one sees first of a batch: facts about it, the losses with their gradients, and what to look at first."""
