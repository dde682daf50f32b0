"""Write windows around the worst places as batches."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from mouse.batch import save_batch
from mouse.errors import BatchError, MissingFieldError
from mouse_dashboard.scan.shard import Chunk
from mouse_dashboard.scan.source import Source, fetch
from mouse_dashboard.scan.summary import Worst
from mouse_dashboard.scan.task import Request, examination_of, open_for_scan
from mouse_dashboard.schema.errors import ApiError

STEPS = 512
"""Of a longer sequence, as many around the place."""
Window = tuple[str, int]
"""File of a window, and the step in it."""


def write_windows(
    folder: Path, request: Request, sources: Sequence[Source], worst: Sequence[Worst]
) -> dict[Worst, Window]:
    """Write a batch for each of the worst places, and return its path; missing shards are skipped."""
    folder.mkdir(exist_ok=True)
    by_address = {source.address: source for source in sources}
    windows: dict[Worst, Window] = {}
    for address in sorted({each.address for each in worst}):
        of_shard = {place: number for number, place in enumerate(worst) if place.address == address}
        try:
            windows |= _of_shard(folder, request, by_address[address], of_shard)
        except (ApiError, BatchError, MissingFieldError, OSError):  # it was there when it was scanned
            continue
    return windows


def _of_shard(folder: Path, request: Request, source: Source, numbered: Mapping[Worst, int]) -> dict[Worst, Window]:
    windows: dict[Worst, Window] = {}
    with TemporaryDirectory(prefix="mouse-scan-") as scratch:
        shard = open_for_scan(request, source, fetch(source, Path(scratch)), Path(scratch))
        examination = examination_of(request)
        opened: dict[range, Chunk] = {}
        for each, number in sorted(numbered.items(), key=lambda item: item[0].place.row):
            place = each.place
            rows = shard.chunk_of(place.row)
            if rows not in opened:
                opened = {rows: shard.open(rows)}  # one at a time: a chunk takes memory
            chunk = opened[rows]
            row = place.row - chunk.first
            batch = examination.with_model(chunk.take(row, row + 1))
            first = max(0, min(place.step - STEPS // 2, chunk.shape[1] - STEPS))
            step_stream, out = (part[:, first : first + STEPS] for part in batch)
            name = f"{each.loss}-{number:03}.safetensors"
            save_batch(folder / name, step_stream, out)
            windows[each] = f"{folder.name}/{name}", place.step - first
    return windows
