"""The built page: its files, their cache headers, and a message if it is not built."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parents[1] / "page"
FOR_A_YEAR = "public, max-age=31536000, immutable"
"""Of files whose name holds a hash of what is in them."""
CHECKOUT = (Path(__file__).parents[3] / "frontend" / "package.json").is_file()
NOT_BUILT = "the built page is missing, so a browser would show nothing; " + (
    "build it with: make install" if CHECKOUT else "reinstall the wheel: pip install --force-reinstall mouse-rl"
)


def page_is_built(folder: Path = FOLDER) -> bool:
    """Whether the page is built."""
    return (folder / "index.html").is_file()


def page_router(folder: Path = FOLDER) -> APIRouter:
    """Serve the page at /, its files, and Vite's hashed files in /assets; flat, so that /api keeps its own 404s."""
    router = APIRouter(include_in_schema=False)
    files = StaticFiles(directory=folder, check_dir=False)
    methods = ["GET", "HEAD"]

    @router.api_route("/", methods=methods)
    async def page(request: Request) -> Response:
        if not page_is_built(folder):
            return PlainTextResponse(f"mouse: {NOT_BUILT}\n", 503)
        return await _served("index.html", request, "no-cache")

    @router.api_route("/{name}", methods=methods)
    async def page_file(request: Request, name: str) -> Response:
        return await _served(name, request, "no-cache")

    @router.api_route("/assets/{name}", methods=methods)
    async def asset(request: Request, name: str) -> Response:
        return await _served(f"assets/{name}", request, FOR_A_YEAR)

    async def _served(path: str, request: Request, kept: str) -> Response:
        response = await files.get_response(path, request.scope)
        response.headers["Cache-Control"] = kept
        return response

    return router
