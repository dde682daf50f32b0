"""Pickles, which could run any code: refused, with the writer's name and the way to convert each.

The operator may allow torch files, restricted to tensors.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

from mouse_dashboard.reading.cancellation import Cancellation
from mouse_dashboard.reading.fields import Fields, FileLimits
from mouse_dashboard.reading.formats import ACCEPTED
from mouse_dashboard.reading.sandbox.run import read_in_sandbox
from mouse_dashboard.reading.snippets import torch_snippet
from mouse_dashboard.schema.errors import ApiError

LOOKED_AT = 1 << 12
OLD = re.compile(rb"\((dp|lp)[0-9]*\n|c(copy_?reg|__builtin__|builtins|collections|numpy|pandas|torch)[\w.]*\n")
"""How pickles of the first protocols begin, which are text."""
ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
TORCH = (
    "import numpy as np, torch, mouse.batch as m; d = torch.load('FILE', weights_only=False); "
    "m.save_batch('batch.safetensors', d['step_stream'], d['out']) if 'step_stream' in d else "
    "np.savez('steps.npz', **{k: np.asarray(v) for k, v in d.items()})"
)
"""Of a batch with the model's output, or a dict of tensors."""
LOAD = "d = pickle.loads(pathlib.Path('FILE').read_bytes())"
ARRAYS = (
    "d = d if isinstance(d, dict) else {**{k: np.concatenate([e[k] for e in d]) for k in d[0]}, 'episode': "
    "np.repeat(np.arange(len(d)), [len(next(iter(e.values()))) for e in d])}; "
    "np.savez('steps.npz', **{k: np.asarray(v) for k, v in d.items()})"
)
"""Of a dict of arrays, or a list of such dicts, one for each episode."""
BUFFER = (
    "n, first = (d.buffer_size, d.pos) if d.full else (d.pos, 0); np.savez('steps.npz', "
    "**{k: np.roll(v[:n], -first, 0) for k, v in vars(d).items() if isinstance(v, np.ndarray)})"
)
"""Of a ring: the rows that were written, the oldest first."""


class PickleSource(NamedTuple):
    """A program that writes pickles, recognised by a name in the first bytes, with the line that saves its arrays."""

    mark: bytes
    name: str
    line: str


IMPORTS = "import pathlib, pickle, numpy as np"
KINDS = (
    PickleSource(b"stable_baselines3", "a Stable-Baselines3 replay buffer", f"{IMPORTS}; {LOAD}; {BUFFER}"),
    PickleSource(b"cleanrl", "a CleanRL replay buffer", f"{IMPORTS}; {LOAD}; {BUFFER}"),
    PickleSource(b"tianshou", "a Tianshou buffer", f"import pathlib, pickle; {LOAD}; d.save_hdf5('steps.hdf5')"),
    PickleSource(
        b"d3rlpy", "a d3rlpy object", f"import pathlib, pickle; {LOAD}; d.dump(pathlib.Path('steps.h5').open('w+b'))"
    ),
    PickleSource(b"torch", "a torch file", TORCH),
    PickleSource(b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19", "a torch file", TORCH),
    PickleSource(
        b"pandas", "a pandas object", "import pandas as pd; pd.read_pickle('FILE').to_parquet('steps.parquet')"
    ),
    PickleSource(b"joblib", "a joblib file", f"import joblib, numpy as np; d = joblib.load('FILE'); {ARRAYS}"),
    PickleSource(b"cloudpickle", "an object of cloudpickle", f"{IMPORTS}; {LOAD}; {ARRAYS}"),
    PickleSource(b"jax", "arrays of JAX", f"{IMPORTS}; {LOAD}; {ARRAYS}"),
    PickleSource(b"numpy", "arrays of NumPy", f"{IMPORTS}; {LOAD}; {ARRAYS}"),
)
"""The first that fits, so libraries stand before what they store."""
COMPRESSED = PickleSource(b"", "compressed by joblib", f"import joblib, numpy as np; d = joblib.load('FILE'); {ARRAYS}")
ANY = PickleSource(b"", "a Python object", f"{IMPORTS}; {LOAD}; {ARRAYS}")
BASELINES = b"_stable_baselines3_version"
"""A member of the zip that Stable-Baselines3 writes of a model."""


def is_pickle(head: bytes) -> bool:
    """Whether a file starts like a pickle; those that torch may open start with protocol 2 or later."""
    return head.startswith((b"\x80", *ZLIB)) or OLD.match(head) is not None


def is_torch_zip(path: Path) -> bool:
    """Whether torch.save or TorchScript wrote a zip; their pickle is named at the start and in the list at the end.

    Raises:
        ApiError: 415, it is a Stable-Baselines3 model, which contains such a file.
    """
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOOKED_AT))
        ends = head + file.read()
    if BASELINES in ends:
        found = "a model of Stable-Baselines3, which holds no steps"
        fix = "save the arrays of its replay buffer with numpy.savez"
        raise ApiError(415, "unknown_format", f"file: found {found}, {ACCEPTED}; {fix}.", "file")
    return b"/data.pkl" in ends


def read_torch(received: Path, name: str, target: Path, limits: FileLimits, cancellation: Cancellation) -> Fields:
    """Let torch open a file of its own in a sandboxed process, with weights_only=True, where the operator allows that.

    Raises:
        ApiError: 415 with the line that converts such a file, else 413 or 422 that says what is wrong.
    """
    if not limits.allow_pt:
        raise pickle_error(b"torch")
    summary = read_in_sandbox("mouse_dashboard.reading.sandbox.torch_file", received, target, limits, cancellation)
    return Fields(target, tuple(summary.notes), torch_snippet(name, summary))


def pickle_error(head: bytes) -> ApiError:
    """The error for a refused pickle: what wrote it, and the line that saves its arrays."""
    kind = next((kind for kind in KINDS if kind.mark in head), COMPRESSED if head.startswith(ZLIB) else ANY)
    allow = "; or let torch open it, tensors only: set MOUSE_ALLOW_PT=1, or start the dashboard with --allow-pt"
    return ApiError(
        415,
        "pickle",
        f"file: found a pickle ({kind.name}), which could run any code, {ACCEPTED}; if you trust it, convert it where"
        f' it was made: python -c "{kind.line}"{allow if kind.name == "a torch file" else ""}.',
        "file",
    )
