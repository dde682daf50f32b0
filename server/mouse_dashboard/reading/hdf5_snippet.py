"""Lines of Python that read an HDF5 file by h5py, to the same ``fields: dict[str, Tensor]`` as its reader."""

import re

from mouse_dashboard.reading.sandbox.worker_result import ReadSummary

_FLAGS = """
    def flags(start, end, when):
        ends = [torch.zeros(count, dtype=torch.bool) for count in steps]
        for number, flag in zip(numbers, ends):
            flag[-1] = bool(file[f"{start}{number}{end}"][()]) is when
        return torch.cat(ends)
"""


def hdf5_snippet(name: str, summary: ReadSummary) -> str:
    """Read the datasets of a file."""
    return _flat(name, summary) if summary.layout == "flat" else _episodes(name, summary)


def _flat(name: str, summary: ReadSummary) -> str:
    datasets = [where[0] for where in summary.names.values() if len(where) == 1]
    attributes = {field: tuple(where) for field, where in summary.names.items() if len(where) > 1}
    attribute_lines = f"""
attributes = {attributes!r}
with h5py.File({name!r}) as file:
    for field, (group, name) in attributes.items():
        fields[field] = torch.from_numpy(np.asarray(file[group].attrs[name]))"""
    return f"""\
import h5py
{"import numpy as np" if attributes else ""}
import torch

names = {datasets!r}
with h5py.File({name!r}) as file:
    fields = {{name.replace("/", "."): torch.from_numpy(file[name][...]) for name in names}}\
{attribute_lines if attributes else ""}""".replace("h5py\n\nimport torch", "h5py\nimport torch")


def _episodes(name: str, summary: ReadSummary) -> str:
    steps = summary.names["episode"][0]
    folder, _, base = summary.folder.rpartition("/")
    numbered = summary.layout == "numbered"
    start, end = (f"{steps}_", "") if numbered else (summary.folder, f"/{steps}")
    base = re.escape(start if numbered else base)
    lines = [
        f"        {field!r}: {_column(where, summary.folder, numbered=numbered)},\n"
        for field, where in summary.names.items()
        if field != "episode"
    ]
    flags = _FLAGS if any("flags(" in line for line in lines) else ""
    return f"""\
import re

import h5py
import torch

with h5py.File({name!r}) as file:
    found = [re.fullmatch({f"{base}(0|[1-9][0-9]*)"!r}, name) for name in file[{folder or "/"!r}]]
    numbers = sorted(int(match[1]) for match in found if match and f"{_plain(start)}{{match[1]}}{_plain(end)}" in file)

    def joined(start, end, rows=slice(None)):
        return torch.cat([torch.from_numpy(file[f"{{start}}{{number}}{{end}}"][rows]) for number in numbers])

    steps = [len(file[f"{_plain(start)}{{number}}{_plain(end)}"]) for number in numbers]
{flags}
    fields = {{
{"".join(lines)}        "episode": torch.tensor(numbers).repeat_interleave(torch.tensor(steps)),
    }}"""


def _plain(text: str) -> str:
    """A literal part of an f-string, with braces escaped."""
    return repr(text)[1:-1].replace("{", "{{").replace("}", "}}").replace('"', '\\"')


def _column(where: list[str], folder: str, *, numbered: bool) -> str:
    *path, rows = where
    start = f"{path[0]}_" if numbered else folder
    end = "".join(f"_{part}" for part in path[1:]) if numbered else f"/{'/'.join(path)}"
    if rows == "single":
        return f"torch.tensor(int(file[{path[0]!r}][()]))"
    if "end" in rows:
        return f"flags({start!r}, {end!r}, {rows == 'end'})"
    part = {"": "", ":-1": ", slice(None, -1)", "1:": ", slice(1, None)"}[rows]
    return f"joined({start!r}, {end!r}{part})"
