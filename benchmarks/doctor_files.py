"""Right recordings of real environments in the files that libraries write: nothing in them deserves a warning."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]

from mouse import doctor
from mouse.diagnosis import Report, examine_file
from mouse.mapping import Plan, detect, plan
from mouse.mapping.detect import propose_windows
from mouse.mapping.ends import ENDS
from mouse.mapping.mapping import Alignment
from mouse_dashboard.reading import FileLimits, read_fields
from tests.recordings import files, layouts
from tests.recordings.layouts import Fields
from tests.recordings.worlds import WORLDS, Steps, play

LENGTHS = (None, 16, 48)
"""Steps of the windows; None as they are proposed."""
LIMITS = FileLimits(1 << 30)


class Recording(NamedTuple):
    """A library's file."""

    name: str
    """Ending included."""
    layout: Callable[[Steps], Fields]
    environments: int = 1
    alignment: Alignment = "state"
    """With which state its writer stores action, reward and ends, where the file does not prove it."""
    ends: Alignment | None = None
    """With which state its writer stores ends, where that is another one."""
    tells_limits: bool = True
    """Whether it tells time limits from deaths; one that does not is right only where no limit cut an episode."""


RECORDINGS = (
    Recording("loop.npz", layouts.loop),
    Recording("loop.parquet", layouts.loop),
    Recording("table.parquet", partial(layouts.table, next_obs=True), 4),
    Recording("d4rl.hdf5", layouts.d4rl),
    Recording("d3rlpy.hdf5", layouts.d3rlpy_1),
    Recording("d3rlpy_2.hdf5", layouts.d3rlpy_2),
    Recording("rllib.json", layouts.rllib),
    Recording("rlds.npz", layouts.rlds, ends="next_state"),
    Recording("dreamer.npz", layouts.dreamer, alignment="next_state"),
    Recording("tianshou.hdf5", partial(layouts.tianshou, capacity=700)),
    Recording("vector.hdf5", partial(layouts.tianshou_vector, capacity=250), 4),
    Recording("buffer.npz", partial(layouts.stable_baselines, capacity=160), 4),
    Recording("lerobot.parquet", layouts.lerobot, tells_limits=False),
    Recording("demos.hdf5", layouts.robomimic, tells_limits=False),
)


def _written(path: Path, fields: Fields) -> Path:
    if path.suffix == ".npz":
        return files.npz(path, fields)
    if path.suffix == ".parquet":
        return files.parquet(path, fields)
    return files.json_lines(path, fields, 7) if path.suffix == ".json" else files.hdf5(path, fields, separator=".")


def reports(seeds: int) -> Iterator[tuple[str, Report]]:
    """The doctor's word on the data of each file, of each world, with its seed and window in the name."""
    with TemporaryDirectory() as folder:
        for seed in range(seeds):
            for world in WORLDS:
                for place, recording in enumerate(RECORDINGS):
                    steps = play(world, 600, environments=recording.environments, seed=seed)
                    told = steps if recording.tells_limits else _whole(steps)
                    file = _written(Path(folder) / recording.name, recording.layout(told))
                    length = LENGTHS[(seed + place) % len(LENGTHS)]
                    planned = _mapped(file, Path(folder), recording, length)
                    name = f"{recording.name} {world} {seed} {length or 'proposed'}"
                    yield name, doctor(*planned.batch(), {}, doubts=planned.doubts, file=examine_file(planned))


def _whole(steps: Steps) -> Steps:
    """Episodes that no limit cut."""
    last = np.append(steps.episode[1:] != steps.episode[:-1], True)
    died = np.unique(steps.episode[last & steps.terminated])
    return steps.at(np.isin(steps.episode, died))


def _mapped(file: Path, scratch: Path, recording: Recording, length: int | None) -> Plan:
    """Map a file as it is proposed; where the alignment is asked, its writer knows."""
    fields = load_file(read_fields(file, file.name, scratch, LIMITS).path)
    found = detect(fields)
    mapping = found.mapping
    if "alignment" in found.questions:
        ends = {name: recording.ends for name in ENDS if recording.ends and name in mapping.fields}
        mapping = propose_windows(fields, replace(mapping, alignment=recording.alignment, alignments=ends))
    if length is not None and mapping.length is not None and mapping.windows != "chained":
        mapping = replace(mapping, length=min(length, mapping.length))
    return plan(fields, mapping)
