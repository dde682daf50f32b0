"""Gradients: how the very loss that training calls changes with each output of its head, by autograd."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.config import LossConfig
from mouse.losses.fields import OUT, read
from mouse.losses.loss import AnyLoss
from mouse.losses.term import TermInfo


def head_gradient(loss: AnyLoss, step_stream: TensorDictBase, out: TensorDictBase, cfg: LossConfig) -> Tensor:
    """Gradient of the loss with respect to its head, before the weight.

    Formula: ``d mean(loss) / d out[head]``, as ``loss.function(...)[0].backward()`` leaves it in ``out[head].grad``.

    Shapes: ``step_stream``, ``out`` [B, S]; the result has the shape of the head, [B, S, A] or [B, S, A, D].

    Raises:
        MissingFieldError: (a KeyError) a field of the loss is absent.
        BatchError: (a ValueError) as the loss raises it for shapes and types; values are not judged.
    """
    terms, head = _with_gradient(loss, step_stream, out, cfg)
    with torch.enable_grad():
        mean = loss.mean(terms)
    return torch.autograd.grad(mean, head)[0]


def pull_back(
    loss: AnyLoss, step_stream: TensorDictBase, out: TensorDictBase, cfg: LossConfig, weights: Mapping[str, Tensor]
) -> Tensor:
    """Gradient of weighted terms with respect to the head, of a whole batch or of some of its sequences.

    Formula: ``sum(weight * d term / d out[head])``. Sequences do not meet before the mean: with the term ``loss`` and
    `upstream` of the whole batch as its weight, the parts of a batch, one below the other, are the gradient of the
    whole. A term that the loss adds up, such as ``td_loss``, gives the part of the gradient that comes through it.

    Shapes: ``step_stream``, ``out`` [B, S]; each weight [B, S - 1] or [B, S], as its term; the result as the head.

    Raises:
        MissingFieldError, BatchError: as `head_gradient`.
    """
    terms, head = _with_gradient(loss, step_stream, out, cfg)
    with torch.enable_grad():  # a term is computed when it is read
        named: list[Tensor] = [getattr(terms, name) for name in weights]
    return torch.autograd.grad(named, head, list(weights.values()))[0]


def upstream(loss: AnyLoss, terms: Any) -> Tensor:
    """How the mean changes with the loss of each transition: ``d mean(loss) / d loss``, of the shape of the terms."""
    each = cast("Tensor", terms.loss).detach().requires_grad_()
    with torch.enable_grad():
        return torch.autograd.grad(loss.mean(terms.replace(loss=each)), each)[0]


def gradient_infos(loss: AnyLoss) -> tuple[TermInfo, ...]:
    """What can be shown of a gradient beside the terms of a loss: its size per step, and per action."""
    head, unit = loss.heads[0], loss.loss_info.dims[1]
    whole = f"d mean(loss) / d {head}[t]"
    if len(loss.head_dims) > 1:
        size, doc = f"norm(d mean(loss) / d {head}[t, action])", "Length of the gradient of each action's vector."
        each = TermInfo(size, doc, signed=False, name="gradient", dims=("batch", unit, "action"))
    else:
        doc = "How the mean loss changes with the output for each action; training moves it the other way."
        each = TermInfo(whole, doc, signed=True, name="gradient", dims=("batch", unit, "action"))
    doc = "Length of the gradient of all outputs of the step together."
    norm = TermInfo(f"norm({whole})", doc, signed=False, name="gradient_norm", dims=("batch", unit))
    return each, norm


def length(gradient: Tensor, *dims: int) -> Tensor:
    """Euclidean norm over some dimensions, or over all of them."""
    return cast("Tensor", torch.linalg.vector_norm(gradient, dim=dims or None))


def _with_gradient(
    loss: AnyLoss, step_stream: TensorDictBase, out: TensorDictBase, cfg: LossConfig
) -> tuple[Any, Tensor]:
    """Terms that remember how they follow from the head, and the head."""
    name = loss.heads[0]
    head = read(out, name, OUT, "the head that the loss trains").detach()
    if head.is_floating_point():  # else the loss itself says what is wrong
        head.requires_grad_()
    with_head = out.copy()
    with_head[name] = head
    with torch.enable_grad():
        return loss.training_terms(loss.inputs(step_stream, with_head, **loss.stage_options(cfg)), cfg), head
