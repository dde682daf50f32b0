"""Zipped output of TensorDict.memmap. Its own reader runs pickles, so the plain files are read here.

A level is a ``meta.json`` that describes a ``NAME.memmap`` of raw numbers per tensor, and a folder per level below.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast
from zipfile import ZipFile

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, ValidationError

from mouse_dashboard.reading.declared_fields import DeclaredField, check_declared
from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.item_types import TORCH
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.safetensors import MAX_DIMS, MAX_TENSORS, Size
from mouse_dashboard.reading.sandbox.checked_zip import member_blocks, packed_size
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.writing import write_fields

META = "meta.json"
MAX_META_BYTES = 4 << 20
MAX_DEPTH = 16
MAX_ENTRIES = 4 * MAX_TENSORS
"""Of all levels: tensors, and what is left out."""
ESCAPED = str.maketrans({code: f"%{code:02X}" for code in (*range(32), 127, *map(ord, '/<>:"|?*\\ %'))})
"""How tensordict makes a key a file name."""
AS_WRITTEN = "a folder as TensorDict.memmap writes it"
RESAVE = "zip what td.contiguous().memmap(folder) writes with shutil.make_archive"


class Entry(BaseModel):
    """What ``meta.json`` says of one tensor."""

    model_config = ConfigDict(strict=True)

    dtype: str
    shape: Annotated[list[Size], Len(max_length=MAX_DIMS)]
    is_nested: bool = False


class Level(NamedTuple):
    """A TensorDict in the zip."""

    folder: str
    prefix: str
    """Of the names of its fields: the levels above, each with a dot."""
    depth: int


class Stored(NamedTuple):
    """A tensor, and the member of the zip that holds its numbers; none where it has no numbers."""

    declared: DeclaredField
    member: str | None


def is_memmap(archive: ZipFile) -> bool:
    """Whether a zip holds a level."""
    return any(member.split("/")[-1] == META for member in archive.namelist())


def read_memmap(archive: ZipFile, target: Path, limits: FileLimits) -> ReadSummary:
    """Write the tensors of a checked zip, nested names joined by dots.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    metas = (member for member in archive.namelist() if member.split("/")[-1] == META)
    folder = min(metas, key=lambda member: member.count("/")).removesuffix(META)
    root = Level(folder, "", 0)
    kind, entries = _entries(archive, root)
    if kind != "TensorDict":
        raise invalid_file(f"a {quote_name(kind)}", "a TensorDict", RESAVE)
    notes = Notes()
    stored = list(_tensors(archive, root, entries, notes, count()))
    notes.require(stored)
    check_declared([tensor.declared for tensor in stored], packed_size(archive), limits)
    write_fields(target, [(tensor.declared, _blocks(archive, tensor)) for tensor in stored])
    return ReadSummary(notes=notes.sentences(), layout="memmap", names={}, folder=folder)


def _entries(archive: ZipFile, level: Level) -> tuple[str, dict[str, dict[str, Any]]]:
    """Name of the class that was saved, and what is said of each of its keys."""
    where = level.folder + META
    if level.depth > MAX_DEPTH or archive.getinfo(where).file_size > MAX_META_BYTES:
        raise invalid_file(f"{quote_name(where)} nested too deep or too long", AS_WRITTEN, RESAVE)
    try:
        parsed: object = json.loads(archive.read(where))
    except (ValueError, RecursionError) as error:
        raise invalid_file(f"{quote_name(where)} that is not JSON", AS_WRITTEN, RESAVE) from error
    if not isinstance(parsed, dict):
        raise invalid_file(f"{quote_name(where)} that is not an object", AS_WRITTEN, RESAVE)
    entries = cast("dict[str, Any]", parsed)
    kind = str(entries.get("_type")).removesuffix("'>").split(".")[-1]
    return kind, {key: entry for key, entry in entries.items() if isinstance(entry, dict)}


def _tensors(
    archive: ZipFile, level: Level, entries: dict[str, dict[str, Any]], notes: Notes, number: Iterator[int]
) -> Iterator[Stored]:
    for key, entry in entries.items():
        if next(number) == MAX_ENTRIES:
            raise invalid_file(
                f"more than {MAX_ENTRIES} entries in its {META}", "fewer", "save fewer tensors, or stack them"
            )
        name = level.prefix + key
        if "type" not in entry:
            tensor = _tensor(archive, level, key, entry)
            if isinstance(tensor, Stored):
                yield tensor
            else:
                notes.add(f"Dropped, {tensor}", name)
            continue
        meta = _member(archive, level.folder, key, f"/{META}")
        if meta is None:
            raise invalid_file(f"no folder of {quote_name(name)}", AS_WRITTEN, RESAVE)
        below = Level(meta.removesuffix(META), f"{name}.", level.depth + 1)
        kind, nested = _entries(archive, below)
        if kind == "TensorDict":
            yield from _tensors(archive, below, nested, notes, number)
        else:
            notes.add(f"Dropped, a {kind[:60]}", name)


def _tensor(archive: ZipFile, level: Level, key: str, entry: dict[str, Any]) -> Stored | str:
    """The tensor, or what it is instead."""
    name = level.prefix + key
    try:
        parsed = Entry.model_validate(entry)
    except ValidationError as error:
        raise invalid_file(f"{quote_name(name)} with a malformed entry in {META}", AS_WRITTEN, RESAVE) from error
    if parsed.is_nested:
        return "a nested tensor"
    if parsed.dtype not in TORCH:
        return f"of dtype {parsed.dtype[:60]}"
    declared = DeclaredField(name, TORCH[parsed.dtype], tuple(parsed.shape))
    member = _member(archive, level.folder, key, ".memmap")
    found = 0 if member is None else archive.getinfo(member).file_size
    if found != declared.size:
        raise invalid_file(f"{found} bytes of {quote_name(name)}", f"{declared.size} for its shape", RESAVE)
    return Stored(declared, member)


def _member(archive: ZipFile, folder: str, key: str, ending: str) -> str | None:
    """What belongs to a key, whose name is escaped or, by older writers, taken as it is."""
    members = archive.NameToInfo
    candidates = (f"{folder}{written}{ending}" for written in (key.translate(ESCAPED), key))
    return next((candidate for candidate in candidates if candidate in members), None)


def _blocks(archive: ZipFile, tensor: Stored) -> Iterable[bytes]:
    return () if tensor.member is None else member_blocks(archive, tensor.member, 0, tensor.declared.size)
