"""JSON: an object of nested lists, or a list of one object per row. An object inside gives dotted names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from mouse_dashboard.reading.confined.arrays import array_blocks, declared_array
from mouse_dashboard.reading.confined.json_values import as_array
from mouse_dashboard.reading.confined.worker_result import ReadSummary
from mouse_dashboard.reading.declared import check_declared
from mouse_dashboard.reading.fields import Limits
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.refusal import broken, shown
from mouse_dashboard.reading.safetensors import MAX_NAME, MAX_TENSORS
from mouse_dashboard.reading.writing import write_fields
from mouse_dashboard.schema.errors import ApiError

MAX_BYTES = 64 << 20
MAX_DEPTH = 16
MAX_FIELDS = 4 * MAX_TENSORS
"""Those that are left out too."""
OBJECT, ROWS = "object", "rows"
EXPECTED = "an object of lists, or a list of one object per row"


def read(received: Path, target: Path, limits: Limits) -> ReadSummary:
    """Convert the columns of a file.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    size = received.stat().st_size
    if size > MAX_BYTES:
        found = f"found {size} bytes of JSON, expected at most {MAX_BYTES}; save it as Parquet or .safetensors"
        raise ApiError(413, "too_large", f"file: {found}.", "file")
    found, notes = _parsed(received), Notes()
    leaves = _of_rows(cast("list[Any]", found)) if isinstance(found, list) else dict(_flat(found, (), 0))
    if len(leaves) > MAX_FIELDS:
        raise broken(f"{len(leaves)} fields", f"at most {MAX_FIELDS}", "save fewer, or stack them")
    columns = {".".join(path): (path, values) for path, values in leaves.items()}
    if len(columns) < len(leaves):
        raise broken("two fields of one name", "distinct names", "rename one of them")
    arrays = {name: as_array(name, values, notes) for name, (_, values) in columns.items()}
    fields = {name: array for name, array in arrays.items() if array is not None}
    declared = [declared_array(name, array) for name, array in fields.items()]
    check_declared(declared, size, limits)
    write_fields(target, [(field, array_blocks(fields[field.name])) for field in declared])
    return ReadSummary(
        notes=notes.sentences(),
        layout=ROWS if isinstance(found, list) else OBJECT,
        names={name: list(columns[name][0]) for name in fields},
        codes=[name for name in fields if isinstance(_first(columns[name][1]), str)],
    )


def _parsed(received: Path) -> Any:
    try:
        found: object = json.loads(received.read_text(encoding="utf-8"), object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise broken(f"text that is no JSON at {where}", EXPECTED, "write it with json.dump") from error
    except RecursionError as error:
        raise broken("JSON nested too deep", EXPECTED, "flatten it") from error
    except ValueError as error:  # no UTF-8, or a number of thousands of digits
        raise broken("text that is no JSON", EXPECTED, "write it with json.dump") from error
    if not isinstance(found, dict | list):
        raise broken("a single value", EXPECTED, "write it with json.dump")
    return cast("dict[str, Any] | list[Any]", found)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise broken("an object with two entries of one name", "distinct names", "rename one of them")
    return entries


def _flat(found: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    if depth > MAX_DEPTH:
        raise broken("JSON nested too deep", f"at most {MAX_DEPTH} levels", "flatten it")
    for key, value in cast("dict[str, Any]", found).items():
        if len(key) > MAX_NAME:
            raise broken(f"the field name {shown(key)}", f"at most {MAX_NAME} characters", "rename it")
        if isinstance(value, dict):
            yield from _flat(value, (*path, key), depth + 1)
        else:
            yield (*path, key), value


def _of_rows(rows: list[Any]) -> dict[tuple[str, ...], list[Any]]:
    """Gather what the rows say of each field; all must say the same fields."""
    columns: dict[tuple[str, ...], list[Any]] = {}
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise broken(f"a list whose entry {index} is no object", EXPECTED, "write it with json.dump")
        said = dict(_flat(row, (), 0))
        if index == 0:
            columns = {path: [] for path in said}
        for path in columns.keys() ^ said.keys():
            which = "without" if path in columns else "with"
            found = f"row {index} {which} {shown('.'.join(path))}, unlike the rows before"
            raise broken(found, "the same fields in each row", "fill them in")
        for path, values in columns.items():
            values.append(said[path])
    return columns


def _first(values: Any) -> Any:
    return values[0] if values else None
