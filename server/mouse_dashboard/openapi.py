"""The committed OpenAPI schema: ``python -m mouse_dashboard.openapi`` writes it anew."""

import json
from pathlib import Path

from mouse_dashboard.app import create_app
from mouse_dashboard.settings import Settings

FILE = Path(__file__).parents[1] / "openapi.json"


def openapi_text() -> str:
    """Return the schema of the app as it is."""
    return json.dumps(create_app(Settings()).openapi(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(openapi_text())
