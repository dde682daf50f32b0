"""A loss in blocks of sequences on a CPU: the same stages on less data, so that their temporaries stay in the cache.

Sequences do not meet before the mean. So the gradient of a block is computed together with its terms, and only those
terms that the mean and the metrics read are kept, and joined.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses.config import LossConfig
from mouse.losses.fields import Heads
from mouse.losses.gradient import upstream
from mouse.losses.lazy_terms import LazyTerms
from mouse.losses.loss import AnyLoss, Evaluation
from mouse.losses.precomputed_gradient import attach_gradient
from mouse.torch_internals import has_function_mode, is_dual, is_functorch_tensor

ENTRIES_PER_BLOCK = 1 << 19
"""Entries of the head that each thread works on at a time, as many as leave room for temporaries in its cache."""
ROWS = 32
"""Blocks start at multiples of it, where the vector instructions start anew on the whole batch too: some round the last
bit of what is left over at the end differently."""


def rows_per_block(loss: AnyLoss, step_stream: TensorDictBase, out: Heads) -> int | None:
    """How many sequences make a block; None where the batch is evaluated whole.

    It is where it is small or on another device, and where more than `backward` follows the operations: a compiler,
    `mouse.explain`, `torch.func`, forward mode.
    """
    if not loss.in_blocks or torch.compiler.is_compiling():
        return None
    head = cast("Any", out.get(loss.heads[0], None))
    entries = torch.get_num_threads() * ENTRIES_PER_BLOCK
    if not isinstance(head, Tensor) or head.numel() <= entries or has_function_mode():
        return None
    if not all(_is_plain(out.get(name, None), step_stream.batch_size) for name in loss.heads):
        return None
    rows = math.ceil(entries * head.shape[0] / head.numel() / ROWS) * ROWS
    return rows if rows < head.shape[0] else None


def _is_plain(head: Any, shape: torch.Size) -> bool:
    """Whether it is an ordinary tensor in memory, one row per step. The loss itself says what is wrong with another."""
    return (
        type(head) in {Tensor, torch.nn.Parameter}
        and head.shape[:2] == shape
        and head.device.type == "cpu"
        and not is_functorch_tensor(head)
        and not is_dual(head)
    )


def evaluate_in_blocks(
    loss: AnyLoss, step_stream: TensorDictBase, out: Heads, cfg: LossConfig, rows: int
) -> Evaluation | None:
    """Evaluate a loss in blocks of so many sequences; None where it takes the whole batch.

    It does to say what is wrong and where, and for the gradient of a mean that weighs its places differently.
    """
    head = out[loss.heads[0]]
    sequences = head.shape[0]
    gradient = torch.empty_like(head) if head.requires_grad and torch.is_grad_enabled() else None
    names: Sequence[str] = ()
    parts: list[Mapping[str, Tensor]] = []
    with torch.no_grad():
        for start in range(0, sequences, rows):
            block = slice(start, start + rows)
            heads = {name: out[name].detach()[block] for name in loss.heads}
            target = None if gradient is None else gradient[block]
            terms = _evaluate_block(loss, step_stream[block], heads, cfg, sequences, target)
            if terms is None:
                return None
            names = names or _names_read(loss, terms, heads)
            parts.append({name: getattr(terms, name).detach() for name in names})
            del terms  # the next block finds its memory in the cache
        whole = _join(loss, parts)
        mean = loss.mean(whole)
        metrics = loss.metrics(whole, mean, out)
        if gradient is None:
            return Evaluation(mean, metrics, ())
        weight, even = upstream(loss, whole), _even_weight(whole.loss, sequences)
        if bool((weight != weight[0, 0]).any()):
            return None
        if bool(weight[0, 0] != even):
            gradient.mul_(weight[0, 0] / even)
    return Evaluation(attach_gradient(loss.name, head, mean, gradient), metrics, ())


def _evaluate_block(  # noqa: PLR0913, PLR0917  a loss on a batch, and where its gradient goes
    loss: AnyLoss,
    step_stream: TensorDictBase,
    out: dict[str, Tensor],
    cfg: LossConfig,
    sequences: int,
    gradient: Tensor | None,
) -> Any:
    """Terms of a block, and its gradient as if all places of so many sequences counted alike.

    None where a stage raises or a check fails.
    """
    head = out[loss.heads[0]].requires_grad_(gradient is not None)
    try:
        with torch.set_grad_enabled(gradient is not None):
            inputs = loss.inputs(step_stream, out, **loss.stage_options(cfg))
            terms = loss.training_terms(inputs, cfg)
            per_place = terms.loss
    except (BatchError, MissingFieldError):
        return None
    if any(check.failed for check in loss.checks(inputs)):
        return None
    if gradient is not None:
        weight = _even_weight(per_place, sequences).expand_as(per_place)
        gradient.copy_(torch.autograd.grad(per_place, head, weight)[0])
    return terms


def _even_weight(loss: Tensor, sequences: int) -> Tensor:
    """What the loss of each place counts for in the mean over all of them."""
    return loss.new_ones(()) / (sequences * loss.shape[1])


def _names_read(loss: AnyLoss, terms: Any, heads: Heads) -> Sequence[str]:
    """Names of the terms that the mean and the metrics read."""
    names: list[str] = []

    def read(name: str, _terms: LazyTerms) -> Tensor:
        names.append(name)
        return getattr(terms, name)

    every = {info.name: getattr(terms, info.name) for info in loss.term_infos}
    view = LazyTerms(**{name: term if term is None else partial(read, name) for name, term in every.items()})
    loss.metrics(view, loss.mean(view), heads)
    return names


def _join(loss: AnyLoss, parts: Sequence[Mapping[str, Tensor]]) -> LazyTerms:
    """Terms of the whole batch, of which only those of the parts are read."""
    absent: dict[str, Tensor | None] = {info.name: None for info in loss.term_infos}
    return LazyTerms(**absent | {name: torch.cat([part[name] for part in parts]) for name in parts[0]})
