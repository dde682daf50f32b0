"""`mouse.Client`: push batches from a training loop to a dashboard."""

from mouse.client.client import Client
from mouse.client.outbox import Stats
from mouse.client.watcher import RunFinding

__all__ = ["Client", "RunFinding", "Stats"]
