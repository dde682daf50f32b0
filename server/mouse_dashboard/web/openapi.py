"""The committed OpenAPI schema: ``python -m mouse_dashboard.web.openapi`` regenerates it.

Losses and figures are described from their registries, which request models do not know.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import Field, create_model

from mouse.losses.loss import AnyLoss
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.schema.base import Body

FILE = Path(__file__).parents[2] / "openapi.json"
REFERENCE = "#/components/schemas/{model}"


def describe_registry(app: FastAPI, losses: Mapping[str, AnyLoss]) -> None:
    """Add the configs of a loss registry, and the figures, to the schema of an application."""
    plain: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schemas = plain()["components"]["schemas"]
            schemas["FigureKind"]["enum"] = list(FIGURES)
            schemas["Configs"] = _configs_schema(losses, schemas)
        return plain()

    app.openapi = openapi


def _configs_schema(losses: Mapping[str, AnyLoss], schemas: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        loss.name: (loss.config | None, Field(None, description=loss.doc)) for loss in losses.values()
    }
    doc = "The losses to evaluate, each with its config; fields left out take their defaults."
    schema = create_model("Configs", __base__=Body, __doc__=doc, **fields).model_json_schema(ref_template=REFERENCE)
    for name, definition in schema.pop("$defs").items():
        schemas.setdefault(name, definition)
    return schema


def openapi_text() -> str:
    """Return the current schema of the app."""
    from mouse_dashboard.settings import Settings  # noqa: PLC0415
    from mouse_dashboard.web.app import create_app  # noqa: PLC0415  which imports this module

    return json.dumps(create_app(Settings()).openapi(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(openapi_text())
