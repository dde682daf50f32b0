"""`PrefetchBatchifier`: training batches of contiguous windows."""

from collections.abc import Generator, Iterator, Sequence
from types import TracebackType
from typing import cast
from weakref import WeakSet

import torch
from jaxtyping import Int
from tensordict import TensorDict
from torch import Tensor

from mouse.data.prefetch import prefetched
from mouse.data.steps import chosen, steps_of
from mouse.data.windows import covered, window_starts
from mouse.errors import BatchError


class PrefetchBatchifier:
    """Batches ``TensorDict[B, S]`` of windows of a flat stream of steps, made in the background.

    Rows, names and types stay as they are; so does the alignment: a batch is in mouse's own, where row t holds what led
    to it, exactly where the stream is. Each iteration is an epoch, shuffled anew by `seed` and its number alone: the
    same seed gives the same batches, whatever the timing. ``epoch`` is the number of the next one, and can be set to go
    on where a run has stopped.

    Leaving the loop ends the background thread; as a context manager it ends with the block at the latest.

    Shapes: steps [N, ...]; batches [B, S, ...] with B = `batch_size` and S = `length`.

    Args:
        steps: dict of arrays, TensorDict [N], pyarrow Table, path of a Parquet file, or Hugging Face Dataset. The last
            is read window by window from wherever it lies.
        batch_size: windows in a batch.
        length: steps in a window.
        stride: steps from one window's start to the next one's; `length` by default, so that no step comes twice.
        shuffle: whether windows come in another order in each epoch.
        seed: decides these orders.
        sequence_id: field of integers or text at whose change a sequence ends; no window crosses it. In the batch, text
            is its number by first occurrence.
        fields: those to read; all if None.
        drop_last: whether a last batch of fewer windows is left out.
        prefetch: batches made ahead at most.

    Raises:
        BatchError: (a ValueError) nothing that steps can be read from, a field that is no tensor, or no batch at all.
        MissingFieldError: (a KeyError) there is no such field.
        ModuleNotFoundError: a Parquet file without pyarrow.
        ValueError: a size below its least.
    """

    def __init__(  # noqa: PLR0913  as many as a DataLoader has
        self,
        steps: object,
        *,
        batch_size: int,
        length: int,
        stride: int | None = None,
        shuffle: bool = False,
        seed: int = 0,
        sequence_id: str | None = None,
        fields: Sequence[str] | None = None,
        drop_last: bool = False,
        prefetch: int = 2,
    ) -> None:
        stride = length if stride is None else stride
        for name, value in (("batch_size", batch_size), ("length", length), ("stride", stride), ("prefetch", prefetch)):
            if value < 1:
                raise ValueError(f"{name}: found {value}, expected 1 or more.")
        self.batch_size, self.length, self.stride, self.prefetch = batch_size, length, stride, prefetch
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0
        self._steps = steps_of(steps)
        self._fields = chosen(self._steps, fields)
        self._ids = None if sequence_id is None else self._steps.ids(*chosen(self._steps, [sequence_id]))
        self._sequence_id = sequence_id
        self._starts = window_starts(len(self._steps), length, stride, self._ids)
        self._running: WeakSet[Generator[TensorDict]] = WeakSet()
        if len(self) == 0:
            found, expected = f"{len(self._starts):,} windows", f"at least batch_size = {batch_size}"
            raise BatchError("steps", found, expected, "lower batch_size or stride, or keep the last batch")
        self._batch(self._starts[:1])  # a field that cannot be read is told here, not in the middle of an epoch

    def __len__(self) -> int:
        """Batches of an epoch."""
        whole, rest = divmod(len(self._starts), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    @property
    def windows(self) -> int:
        """Number of windows in the stream."""
        return len(self._starts)

    @property
    def left_over(self) -> int:
        """Number of steps that are in no window."""
        return len(self._steps) - covered(self._starts, len(self._steps), self.length)

    def __iter__(self) -> Iterator[TensorDict]:
        """Start the next epoch."""
        order, self.epoch = self._order(self.epoch), self.epoch + 1
        tasks = cast("tuple[Tensor, ...]", self._starts[order].split(self.batch_size))
        batches = prefetched(self._batch, tasks[: len(self)], self.prefetch)
        self._running.add(batches)
        return batches

    def __enter__(self) -> "PrefetchBatchifier":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop every running iteration and its thread."""
        for batches in list(self._running):
            batches.close()

    def _order(self, epoch: int) -> Int[Tensor, " window"]:
        if not self.shuffle:
            return torch.arange(len(self._starts))
        return torch.randperm(len(self._starts), generator=_generator(self.seed, epoch))

    def _batch(self, starts: Int[Tensor, " batch"]) -> TensorDict:
        fields = self._steps.windows([name for name in self._fields if name != self._sequence_id], starts, self.length)
        if self._ids is not None and self._sequence_id in self._fields:
            fields[self._sequence_id] = self._ids[starts].unsqueeze(1).expand(-1, self.length).clone()
        return TensorDict(fields, batch_size=[len(starts), self.length])


def _generator(seed: int, epoch: int) -> torch.Generator:
    """A separate generator per epoch, so that its order is independent of earlier draws."""
    draws = torch.Generator().manual_seed(seed)
    return torch.Generator().manual_seed(int(torch.randint(2**62, (epoch + 1,), generator=draws)[-1]))
