"""Lines of Python that read a file by its own library, to the same ``fields: dict[str, Tensor]`` as its reader."""

from mouse_dashboard.reading.confined.worker_result import ReadSummary

_JSON_CODES = """

def codes(values):
    order = {value: code for code, value in enumerate(dict.fromkeys(values))}
    return [order[value] for value in values]

"""
_PARQUET_LISTS = """

def lists(name):
    return torch.tensor(pc.list_flatten(table[name], recursive=True).to_numpy())

"""
_PARQUET_CODES = """

def codes(name):
    text = table[name].cast("string").combine_chunks()
    return torch.tensor(text.dictionary_encode().indices.to_numpy()).long()

"""


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
    return _npz_snippet(name) if summary.layout == "npz" else _memmap_snippet(name, summary.folder)


def _npz_snippet(name: str) -> str:
    """Read the arrays of numpy.savez."""
    return f"""\
import numpy as np
import torch

with np.load({name!r}) as arrays:
    fields = {{field: torch.from_numpy(arrays[field]) for field in arrays.files}}"""


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


def json_snippet(name: str, summary: ReadSummary) -> str:
    """Read the lists of an object, or the rows of a list."""
    fields = "".join(f"    {field!r}: {_json_column(summary, field)},\n" for field in summary.names)
    return f"""\
import json

import torch
{_JSON_CODES if summary.codes else ""}
with open({name!r}, encoding="utf-8") as file:
    found = json.load(file)
fields = {{
{fields}}}"""


def _json_column(summary: ReadSummary, field: str) -> str:
    place = "".join(f"[{key!r}]" for key in summary.names[field])
    values = f"[row{place} for row in found]" if summary.layout == "rows" else f"found{place}"
    return f"torch.tensor(codes({values}))" if field in summary.codes else f"torch.tensor({values})"


def parquet_snippet(name: str, summary: ReadSummary) -> str:
    """Read the columns of a table."""
    fields = "".join(f"    {field!r}: {_parquet_column(summary, field)},\n" for field in summary.names)
    return f"""\
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
{_PARQUET_LISTS if summary.shapes else ""}{_PARQUET_CODES if summary.codes else ""}
table = pq.read_table({name!r})
fields = {{
{fields}}}"""


def _parquet_column(summary: ReadSummary, field: str) -> str:
    if field in summary.codes:
        return f"codes({field!r})"
    if field in summary.shapes:
        return f"lists({field!r}).reshape({[-1, *summary.shapes[field]]})"
    return f"torch.tensor(table[{field!r}].to_numpy())"


def hdf5_snippet(name: str, summary: ReadSummary) -> str:
    """Read the datasets of a file."""
    if summary.layout == "flat":
        return f"""\
import h5py
import torch

names = {[names[0] for names in summary.names.values()]!r}
with h5py.File({name!r}) as file:
    fields = {{name.replace("/", "."): torch.from_numpy(file[name][...]) for name in names}}"""
    return _episodes_snippet(name, summary)


def _episodes_snippet(name: str, summary: ReadSummary) -> str:
    fields = "".join(
        f"        {field!r}: joined({names[0]!r}{_rows(names[1])}),\n"
        for field, names in summary.names.items()
        if field != "episode"
    )
    return f"""\
import re

import h5py
import torch

with h5py.File({name!r}) as file:
    numbers = sorted(int(name[8:]) for name in file if re.fullmatch("episode_(0|[1-9][0-9]*)", name))

    def joined(name, rows=slice(None)):
        return torch.cat([torch.from_numpy(file[f"episode_{{number}}/{{name}}"][rows]) for number in numbers])

    steps = [len(file[f"episode_{{number}}/{summary.names["episode"][0]}"]) for number in numbers]
    fields = {{
{fields}        "episode": torch.tensor(numbers).repeat_interleave(torch.tensor(steps)),
    }}"""


def _rows(part: str) -> str:
    return {"": "", ":-1": ", slice(None, -1)", "1:": ", slice(1, None)"}[part]
