"""The checks use the dashboard without a socket that the tests of the service use."""

from tests.server.conftest import client, dashboard, settings, stored

__all__ = ["client", "dashboard", "settings", "stored"]
