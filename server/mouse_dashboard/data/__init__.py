"""The raw batch: its fields, episodes and observations, without any loss."""
