"""Stage 1 of a loss on a stored batch: computed once, with its non-finite counts, then cached.

A batch is worked on in one piece, exactly as training calls the loss, unless it is so huge that the intermediates would
not fit: then in blocks of sequences, which a loss treats alone. What the cache has no room for is computed anew,
block by block, whenever it is read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from typing import Any, cast, overload

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.loss import AnyLoss
from mouse.losses.value_checks import sync_metrics
from mouse_dashboard.compute.batch import MAX_ACTIONS, Batch, LossJob
from mouse_dashboard.compute.cache import CacheKey, ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.joining import join
from mouse_dashboard.compute.non_finite import NonFiniteCounts, count_non_finite

ENTRIES_PER_BLOCK = 1 << 25
"""Steps times actions worked on at a time: an intermediate of that many float32 takes 128 MiB."""
SMALLER = 4
"""Of a batch that does not fit, blocks are so many times smaller: the rest of the memory is for the batch."""
QUICK_ENTRIES = 1 << 20
"""Up to so many, one transition is looked up in the terms of the whole batch, computed again."""


Address = tuple[int, torch.Size]


@dataclass(frozen=True)
class ComputedBlocks(Sequence[Any]):
    """Blocks that are recomputed each time they are read."""

    compute: Callable[[slice], Any]
    rows: Sequence[slice]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return (
            [self.compute(rows) for rows in self.rows[index]]
            if isinstance(index, slice)
            else self.compute(self.rows[index])
        )


@dataclass(frozen=True)
class StageOne:
    """The inputs of a loss that depend on the batch but not on the numbers of the config."""

    blocks: Sequence[Any]
    """The library's inputs, one for each block of sequences."""
    counts: Mapping[Address, NonFiniteCounts]
    """Of every floating-point tensor in those that are stored, what is not finite: many are terms, which no config
    changes."""

    @property
    def stored(self) -> bool:
        """Whether the blocks are stored, rather than recomputed on each read."""
        return isinstance(self.blocks, list)

    def select(self, rows: slice) -> "StageOne":
        """Stage 1 of some sequences, copied; non-finite counts remain those of all sequences.

        Stage 2 takes a third longer on every n-th row in the memory of all than on a copy, which is made once.
        """
        part = _contiguous(select_rows(join_inputs([*self.blocks]), rows))
        blocks = [tensors_of(inputs) for inputs in self.blocks]
        counts = {
            tensor_key(some): reduce(NonFiniteCounts.plus, (self.counts[tensor_key(each[index])] for each in blocks))
            for index, some in enumerate(tensors_of(part))
            if some.is_floating_point()
        }
        return StageOne([part], counts)


def stage_one(job: LossJob, cache: ResultCache, token: CancelToken) -> StageOne:
    """Compute stage 1, or return the cached one.

    Raises:
        BatchError: the batch's shapes or values do not allow the loss.
        MissingFieldError: the batch lacks a field of it.
    """
    key = _key(job)
    found: StageOne | None = cache.get(key)
    if found is None:
        _check_actions(job.batch, job.loss)
        found = _blocks(job, cache.capacity, token)
        size = storage_bytes(tensors_of(join_inputs([*found.blocks]))) if found.stored else 0
        cache.put(key, found, size)
    return found


def _blocks(job: LossJob, capacity: int, token: CancelToken) -> StageOne:
    """All blocks, or `ComputedBlocks` if they would take more than half of the cache."""
    batch, loss, cfg = job
    options = loss.stage_options(cfg)

    def compute(rows: slice) -> Any:
        inputs = loss.inputs(*batch.part(rows), **options)
        # The whole batch knows its rows, and may have what one block lacks.
        if any(check.failed for check in loss.checks(inputs)):
            sync_metrics({}, loss.checks(loss.inputs(batch.step_stream, batch.out, **options)))
        return inputs

    ranges = list(row_blocks(batch, loss))
    blocks: list[Any] = []
    for rows in ranges:
        token.check()
        blocks.append(compute(rows))
        if len(ranges) > 1 and storage_bytes(tensors_of(blocks[0])) * len(ranges) > capacity // 2:
            return StageOne(ComputedBlocks(compute, ranges), {})
    blocks = _joined_blocks(blocks)
    floats = [tensor for inputs in blocks for tensor in tensors_of(inputs) if tensor.is_floating_point()]
    return StageOne(blocks, {tensor_key(tensor): count_non_finite(tensor) for tensor in floats})


def _joined_blocks(blocks: list[Any]) -> list[Any]:
    """The same blocks as parts of tensors of the whole batch: a term that is one of them is whole without a copy."""
    sizes = [rows_of(inputs) for inputs in blocks]
    whole = join_inputs(blocks)
    ends = list(accumulate(sizes))
    return [select_rows(whole, slice(end - size, end)) for size, end in zip(sizes, ends, strict=True)]


def join_inputs(blocks: list[Any]) -> Any:
    """Stage 1 of the whole batch; blocks are taken out of the list, as far as they do not lie in memory so already."""
    if len(blocks) == 1:
        return blocks[0]
    kind = cast("type[Any]", type(blocks[0]))
    fields = [{**cast("dict[str, object]", vars(inputs))} for inputs in blocks]
    blocks.clear()
    names = list(fields[0])
    return kind(**{name: _join_field([each.pop(name) for each in fields]) for name in names})


def _join_field(values: list[object]) -> object:
    tensors = [value for value in values if isinstance(value, Tensor)]
    values.clear()
    return join(tensors) if tensors else None


def stage_one_of_rows(job: LossJob, rows: slice, cache: ResultCache) -> StageOne:
    """Stage 1 of some sequences: selected from the cached one, or computed if that was too large to cache.

    Raises:
        BatchError, MissingFieldError: as `stage_one`, but values are not checked.
    """
    batch, loss, cfg = job
    key = _key(job, rows.indices(batch.shape[0]))
    found: StageOne | None = cache.get(key)
    if found is None:
        whole: StageOne | None = cache.get(_key(job))
        if whole is not None and whole.stored:
            found = whole.select(rows)
        else:
            found = StageOne([loss.inputs(*batch.part(rows), **loss.stage_options(cfg))], {})
        cache.put(key, found, storage_bytes(tensors_of(found.blocks[0])))
    return found


def _key(job: LossJob, rows: tuple[int, int, int] | None = None) -> CacheKey:
    return job.key("inputs", rows, *sorted(job.loss.stage_options(job.cfg).items()))


def tensor_key(tensor: Tensor) -> Address:
    """A key that identifies a tensor among all live tensors."""
    return tensor.data_ptr(), tensor.shape


def _check_actions(batch: Batch, loss: AnyLoss) -> None:
    """Refuse an action count whose pairs do not fit into memory: a small file can declare many."""
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
    """Ranges of sequences to process one by one; a single range if everything fits."""
    rows, steps = batch.shape
    size = max(1, ENTRIES_PER_BLOCK // max(1, steps * _actions(batch, loss)))
    if size < rows:
        size = max(1, size // SMALLER)
    return (slice(start, start + size) for start in range(0, rows, size))


def rounding_note(batch: Batch, loss: AnyLoss) -> str:
    """Note for a sequence that is computed alone; empty if it is not."""
    if not loss.heads:
        return ""
    rows, steps = batch.shape
    if rows * steps * _actions(batch, loss) <= QUICK_ENTRIES:
        return ""
    return "The sequence is computed alone: last bits may differ from those of the whole batch."


def select_row(inputs: Any, row: int) -> Any:
    """Stage 1 of one sequence."""
    return select_rows(inputs, slice(row, row + 1))


def select_rows(inputs: Any, rows: slice) -> Any:
    """Stage 1 of some sequences."""
    fields = cast("dict[str, object]", vars(inputs))
    return type(inputs)(**{name: value[rows] if isinstance(value, Tensor) else value for name, value in fields.items()})


def _contiguous(inputs: Any) -> Any:
    fields = cast("dict[str, object]", vars(inputs))
    return type(inputs)(
        **{name: value.contiguous() if isinstance(value, Tensor) else value for name, value in fields.items()}
    )


def inputs_at(blocks: Sequence[Any], rows: Tensor, steps: Tensor) -> Any:
    """Stage 1 at some places, ``[1, n]``, on the CPU; rows ascend. For a stage 2 that treats places independently."""
    last: Any = None
    first, pieces = 0, list[dict[str, object]]()
    for inputs in blocks:
        last = inputs
        here = (rows >= first) & (rows < first + rows_of(inputs))
        at = rows[here] - first, steps[here]
        fields = cast("dict[str, object]", vars(inputs))
        pieces.append({name: value[at].cpu() if isinstance(value, Tensor) else value for name, value in fields.items()})
        first += rows_of(inputs)
    return type(last)(**{name: _joined([piece[name] for piece in pieces]) for name in pieces[0]})


def _joined(pieces: list[object]) -> object:
    tensors = [piece for piece in pieces if isinstance(piece, Tensor)]
    return torch.cat(tensors).unsqueeze(0) if tensors else pieces[0]


def tensors_of(inputs: Any) -> list[Tensor]:
    """Every tensor of stage 1."""
    fields = cast("dict[str, object]", vars(inputs))
    return [value for value in fields.values() if isinstance(value, Tensor)]


def rows_of(inputs: Any) -> int:
    """Number of sequences."""
    return tensors_of(inputs)[0].shape[0]


def storage_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes that storing tensors costs; views of the batch or of a scalar cost only address space."""
    return sum(tensor.nbytes for tensor in tensors if tensor.untyped_storage().nbytes() == tensor.nbytes)
