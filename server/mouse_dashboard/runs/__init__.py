"""Training runs: store pushed snapshots, examine them, publish events."""
