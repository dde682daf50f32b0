"""Every route of the application, enumerated: a new one cannot slip past a check."""

from functools import reduce
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app

SOME_ID = "0" * 64


class RouteCase(NamedTuple):
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """The path with something in its parameters."""
        values = {
            "{batch_id}": SOME_ID,
            "{import_id}": SOME_ID,
            "{run_id}": SOME_ID[:32],
            "{step}": "3",
            "{name}": "nothing.js",
            "{scan_id}": SOME_ID[:32],
            "{other_id}": SOME_ID[:32],
            "{rank}": "3",
        }
        return reduce(lambda path, name: path.replace(name, values[name]), values, self.path)


def every_route(app: FastAPI) -> list[RouteCase]:
    contexts = iter_route_contexts(app.routes)
    return sorted(
        RouteCase(method, str(context.path))
        for context in contexts
        for method in (getattr(context, "methods", None) or ["WEBSOCKET"])
    )


ROUTES = every_route(create_app(Settings()))
UNSAFE = [route for route in ROUTES if route.method not in {"GET", "HEAD", "OPTIONS"}]
API = [route for route in ROUTES if route.path.startswith("/api/")]
