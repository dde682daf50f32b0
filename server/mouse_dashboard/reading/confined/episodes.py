"""A group per episode as Minari writes it, put one after the other; a field says which episode a row is of."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import h5py
import numpy as np

from mouse_dashboard.reading.confined.datasets import (
    Dataset,
    Field,
    Names,
    Walk,
    blocks_of,
    datasets_in,
    hard_links,
    place,
)
from mouse_dashboard.reading.declared import Declared
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.refusal import broken

NAME = re.compile(r"episode_(0|[1-9][0-9]{0,17})")
NUMBER = "episode"
STEPS = ("rewards", "actions")
"""Datasets with a row per step."""
ALL, FIRST, LAST = "", ":-1", "1:"
ROWS = {ALL: slice(None), FIRST: slice(None, -1), LAST: slice(1, None)}


class Episode(NamedTuple):
    """One group."""

    number: int
    group: str


def episodes_in(file: Any) -> list[Episode]:
    """List the groups that are called as Minari calls them, in order."""
    matches = (NAME.fullmatch(name) for name in hard_links(file, Walk(Notes())))
    return sorted(Episode(int(match[1]), match[0]) for match in matches if match and _is_group(file, match[0]))


def joined(file: Any, episodes: list[Episode], walk: Walk) -> Iterator[Field]:
    """Yield what every episode holds, and the number of the episode.

    Raises:
        ApiError: 422, episodes that do not say how many steps they have.
    """
    notes = walk.notes
    for name in set(hard_links(file, walk)) - {episode.group for episode in episodes}:
        notes.add("Left out, beside the episodes", name)
    found = [dict(datasets_in(file[episode.group], walk)) for episode in episodes]
    steps = next((name for name in STEPS if all((name,) in held for held in found)), None)
    if steps is None:
        raise broken("episodes without 'rewards' and 'actions'", "one of them in each", "save them as Minari does")
    counts = [held[(steps,)].shape[0] for held in found]
    for path in dict.fromkeys(path for held in found for path in held):
        for name, rows in _parts(path, [held.get(path) for held in found], counts, notes):
            first = found[0][path]
            declared = Declared(name, first.dtype, (sum(counts), *first.shape[1:]))
            yield Field(declared, _blocks(file, episodes, place(path), rows), [place(path), rows])
    notes.add("The number of the episode that each row is of", NUMBER)
    numbers = (np.full(count, of.number, np.int64).tobytes() for of, count in zip(episodes, counts, strict=True))
    yield Field(Declared(NUMBER, "I64", (sum(counts),)), numbers, [steps, ALL])


def _parts(path: Names, datasets: list[Dataset | None], counts: list[int], notes: Notes) -> Iterator[tuple[str, str]]:
    """The fields that become of a dataset, and which of its rows each takes: of one row more than steps, two."""
    name = ".".join(path)
    held = [dataset for dataset in datasets if dataset is not None]
    if len(held) < len(datasets) or len({(dataset.dtype, dataset.shape[1:]) for dataset in held}) > 1:
        notes.add("Left out, not the same in every episode", name)
        return
    more = {dataset.shape[0] - count for dataset, count in zip(held, counts, strict=True)}
    if more == {0}:
        yield name, ALL
    elif more == {1}:
        notes.add("One row more than steps: without the last here, without the first with next_ in front", name)
        yield name, FIRST
        yield f"next_{name}", LAST
    else:
        notes.add("Left out, not a row per step", name)


def _blocks(file: Any, episodes: list[Episode], where: str, rows: str) -> Iterator[bytes]:
    for episode in episodes:
        yield from blocks_of(file, f"{episode.group}/{where}", ROWS[rows])


def _is_group(file: Any, name: str) -> bool:
    return isinstance(file[name], h5py.Group)
