"""Stage 1 of a loss on a stored batch: computed and counted once, then cached.

A batch is worked on in one piece, exactly as training calls the loss, unless it is so huge that the intermediates would
not fit: then in blocks of sequences, which a loss treats alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.demand import read_back
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import MAX_ACTIONS, Batch, LossJob
from mouse_dashboard.compute.cache import CacheKey, ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.finite import Counts, counts_of

ENTRIES_PER_BLOCK = 1 << 25
"""Steps times actions worked on at a time: an intermediate of that many float32 takes 128 MiB."""
QUICK_ENTRIES = 1 << 20
"""Up to so many, one transition is looked up in the terms of the whole batch, computed again."""


Address = tuple[int, torch.Size]


@dataclass(frozen=True)
class StageOne:
    """What the batch says whatever the numbers in the config are."""

    blocks: list[Any]
    """The library's inputs, one for each block of sequences."""
    counts: Mapping[Address, Counts]
    """Of every floating-point tensor in them, what is not finite: many are terms, which no config changes."""

    def subsample(self, every: int) -> "StageOne":
        """Stage 1 of every n-th sequence."""
        blocks: list[Any] = []
        first = 0
        for inputs in self.blocks:
            rows = slice(-first % every, None, every)
            first += rows_of(inputs)
            part = _rows(inputs, rows)
            blocks += [part] if rows_of(part) else []
        return StageOne(blocks, {})


def stage_one(job: LossJob, cache: ResultCache, token: CancelToken) -> StageOne:
    """Compute stage 1, or take it from the last time.

    Raises:
        BatchError: the batch's shapes or values do not allow the loss.
        MissingFieldError: the batch lacks a field of it.
    """
    batch, loss, cfg = job
    switches = loss.switches(cfg)
    key = CacheKey(batch.id, loss.name, "inputs", tuple(sorted(switches.items())))
    found: StageOne | None = cache.get(key)
    if found is None:
        _check_actions(batch, loss)
        blocks: list[Any] = []
        for rows in row_blocks(batch, loss):
            token.check()
            blocks.append(loss.inputs(*batch.part(rows), **switches))
        _require(loss, batch, switches, blocks)
        floats = [tensor for inputs in blocks for tensor in tensors_of(inputs) if tensor.is_floating_point()]
        found = StageOne(blocks, {address(tensor): counts_of(tensor) for tensor in floats})
        cache.put(key, found, sum(own_bytes(tensors_of(inputs)) for inputs in blocks))
    return found


def address(tensor: Tensor) -> Address:
    """What tells a tensor apart from all others that are alive."""
    return tensor.data_ptr(), tensor.shape


def _check_actions(batch: Batch, loss: AnyLoss) -> None:
    """Refuse more actions than pairs of them fit into memory: a small file can claim many."""
    if (actions := _actions(batch, loss)) > MAX_ACTIONS:
        raise BatchError(
            f"out.{loss.heads[0]}", f"{actions} actions", f"at most {MAX_ACTIONS}", "check the order of the dimensions"
        )


def _actions(batch: Batch, loss: AnyLoss) -> int:
    if not loss.heads:  # a function of the user's own
        return 1
    head = cast("Tensor | None", batch.out.get(loss.heads[0], None))
    return head.shape[2] if head is not None and head.dim() > 2 else 1


def row_blocks(batch: Batch, loss: AnyLoss) -> Iterator[slice]:
    """Ranges of sequences to work on one after the other; a single one if everything fits."""
    rows, steps = batch.shape
    size = max(1, ENTRIES_PER_BLOCK // max(1, steps * _actions(batch, loss)))
    return (slice(start, start + size) for start in range(0, rows, size))


def _require(loss: AnyLoss, batch: Batch, switches: Mapping[str, bool], blocks: list[Any]) -> None:
    """Test the library's demands block by block; a broken one is judged on the whole batch, which knows its rows."""
    broken = any(bool(demand.broken) for inputs in blocks for demand in loss.demands(inputs))
    if broken:
        read_back({}, loss.demands(loss.inputs(batch.step_stream, batch.out, **switches)))


def rounding_note(batch: Batch, loss: AnyLoss) -> str:
    """Note for a sequence that is computed alone; empty where it is not."""
    if not loss.heads:
        return ""
    rows, steps = batch.shape
    if rows * steps * _actions(batch, loss) <= QUICK_ENTRIES:
        return ""
    return "The sequence is computed alone: last bits may differ from those of the whole batch."


def select_row(inputs: Any, row: int) -> Any:
    """Stage 1 of one sequence."""
    return _rows(inputs, slice(row, row + 1))


def _rows(inputs: Any, rows: slice) -> Any:
    fields = cast("dict[str, object]", vars(inputs))
    return type(inputs)(**{name: value[rows] if isinstance(value, Tensor) else value for name, value in fields.items()})


def inputs_at(blocks: list[Any], rows: Tensor, steps: Tensor) -> Any:
    """Stage 1 at some places, ``[1, n]``; rows ascend. For a loss whose stage 2 treats each of them alone."""
    first, pieces = 0, list[dict[str, object]]()
    for inputs in blocks:
        here = (rows >= first) & (rows < first + rows_of(inputs))
        at = rows[here] - first, steps[here]
        fields = cast("dict[str, object]", vars(inputs))
        pieces.append({name: value[at] if isinstance(value, Tensor) else value for name, value in fields.items()})
        first += rows_of(inputs)
    return type(blocks[0])(**{name: _joined([piece[name] for piece in pieces]) for name in pieces[0]})


def _joined(pieces: list[object]) -> object:
    tensors = [piece for piece in pieces if isinstance(piece, Tensor)]
    return torch.cat(tensors).unsqueeze(0) if tensors else pieces[0]


def tensors_of(inputs: Any) -> list[Tensor]:
    """Every tensor of stage 1."""
    fields = cast("dict[str, object]", vars(inputs))
    return [value for value in fields.values() if isinstance(value, Tensor)]


def rows_of(inputs: Any) -> int:
    """How many sequences stage 1 is of."""
    return tensors_of(inputs)[0].shape[0]


def own_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes that keeping tensors costs; views, of the batch or of one number, cost address space only."""
    return sum(tensor.nbytes for tensor in tensors if tensor.untyped_storage().nbytes() == tensor.nbytes)
