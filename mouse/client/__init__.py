"""From a training loop to a dashboard: `mouse.Client`."""

from mouse.client.client import Client
from mouse.client.outbox import Stats

__all__ = ["Client", "Stats"]
