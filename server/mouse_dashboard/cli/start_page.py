"""What the printed link opens. A batch that is already stored is known before torch is imported."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from anyio.to_thread import run_sync

from mouse_dashboard.settings import Settings
from mouse_dashboard.store.demo_batch import demo_file
from mouse_dashboard.store.receiving import sha256_of
from mouse_dashboard.web.loading import LoadingApp


async def start_page(app: LoadingApp, settings: Settings, file: Path | None) -> Mapping[str, str]:
    """The query of the link: an already stored batch at once, else what the loaded application opens."""
    if file is not None and (stored := await run_sync(_stored_batch, settings.data_dir, file)) is not None:
        return {"batch": stored}
    return (await app.loaded()).state.start_page


def first_file(settings: Settings, files: Sequence[Path], seed: int) -> Path:
    """The file to open: the demo batch if none is named."""
    return files[0] if files else demo_file(settings.data_dir, seed)


def _stored_batch(data_dir: Path, file: Path) -> str | None:
    """Batch id of a file that is already stored unchanged; None if it is not stored or cannot be read."""
    try:
        batch_id = sha256_of(file)
    except OSError:
        return None
    return batch_id if (data_dir / "batches" / f"{batch_id}.safetensors").is_file() else None
