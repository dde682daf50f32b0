"""Stream terms as safetensors: the library's own writer holds everything in memory."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from mouse import __version__
from mouse_dashboard.exports.terms import Terms, cut_places
from mouse_dashboard.reading.item_types import TORCH

BYTES = 1 << 22
"""Written at a time."""


def safetensors_chunks(terms: Terms) -> tuple[int, Iterator[bytes]]:
    """Size of the file, and its bytes: one tensor ``[B, time or step, ...]`` per term, the config as metadata."""
    widest_first = sorted(terms.first, key=lambda name: -terms.first[name].element_size())  # so that all stay aligned
    header: dict[str, Any] = {"__metadata__": _metadata(terms)}
    end = 0
    for name in widest_first:
        value = terms.first[name]
        start, end = end, end + value[0].numel() * terms.rows * value.element_size()
        shape = [terms.rows, *value.shape[1:]]
        header[name] = {"dtype": TORCH[str(value.dtype)], "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text = text.ljust(-(-len(text) // 8) * 8)
    head = len(text).to_bytes(8, "little") + text
    return len(head) + end, _chunks(head, terms, widest_first)


def _metadata(terms: Terms) -> dict[str, str]:
    return {
        "format": "mouse-terms",
        "mouse": __version__,
        "batch": terms.job.batch.id,
        "loss": terms.job.loss.name,
        "config": json.dumps(dataclasses.asdict(terms.job.cfg)),
    }


def _chunks(head: bytes, terms: Terms, names: list[str]) -> Iterator[bytes]:
    """Recompute the blocks for each term: the file stores term after term, but a block contains all terms."""
    yield head
    for name in names:
        for block in terms.blocks():
            yield from _bytes_of(block[name])


def _bytes_of(value: Tensor) -> Iterator[bytes]:
    rows, steps = value.shape[:2]
    each = value[0, 0].numel() * value.element_size()
    for part in cut_places(rows, steps, BYTES // each):
        yield value[part].contiguous().view(-1).view(torch.uint8).numpy().tobytes()
