"""Rules over the snapshots of a run: find what changed, at which step, and what changed first."""
