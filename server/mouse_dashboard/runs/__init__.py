"""Training runs: what their clients push, kept, examined, told."""
