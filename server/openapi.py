"""The committed OpenAPI schema: ``python -m server.openapi`` writes it anew."""

import json
from pathlib import Path

from server.app import create_app
from server.settings import Settings

FILE = Path(__file__).with_name("openapi.json")


def openapi_text() -> str:
    """Return the schema of the app as it is."""
    return json.dumps(create_app(Settings()).openapi(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(openapi_text())
