"""MOUSE losses: four exact RL losses on ``TensorDict[B, S]`` batches, each with every intermediate term."""

__version__ = "0.1.0"
