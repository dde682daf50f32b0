"""JSON whose entries are episodes, or RLlib batches: concatenate their lists."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.sandbox.episode_rows import (
    ACTIONS,
    ALL,
    NUMBER,
    NUMBERED,
    ONE_MORE,
    ONE_VALUE,
    REPEATED,
    REWARDS,
    ROWS,
    parts_of,
)

Path = tuple[str, ...]
Columns = dict[Path, list[Any]]
"""What each entry says of a field."""
PACKED = "BCJNG"
"""How base64 of an LZ4 frame begins."""
BATCHES = frozenset({"SampleBatch", "MultiAgentBatch"})
"""What RLlib says of the type of a line."""


class Joined(NamedTuple):
    """Fields of a row per step."""

    columns: Columns
    sources: dict[Path, Path]
    """Where each of them stands in the entries."""
    parts: dict[str, str]
    """Which rows of an entry each takes, by its name."""


def check_plain(values: Columns) -> None:
    """Refuse RLlib's pickled columns.

    Raises:
        ApiError: 422 that says how to write them plain.
    """
    packed = [".".join(path) for path, held in values.items() if _text(held).startswith(PACKED)]
    if packed:
        names = ", ".join(map(quote_name, packed[:5]))
        raise invalid_file(
            f"columns packed by RLlib, base64 of LZ4 of a pickle, which could run any code: {names}",
            "lists of numbers",
            "write them plain: config.offline_data(output_compress_columns=[])",
        )


def join_entries(columns: Columns, *, lines: bool, notes: Notes) -> Joined | None:
    """Concatenate the lists of the entries; None if entries are steps, or sequences of equal length."""
    of_rllib = _text(columns.get(("type",), [])) in BATCHES
    lists = _step_lists(columns)
    if lists is None:
        return None
    steps = [len(each) for each in lists]
    if not of_rllib and not _apart(columns, steps, lines=lines):
        return None
    found, sources, parts = Columns(), dict[Path, Path](), dict[str, str]()
    for path, values in columns.items():
        name = ".".join(path)
        for field, rows in _parts(name, values, steps, notes, of_rllib=of_rllib):
            new = (*path[:-1], f"next_{path[-1]}") if field != name else path
            found[new] = _taken(values, rows, steps)
            sources[new] = path
            parts[".".join(new)] = rows
    if not of_rllib and (NUMBER,) not in found:
        notes.add(NUMBERED, NUMBER)
        found[(NUMBER,)] = [number for number, count in enumerate(steps) for _ in range(count)]
        parts[NUMBER] = NUMBER
    return Joined(found, sources, parts)


def _text(values: list[Any]) -> str:
    """What the first entry says, where it says text."""
    return values[0] if values and isinstance(values[0], str) else ""


def _step_lists(columns: Columns) -> list[list[Any]] | None:
    """A field with a list of an entry per step: rewards, or actions where there are none."""
    rewards, actions = ([path for path in columns if path and path[-1] in known] for known in (REWARDS, ACTIONS))
    paths = rewards or actions
    if not paths or any(not isinstance(value, list) for path in paths for value in columns[path]):
        return None
    return cast("list[list[Any]]", columns[paths[0]]) or None


def _apart(columns: Columns, steps: Sequence[int], *, lines: bool) -> bool:
    """Whether entries hold steps: lists of lengths that differ, one state more than steps, lines of even lists."""
    if len(set(steps)) > 1:
        return True
    lists = [values for values in columns.values() if all(isinstance(value, list) for value in values)]
    more = {len(value) - steps[0] for values in lists for value in values}
    return steps[0] > 1 and more <= {0, 1} and (lines or more == {0, 1})


def _parts(
    name: str, values: list[Any], steps: list[int], notes: Notes, *, of_rllib: bool
) -> Sequence[tuple[str, str]]:
    lists = [isinstance(value, list) for value in values]
    if not any(lists) and not any(isinstance(value, dict) for value in values):
        notes.add("Dropped, a single value" if of_rllib else ONE_VALUE, name)
        return [] if of_rllib else [(name, REPEATED)]
    counts = zip(values, steps, strict=True)
    parts = parts_of(name, {len(value) - count for value, count in counts} if all(lists) else set())
    if len(parts) != 1:
        notes.add(ONE_MORE if parts else "Dropped, lists whose lengths are not those of the steps", name)
    return parts


def _taken(values: list[Any], rows: str, steps: list[int]) -> list[Any]:
    if rows == REPEATED:
        return [value for value, count in zip(values, steps, strict=True) for _ in range(count)]
    return [step for each in values for step in (each if rows == ALL else each[ROWS[rows]])]
