"""HDF5 files that store episodes separately: concatenate the episodes and add a field with the episode number.

Minari, robomimic and ManiSkill write a group for each, such as ``episode_0`` or ``data/demo_0``; d3rlpy numbers the
datasets themselves, such as ``actions_0``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import h5py
import numpy as np

from mouse_dashboard.reading.declared_fields import DeclaredField
from mouse_dashboard.reading.errors import invalid_file
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.sandbox.datasets import (
    Dataset,
    Field,
    GroupWalk,
    Names,
    blocks_of,
    dataset_path,
    datasets_in,
    hard_links,
)
from mouse_dashboard.reading.sandbox.episode_rows import ALL, NUMBER, NUMBERED, ONE_MORE, ROWS, STEPS, parts_of

GROUP = re.compile(r"(.*?)_?(0|[1-9][0-9]{0,17})")
DATASET = re.compile(r"(.+?)_(0|[1-9][0-9]{0,17})(?:_(0|[1-9][0-9]{0,3}))?")
"""A dataset of an episode; the second number is that of a part of it, such as one of several observations."""
MINARI = "episode"
COUNT = "num_episodes"
"""How many there are, by which d3rlpy is known."""
ENDS = ("terminated", "truncated")
"""Of a single flag for the whole episode: how it ends; false is the other."""
END, OTHER_END, SINGLE = "end", "other end", "single"


class Episode(NamedTuple):
    """One of them."""

    number: int
    group: str | None
    """Where its datasets lie; None where their names hold its number."""

    def where(self, path: Names) -> str:
        """Path of one of its datasets."""
        if self.group is not None:
            return f"{self.group}/{dataset_path(path)}"
        return "_".join((path[0], str(self.number), *path[1:]))


class Part(NamedTuple):
    """The rows of a dataset that a field takes."""

    field: str
    rows: str
    dtype: str


def episodes_in(file: Any) -> list[Episode]:
    """List the episodes of a file in order; empty if it does not store them separately."""
    silent = GroupWalk(Notes())
    names = list(hard_links(file, silent))
    groups = [name for name in names if isinstance(file[name], h5py.Group)]
    inside = ((name, list(hard_links(file[name], silent))) for name in groups if not GROUP.fullmatch(name))
    for parent, children in (("", groups), *inside):
        found = _grouped(file, f"{parent}/" if parent else "", children, silent)
        if found:
            return found
    return _numbered(file, names)


def join_episodes(file: Any, episodes: list[Episode], walk: GroupWalk) -> Iterator[Field]:
    """Yield the fields that every episode has, and the episode number.

    Raises:
        ApiError: 422, episodes without a known number of steps.
    """
    notes = walk.notes
    found = list(_held(file, episodes, walk))
    steps = next((name for name in STEPS if all((name,) in held for held in found)), None)
    if steps is None:
        raise invalid_file(
            "episodes without 'rewards' and 'actions'", "one of them in each", "save them as Minari does"
        )
    counts = [(held[(steps,)].shape or (0,))[0] for held in found]
    for path in dict.fromkeys(path for held in found for path in held):
        for part in _parts(path, [held.get(path) for held in found], counts, notes):
            shape = () if part.rows in {END, OTHER_END} else found[0][path].shape[1:]
            declared = DeclaredField(part.field, part.dtype, (sum(counts), *shape))
            yield Field(declared, _blocks(file, episodes, counts, path, part.rows), [*path, part.rows])
    if episodes[0].group is None and COUNT in file and file[COUNT].shape == ():
        count = DeclaredField(COUNT, "I64", ())
        yield Field(count, [np.int64(file[COUNT][()]).tobytes()], [COUNT, SINGLE])
    notes.add(NUMBERED, NUMBER)
    numbers = (np.full(count, of.number, np.int64).tobytes() for of, count in zip(episodes, counts, strict=True))
    yield Field(DeclaredField(NUMBER, "I64", (sum(counts),)), numbers, [steps, ALL])


def _grouped(file: Any, parent: str, names: Iterable[str], walk: GroupWalk) -> list[Episode]:
    """Groups of one name and a number that hold steps; Minari's are episodes whatever they hold."""
    by_name: dict[str, list[Episode]] = {}
    for name in names:
        match = GROUP.fullmatch(name)
        group = f"{parent}{name}"
        if not match or not isinstance(file[group], h5py.Group):
            continue
        if (not parent and match[1] == MINARI) or not set(STEPS).isdisjoint(hard_links(file[group], walk)):
            by_name.setdefault(match[1], []).append(Episode(int(match[2]), group))
    most = max(by_name.values(), key=len, default=list[Episode]())
    return sorted(most) if len({episode.number for episode in most}) == len(most) else []


def _numbered(file: Any, names: list[str]) -> list[Episode]:
    """Numbers of datasets such as ``actions_0``; agents may be numbered so too, but have steps in common."""
    matches = [match for match in map(DATASET.fullmatch, names) if match and match[1] in STEPS and not match[3]]
    numbers = sorted({int(match[2]) for match in matches})
    lengths = {file[match[0]].shape for match in matches if isinstance(file[match[0]], h5py.Dataset)}
    return [Episode(number, None) for number in numbers] if len(lengths) > 1 or COUNT in names else []


def _held(file: Any, episodes: list[Episode], walk: GroupWalk) -> Iterator[dict[Names, Dataset]]:
    """The datasets of each episode; what lies beside the episodes goes to the notes."""
    if episodes[0].group is None:
        by_number: dict[int, dict[Names, Dataset]] = {episode.number: {} for episode in episodes}
        for path, dataset in datasets_in(file, walk):
            match = DATASET.fullmatch(path[0])
            held = by_number.get(int(match[2])) if match and len(path) == 1 else None
            if path == (COUNT,):
                continue
            if match is None or held is None:
                walk.notes.add("Dropped, beside the episodes", ".".join(path))
            else:
                held[(match[1],) if match[3] is None else (match[1], match[3])] = dataset
        yield from by_number.values()
        return
    groups = [episode.group or "" for episode in episodes]
    parent, slash, _ = groups[0].rpartition("/")
    for name in set(hard_links(file[parent] if slash else file, walk)) - {group.split("/")[-1] for group in groups}:
        walk.notes.add("Dropped, beside the episodes", f"{parent}.{name}" if slash else name)
    for name in set(hard_links(file, walk)) - {parent} if slash else ():
        walk.notes.add("Dropped, beside the episodes", name)
    for group in groups:
        yield dict(datasets_in(file[group], walk))


def _parts(path: Names, datasets: list[Dataset | None], counts: list[int], notes: Notes) -> Iterator[Part]:
    """The fields that become of a dataset, and which of its rows each takes: of one row more than steps, two."""
    name = ".".join(path)
    held = [dataset for dataset in datasets if dataset is not None]
    if len(held) < len(datasets) or len({(dataset.dtype, dataset.shape[1:]) for dataset in held}) > 1:
        notes.add("Dropped, not the same in every episode", name)
        return
    dtype = held[0].dtype
    if any(not dataset.shape for dataset in held):
        yield from _ends(name, held, counts, notes)
        return
    parts = parts_of(name, {dataset.shape[0] - count for dataset, count in zip(held, counts, strict=True)})
    if len(parts) != 1:
        notes.add(ONE_MORE if parts else "Dropped, not one row per step", name)
    yield from (Part(field, rows, dtype) for field, rows in parts)


def _ends(name: str, held: list[Dataset], counts: list[int], notes: Notes) -> Iterator[Part]:
    """Two flags that stand at the last row of an episode, of one that is told of it whole."""
    if name not in ENDS or any(dataset != Dataset("BOOL", ()) for dataset in held) or 0 in counts:
        notes.add("Dropped, a single value", name)
        return
    other = ENDS[1 - ENDS.index(name)]
    notes.add(f"One flag an episode: it stands at the last row here, and where it is false, {other!r} does", name)
    yield Part(name, END, "BOOL")
    yield Part(other, OTHER_END, "BOOL")


def _blocks(file: Any, episodes: list[Episode], counts: list[int], path: Names, rows: str) -> Iterator[bytes]:
    for episode, count in zip(episodes, counts, strict=True):
        where = episode.where(path)
        if rows in ROWS:
            yield from blocks_of(file, where, ROWS[rows])
        else:
            flags = np.zeros(count, np.bool_)
            flags[-1] = bool(file[where][()]) == (rows == END)
            yield flags.tobytes()
