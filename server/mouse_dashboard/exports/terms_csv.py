"""Terms as CSV: one line per transition or step, exact numbers, non-finite values as nan, inf and -inf."""

import csv
import io
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor

from mouse.wording import visible
from mouse_dashboard.exports.terms import Terms, cut_places
from mouse_dashboard.schema.numbers import plain

VALUES = 1 << 17
"""Numbers written at a time."""
FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the start of a formula, which may run programs."""


def csv_chunks(terms: Terms) -> Iterator[bytes]:
    """Lines of row, step, then terms in order of computation; a wide term has a column per entry, ``q[0]``, ..."""
    names = [_as_text(column) for name, value in terms.first.items() for column in _columns(name, value)]
    yield _written([["row", "step", *names]])
    above = 0
    for block in terms.blocks():
        rows, steps = block["loss"].shape[:2]
        for part in cut_places(rows, steps, VALUES // len(names)):
            yield _written(_lines(block, above, part))
        above += rows


def _columns(name: str, value: Tensor) -> list[str]:
    sizes = value.shape[2:]
    return [name + "".join(f"[{index}]" for index in place) for place in product(*map(range, sizes))]


def _as_text(name: str) -> str:
    """A name as one line of text that no spreadsheet evaluates as a formula."""
    return f"'{visible(name)}" if name.startswith(FORMULA) else visible(name)


def _lines(block: dict[str, Tensor], above: int, part: tuple[slice, slice]) -> Iterator[tuple[Any, ...]]:
    rows, steps = (torch.arange(cut.start, cut.stop) for cut in part)
    places = torch.cartesian_prod(rows + above, steps)
    values = (value[part].flatten(0, 1).reshape(len(places), -1) for value in block.values())
    columns = [plain(column) for value in (places, *values) for column in value.unbind(-1)]
    return zip(*columns, strict=True)


def _written(lines: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()
