"""Python snippets that read a file with its own library, to the same ``fields: dict[str, Tensor]`` as the reader."""

from mouse_dashboard.reading.sandbox.episode_rows import FIRST, LAST
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.table_snippets import ordered_files_snippet, parquet_folder_snippet

SLICES = {FIRST: ", slice(None, -1)", LAST: ", slice(1, None)"}


def safetensors_snippet(name: str) -> str:
    """Read what save_batch wrote, and any other safetensors file."""
    return f"""\
from safetensors.torch import load_file

fields = load_file({name!r})"""


def npy_snippet(name: str, field: str) -> str:
    """Read the array of numpy.save."""
    return f"""\
import numpy as np
import torch

fields = {{{field!r}: torch.from_numpy(np.load({name!r}))}}"""


def zip_snippet(name: str, summary: ReadSummary) -> str:
    """Read the arrays of a zip of one kind or the other."""
    match summary.layout:
        case "npz":
            return _npz_snippet(name)
        case "files":
            return _files_snippet(name, summary)
        case "memmap":
            return _memmap_snippet(name, summary.folder)
        case _:
            return parquet_folder_snippet(name, summary)


def _npz_snippet(name: str) -> str:
    """Read the arrays of numpy.savez."""
    return f"""\
import numpy as np
import torch

with np.load({name!r}) as arrays:
    fields = {{field: torch.from_numpy(arrays[field]) for field in arrays.files}}"""


def _files_snippet(name: str, summary: ReadSummary) -> str:
    """Read the arrays of several files, one after the other."""
    rows = {field: SLICES[part] for field, part in summary.parts.items() if part}
    fields = "".join(
        f"    {field!r}: joined({names[0]!r}{rows.get(field, '')}),\n" for field, names in summary.names.items()
    )
    return f"""\
import io
import re
import zipfile

import numpy as np
import torch

with zipfile.ZipFile({name!r}) as archive:
{ordered_files_snippet(".npz")}
    files = [np.load(io.BytesIO(archive.read(name))) for name in names]


def joined(name, rows=slice(None)):
    return torch.cat([torch.from_numpy(file[name][rows]) for file in files])


steps = torch.tensor([len(file[{summary.folder!r}]) for file in files])
fields = {{
{fields}    "file": torch.arange(len(files)).repeat_interleave(steps),
}}"""


def _memmap_snippet(name: str, folder: str) -> str:
    """Unpack and map what TensorDict.memmap wrote."""
    path = "tensordict" if not folder else f"tensordict/{folder.rstrip('/')}"
    return f"""\
import shutil

import torch
from tensordict import TensorDict

shutil.unpack_archive({name!r}, "tensordict", "zip")
found = TensorDict.load_memmap({path!r}).flatten_keys(".")
fields = {{name: value.clone() for name, value in found.items() if isinstance(value, torch.Tensor)}}"""


def torch_snippet(name: str, summary: ReadSummary) -> str:
    """Read the tensors of torch.save, nested ones too."""
    load = f'torch.load({name!r}, map_location="cpu", weights_only=True)'
    if summary.layout != "nested":
        return f"""\
import torch

fields = {{{summary.layout!r}: {load}}}"""
    return f"""\
import tensordict  # lets torch open TensorDicts
import torch


def leaves(found, prefix=""):
    for name, value in found.items():
        if isinstance(value, torch.Tensor):
            yield f"{{prefix}}{{name}}", value.detach().contiguous()
        elif hasattr(value, "items"):
            yield from leaves(value, f"{{prefix}}{{name}}.")


read = {list(summary.names)!r}
fields = {{name: value for name, value in leaves({load}) if name in read}}"""
