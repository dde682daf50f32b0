"""Store the files given on the command line."""

from collections.abc import Sequence
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from mouse.errors import BatchError, MissingFieldError
from mouse_dashboard.cli.errors import echo
from mouse_dashboard.cli.mapping_options import MappingOptions
from mouse_dashboard.cli.resolve_mapping import Functions, echo_notes, resolve_mapping
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.settings import Settings
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.import_models import Import
from mouse_dashboard.store.imports import REMEMBERED
from mouse_dashboard.store.receiving import blocks_of, sha256_of


def store_files(
    settings: Settings, files: Sequence[Path], options: MappingOptions, *, functions: Functions = ()
) -> list[str]:
    """Store files as an upload does, mapping those that need it, and return their batch ids.

    Raises:
        ApiError: a file cannot be stored, or its mapping is not certain; the message names the file.
    """

    async def store_all() -> list[str]:
        with BatchStore(settings.data_dir, settings.limits) as store:
            return [batch_id for file in files if (batch_id := await _store(store, file, options, functions))]

    return anyio.run(store_all)


async def _store(store: BatchStore, file: Path, options: MappingOptions, functions: Functions) -> str | None:
    """Store a file unless it is already stored; on a full disk continue without it, so that batches can be deleted."""
    name = file.name.encode("utf-8", "replace").decode()
    try:
        if not options and store.list_batch(known := await run_sync(sha256_of, file)):
            return known
        info, new = await store.receive(name, blocks_of(file), accept_native=not options)
        return await _map(store, file, info, options, functions, forget=new) if isinstance(info, Import) else info.id
    except (ApiError, BatchError, MissingFieldError) as error:
        if isinstance(error, ApiError) and error.body.status == 507:
            echo(f"mouse: {file}: found no room for it in the data folder; delete batches on the page.", err=True)
            return None
        raise ApiError(422, "broken_file", f"{file}: {str(error).removeprefix('file: ')}") from error


async def _map(  # noqa: PLR0913  a file, and how it is mapped
    store: BatchStore, file: Path, waiting: Import, options: MappingOptions, functions: Functions, *, forget: bool
) -> str:
    """Map a file by flags, a remembered mapping or a certain proposal; if none applies, a new file does not wait."""
    try:
        remembered = waiting.remembered and not options
        mapping = (
            waiting.mapping
            if remembered
            else resolve_mapping(store.imports.fields(waiting.id), options, functions=functions)
        )
        info, _ = await store.map_import(waiting.id, mapping)
    finally:
        if forget:
            store.imports.delete(waiting.id)
    echo_notes(file, (*([REMEMBERED] if remembered else []), *(info.mapped_from.notes if info.mapped_from else [])))
    return info.id
