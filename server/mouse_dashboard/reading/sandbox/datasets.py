"""Datasets stored in an HDF5 file itself: no link is followed, no external storage is read.

Only their descriptions are kept: the library holds 20 kB for each open dataset.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import h5py
import numpy as np

from mouse_dashboard.reading.declared_fields import DeclaredField
from mouse_dashboard.reading.errors import invalid_file
from mouse_dashboard.reading.item_types import NUMPY
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.sandbox.arrays import rows_at_once
from mouse_dashboard.reading.writing import Blocks

low_level: Any = h5py  # its modules are compiled, unknown to type checkers
FILTERS = {low_level.h5z.FILTER_DEFLATE, low_level.h5z.FILTER_SHUFFLE, low_level.h5z.FILTER_LZF}
MAX_DEPTH = 16
MAX_OBJECTS = 100_000
"""Links that are looked at; an episode of Minari has about ten."""

MAX_ATTRIBUTE = 64
"""Numbers in one attribute."""

Names = tuple[str, ...]
"""Names of groups, and of the dataset."""


class Dataset(NamedTuple):
    """An array in the file."""

    dtype: str
    """In the words of safetensors."""
    shape: tuple[int, ...]


class Field(NamedTuple):
    """What a layout makes of datasets."""

    declared: DeclaredField
    blocks: Blocks
    names: list[str]
    """What the snippet must know to read the same."""


class GroupWalk:
    """Walks the groups of a file, each once: several links may lead to the same group, or form a cycle."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.entered: set[int] = set()
        """Addresses of groups whose attributes were read."""
        self._looked_at = 0

    def count(self) -> None:
        """Count a link.

        Raises:
            ApiError: 422, there are too many.
        """
        self._looked_at += 1
        if self._looked_at > MAX_OBJECTS:
            raise invalid_file(
                f"more than {MAX_OBJECTS} datasets, groups and links", "fewer", "save fewer, longer datasets"
            )


def datasets_in(
    group: Any, walk: GroupWalk, path: Names = (), entered: set[int] | None = None
) -> Iterator[tuple[Names, Dataset]]:
    """Yield the arrays of a group and of the groups in it; what is said of the others goes to the notes.

    Raises:
        ApiError: 422, groups nested too deep, or too many objects.
    """
    notes = walk.notes
    entered = set() if entered is None else entered
    entered.add(_address(group))
    if len(path) > MAX_DEPTH:
        raise invalid_file("groups nested too deep", f"at most {MAX_DEPTH} levels", "flatten it")
    for name in hard_links(group, walk, path):
        found = group[name]
        if isinstance(found, h5py.Group):
            if _address(found) in entered:
                notes.add("Dropped, another name of a group that is already read", ".".join((*path, name)))
            else:
                yield from datasets_in(found, walk, (*path, name), entered)
        elif isinstance(found, h5py.Dataset):
            dataset = _described(found)
            if isinstance(dataset, Dataset):
                yield (*path, name), dataset
            else:
                notes.add(f"Dropped, {dataset}", ".".join((*path, name)))


def hard_links(group: Any, walk: GroupWalk, path: Names = ()) -> Iterator[str]:
    """Yield the objects that a group contains itself, without links.

    Raises:
        ApiError: 422, there are too many objects.
    """
    for name in group:
        walk.count()
        if group.id.links.get_info(name.encode()).type == low_level.h5l.TYPE_HARD:
            yield name
        else:
            walk.notes.add("Dropped, a link", ".".join((*path, name)))


def dataset_path(path: Names) -> str:
    """Path of a dataset, as h5py expects it."""
    return "/".join(path)


def blocks_of(file: Any, where: str, rows: slice = slice(None)) -> Iterator[bytes]:
    """Yield the data of some rows, in multiples of the storage chunks."""
    dataset = file[where]
    if not dataset.shape:
        yield dataset[()].tobytes()
        return
    start, stop, _ = rows.indices(dataset.shape[0])
    step = rows_at_once(dataset.nbytes // max(1, dataset.shape[0]))
    if dataset.chunks:
        step = -(-step // dataset.chunks[0]) * dataset.chunks[0]
    for first in range(start, stop, step):
        yield dataset[first : min(first + step, stop)].tobytes()


def attributes_in(group: Any, walk: GroupWalk, path: Names = ()) -> Iterator[tuple[Names, Dataset]]:
    """Yield numeric attributes of a group and its subgroups, such as the fill level of a buffer.

    Raises:
        ApiError: 422, too many objects.
    """
    for name in group.attrs:
        walk.count()
        stored = group.attrs.get_id(name)
        if stored.dtype.str in NUMPY and stored.shape is not None and math.prod(stored.shape) <= MAX_ATTRIBUTE:
            yield (*path, name), Dataset(NUMPY[stored.dtype.str], stored.shape)
    if len(path) < MAX_DEPTH:
        for name in hard_links(group, walk, path):
            if isinstance(group[name], h5py.Group) and _address(group[name]) not in walk.entered:
                walk.entered.add(_address(group[name]))
                yield from attributes_in(group[name], walk, (*path, name))


def attribute(file: Any, path: Names) -> Any:
    """The value of an attribute."""
    return np.asarray(file[dataset_path(path[:-1]) or "/"].attrs[path[-1]])


def _is_object(dataset: Any) -> bool:
    """Whether tianshou marks the bytes as a Python object."""
    data_type = dataset.attrs.get("__data_type__", "ndarray") if "__data_type__" in dataset.attrs else "ndarray"
    return str(data_type) not in {"ndarray", "Tensor"}


def _address(group: Any) -> int:
    """Address of a group in the file, independent of its name."""
    return low_level.h5o.get_info(group.id).addr


def _described(dataset: Any) -> Dataset | str:
    """The array, or why it is dropped."""
    made = dataset.id.get_create_plist()
    if dataset.is_virtual or made.get_external_count():
        return "its data in another file"
    if not {made.get_filter(index)[0] for index in range(made.get_nfilters())} <= FILTERS:
        return "packed by another filter than gzip, lzf or shuffle"
    if dataset.shape is None:
        return "without a value"
    if _is_object(dataset):
        return "a Python object as a pickle, which could run any code"
    try:
        dtype = dataset.dtype.str
    except TypeError:  # a type that NumPy does not have
        dtype = "unknown"
    return Dataset(NUMPY[dtype], dataset.shape) if dtype in NUMPY else f"of dtype {dtype[:60]}"
