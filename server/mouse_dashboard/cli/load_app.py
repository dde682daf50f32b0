"""Load the application and its batches: the part of a dashboard's start that needs torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware

from mouse.losses.registered import all_losses
from mouse_dashboard.cli.functions import parse_functions
from mouse_dashboard.cli.mapping_options import MappingOptions
from mouse_dashboard.cli.store_files import store_files
from mouse_dashboard.scan.library import scan_id
from mouse_dashboard.settings import Settings
from mouse_dashboard.store.demo_batch import stored_demo_batch
from mouse_dashboard.web.app import create_app


def load_app(  # noqa: PLR0913, PLR0917  what is served, and how
    settings: Settings,
    files: Sequence[Path],
    scans: Sequence[Path],
    seed: int,
    options: MappingOptions,
    losses: Sequence[str],
    middleware: Sequence[Middleware],
) -> FastAPI:
    """Store the files and create the application; `state.start_page` is what the printed link opens.

    Raises:
        ApiError: a file cannot be stored.
        OSError: the data folder cannot be used.
    """
    functions = parse_functions(losses)
    files = files if files or scans else [stored_demo_batch(settings.data_dir, seed)]
    ids = store_files(settings, files, options, functions=functions)
    app = create_app(settings, all_losses(), functions, scans, middleware)
    app.state.start_page = _start_page(ids, scans)
    return app


def _start_page(ids: Sequence[str], scans: Sequence[Path]) -> Mapping[str, str]:
    """The first scan, compared with the second if there is one; else the first batch, or the empty page."""
    if scans:
        return dict(zip(("scan", "against"), map(scan_id, scans[:2]), strict=False))
    return {"batch": ids[0]} if ids else {}
