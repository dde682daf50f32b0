"""A loss in blocks of sequences on a CPU: the same stages on less data, so that their temporaries stay in the cache.

Sequences do not meet before the mean. So the gradient of a block is taken as soon as its terms are there, and only what
the mean and the metrics read of them is kept, and joined.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses.config import LossConfig
from mouse.losses.fields import Heads
from mouse.losses.gradient import upstream
from mouse.losses.hand_over import hand_over
from mouse.losses.loss import AnyLoss, Evaluation
from mouse.torch_internals import is_dual, is_of_functorch, is_watched

ENTRIES_PER_BLOCK = 1 << 20
"""Entries of the head that each thread works on at a time, as many as leave room for temporaries in its cache."""
ROWS = 32
"""Blocks start at multiples of it, where the vector instructions start anew on the whole batch too: some round the last
bit of what is left over at the end differently."""


def rows_per_block(loss: AnyLoss, step_stream: TensorDictBase, out: Heads) -> int | None:
    """How many sequences make a block; None where the batch is taken whole.

    It is where it is small or on another device, and where more than `backward` follows the operations: a compiler,
    `mouse.explain`, `torch.func`, forward mode.
    """
    if not loss.in_blocks or torch.compiler.is_compiling() or is_watched():
        return None
    shape = step_stream.batch_size
    heads: list[Any] = [out.get(name, None) for name in loss.heads]
    if not all(_is_plain(head) and head.shape[:2] == shape for head in heads):
        return None
    entries = max(1, heads[0][:1].numel())
    wanted = max(1, torch.get_num_threads() * ENTRIES_PER_BLOCK // entries)
    rows = math.ceil(wanted / ROWS) * ROWS
    return rows if rows < shape[0] else None


def _is_plain(head: Any) -> bool:
    """Whether it is an ordinary tensor in memory. What is wrong with another the loss itself says."""
    return (
        type(head) in {Tensor, torch.nn.Parameter}
        and head.device.type == "cpu"
        and not is_of_functorch(head)
        and not is_dual(head)
    )


def in_blocks(loss: AnyLoss, step_stream: TensorDictBase, out: Heads, cfg: LossConfig, rows: int) -> Evaluation | None:
    """Evaluate a loss in blocks of so many sequences; None where only the whole batch tells.

    It tells where something is wrong, and the gradient of a mean that weighs its places differently.
    """
    head = out[loss.heads[0]]
    sequences = head.shape[0]
    gradient = torch.empty_like(head) if head.requires_grad and torch.is_grad_enabled() else None
    names: Sequence[str] = ()
    parts: list[Mapping[str, Tensor]] = []
    with torch.no_grad():
        for start in range(0, sequences, rows):
            block = slice(start, start + rows)
            given = {name: out[name].detach()[block] for name in loss.heads}
            place = None if gradient is None else gradient[block]
            terms = _block(loss, step_stream[block], given, cfg, sequences, place)
            if terms is None:
                return None
            names = names or _read(loss, terms, given)
            parts.append({name: getattr(terms, name).detach() for name in names})
            del terms  # the next block finds its memory in the cache
        whole = _joined(loss, parts)
        mean, metrics = loss.mean(whole), loss.metrics(whole, out)
        if gradient is None:
            return Evaluation(mean, metrics, ())
        weight, even = upstream(loss, whole), _even_weight(whole.loss, sequences)
        if bool((weight != weight[0, 0]).any()):
            return None
        if bool(weight[0, 0] != even):
            gradient.mul_(weight[0, 0] / even)
    return Evaluation(hand_over(loss.name, head, mean, gradient), metrics, ())


def _block(  # noqa: PLR0913, PLR0917  a loss on a batch, and where its gradient goes
    loss: AnyLoss,
    step_stream: TensorDictBase,
    out: dict[str, Tensor],
    cfg: LossConfig,
    sequences: int,
    gradient: Tensor | None,
) -> Any:
    """Terms of a block, and its gradient as if all places of so many sequences counted alike; None as `in_blocks`."""
    head = out[loss.heads[0]].requires_grad_(gradient is not None)
    try:
        with torch.set_grad_enabled(gradient is not None):
            inputs = loss.inputs(step_stream, out, **loss.switches(cfg))
            terms = loss.terms(inputs, cfg)
    except (BatchError, MissingFieldError):
        return None
    if any(bool(demand.broken) for demand in loss.demands(inputs)):
        return None
    if gradient is not None:
        weight = _even_weight(terms.loss, sequences).expand_as(terms.loss)
        gradient.copy_(torch.autograd.grad(terms.loss, head, weight)[0])
    return terms


def _even_weight(loss: Tensor, sequences: int) -> Tensor:
    """What the loss of each place counts for in the mean over all of them."""
    return loss.new_ones(()) / (sequences * loss.shape[1])


class _Terms:
    """Some terms of a loss, in the place of all: it notes which of them are read."""

    def __init__(self, terms_type: type[Any], values: Mapping[str, Tensor | None]) -> None:
        self._type = terms_type
        self._values = values
        self.read: dict[str, Tensor] = {}

    @property
    def __class__(self) -> type[Any]:  # pyright: ignore[reportIncompatibleMethodOverride]  what `isinstance` goes by
        return self._type

    def __getattr__(self, name: str) -> Tensor | None:
        value = self._values[name]
        if value is not None:
            self.read[name] = value
        return value

    def replace(self, **changed: Tensor) -> "_Terms":
        return _Terms(self._type, {**self._values, **changed})


def _read(loss: AnyLoss, terms: Any, given: Heads) -> Sequence[str]:
    """Names of the terms that the mean and the metrics read."""
    every = _Terms(loss.terms_type, {info.name: getattr(terms, info.name) for info in loss.term_infos})
    loss.mean(cast("Any", every))
    loss.metrics(cast("Any", every), given)
    return tuple(every.read)


def _joined(loss: AnyLoss, parts: Sequence[Mapping[str, Tensor]]) -> Any:
    """What was kept of the terms of each block, in the place of those of the whole batch."""
    absent: dict[str, Tensor | None] = {info.name: None for info in loss.term_infos}
    kept = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    return _Terms(loss.terms_type, {**absent, **kept})
