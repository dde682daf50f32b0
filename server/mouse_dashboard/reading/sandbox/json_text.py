"""JSON: an object of nested lists, or one object per row in a list or by lines. Nested objects become dotted names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from mouse_dashboard.reading.declared_fields import check_declared
from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.safetensors import MAX_NAME, MAX_TENSORS
from mouse_dashboard.reading.sandbox.arrays import array_blocks, declared_array
from mouse_dashboard.reading.sandbox.json_episodes import Joined, check_plain, join_entries
from mouse_dashboard.reading.sandbox.json_values import as_array
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.writing import write_fields
from mouse_dashboard.schema.errors import ApiError

MAX_BYTES = 64 << 20
MAX_DEPTH = 16
MAX_FIELDS = 4 * MAX_TENSORS
"""Those that are left out too."""
OBJECT, ROWS, LINES = "object", "rows", "lines"
EXPECTED = "an object of lists, or a list of one object per row, or one object a line"


def read(received: Path, target: Path, limits: FileLimits) -> ReadSummary:
    """Convert the columns of a file.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    size = received.stat().st_size
    if size > MAX_BYTES:
        found = f"found {size} bytes of JSON, expected at most {MAX_BYTES}; save it as Parquet or .safetensors"
        raise ApiError(413, "too_large", f"file: {found}.", "file")
    (found, layout), notes = _parsed(received), Notes()
    leaves = dict(_flat(found, (), 0)) if layout == OBJECT else _of_rows(cast("list[Any]", found))
    if len(leaves) > MAX_FIELDS:
        raise invalid_file(f"{len(leaves):,} fields", f"at most {MAX_FIELDS:,}", "save fewer, or stack them")
    apart = _joined(leaves, layout, notes)
    if apart is not None:
        leaves = cast("dict[tuple[str, ...], Any]", apart.columns)
    columns = {".".join(path): (path, values) for path, values in leaves.items()}
    if len(columns) < len(leaves):
        raise invalid_file("two fields of one name", "distinct names", "rename one of them")
    arrays = {name: as_array(name, values, notes) for name, (_, values) in columns.items()}
    fields = {name: array for name, array in arrays.items() if array is not None}
    declared = [declared_array(name, array) for name, array in fields.items()]
    notes.require(fields)
    check_declared(declared, size, limits)
    write_fields(target, [(field, array_blocks(fields[field.name])) for field in declared])
    sources = {} if apart is None else apart.sources
    return ReadSummary(
        notes=notes.sentences(),
        layout=layout,
        names={name: list(sources.get(columns[name][0], columns[name][0])) for name in fields},
        codes=[name for name in fields if isinstance(_first(columns[name][1]), str)],
        parts={} if apart is None else apart.parts,
    )


def _joined(leaves: dict[tuple[str, ...], Any], layout: str, notes: Notes) -> Joined | None:
    """The fields as rows, where an entry of theirs is an episode or a batch."""
    check_plain({path: values if isinstance(values, list) else [values] for path, values in leaves.items()})
    lists = {path: cast("list[Any]", values) for path, values in leaves.items() if isinstance(values, list)}
    whole = len(lists) == len(leaves) and len({len(values) for values in lists.values()}) == 1
    return join_entries(lists, lines=layout == LINES, notes=notes) if whole else None


def _parsed(received: Path) -> tuple[Any, str]:
    """What the file holds, and in which layout."""
    try:
        text = received.read_text(encoding="utf-8")
        found: object = _loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _lines(error.doc), LINES
        raise _no_json(error, error.lineno) from error
    except RecursionError as error:
        raise invalid_file("JSON nested too deep", EXPECTED, "flatten it") from error
    except ValueError as error:  # no UTF-8, or a number of thousands of digits
        raise invalid_file("text that is not JSON", EXPECTED, "write it with json.dump") from error
    if not isinstance(found, dict | list):
        raise invalid_file("a single value", EXPECTED, "write it with json.dump")
    return cast("Any", found), OBJECT if isinstance(found, dict) else ROWS


def _lines(text: str) -> list[Any]:
    """An object a line, such as RLlib writes."""
    found: list[Any] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append(_loads(line))
            except json.JSONDecodeError as error:
                raise _no_json(error, number) from error
            except (RecursionError, ValueError) as error:
                raise invalid_file(f"JSON that cannot be read in line {number}", EXPECTED, "write it again") from error
    return found


def _loads(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_without_duplicates)


def _no_json(error: json.JSONDecodeError, line: int) -> ApiError:
    return invalid_file(
        f"text that is not JSON at line {line}, column {error.colno}", EXPECTED, "write it with json.dump"
    )


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise invalid_file("an object with two entries of one name", "distinct names", "rename one of them")
    return entries


def _flat(found: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    if depth > MAX_DEPTH:
        raise invalid_file("JSON nested too deep", f"at most {MAX_DEPTH} levels", "flatten it")
    for key, value in cast("dict[str, Any]", found).items():
        if len(key) > MAX_NAME:
            raise invalid_file(f"the field name {quote_name(key)}", f"at most {MAX_NAME} characters", "rename it")
        if isinstance(value, dict):
            yield from _flat(value, (*path, key), depth + 1)
        else:
            yield (*path, key), value


def _of_rows(rows: list[Any]) -> dict[tuple[str, ...], list[Any]]:
    """Collect the columns of the rows; all rows must have the same fields."""
    columns: dict[tuple[str, ...], list[Any]] = {}
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise invalid_file(f"a list whose entry {index} is not an object", EXPECTED, "write it with json.dump")
        values_by_path = dict(_flat(row, (), 0))
        if index == 0:
            columns = {path: [] for path in values_by_path}
        for path in columns.keys() ^ values_by_path.keys():
            which = "without" if path in columns else "with"
            found = f"row {index} {which} {quote_name('.'.join(path))}, unlike the rows before"
            raise invalid_file(found, "the same fields in each row", "fill them in")
        for path, values in columns.items():
            values.append(values_by_path[path])
    return columns


def _first(values: Any) -> Any:
    return values[0] if values else None
