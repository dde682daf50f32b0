"""The batch as it is: its fields, episodes and observations, without any loss."""
