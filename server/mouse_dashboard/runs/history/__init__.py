"""Rules over the snapshots of a run: what changed, at which step, and what changed first."""
