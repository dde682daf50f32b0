"""The training path: compute a loss and its metrics from its stages, on the whole batch or block by block."""

import torch
from jaxtyping import Float
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.blocks import evaluate_in_blocks, rows_per_block
from mouse.losses.config import LossConfig
from mouse.losses.fields import Heads
from mouse.losses.loss import AnyLoss, Evaluation
from mouse.losses.value_checks import sync_metrics
from mouse.torch_internals import has_function_mode


def evaluate(loss: AnyLoss, step_stream: TensorDictBase, out: Heads, cfg: LossConfig) -> Evaluation:
    """The loss with its gradient, its metrics and its value checks; nothing is brought to the host unless in blocks."""
    rows = rows_per_block(loss, step_stream, out)
    if rows is not None and (evaluation := evaluate_in_blocks(loss, step_stream, out, cfg, rows)) is not None:
        return evaluation
    inputs = loss.inputs(step_stream, out, **loss.stage_options(cfg))
    stage_two = loss.terms if has_function_mode() else loss.training_terms  # who watches sees every term
    terms = stage_two(inputs, cfg)
    mean = loss.mean(terms)
    with torch.no_grad():
        return Evaluation(mean, loss.metrics(terms, mean, out), loss.checks(inputs))


def train(
    loss: AnyLoss, step_stream: TensorDictBase, out: Heads, cfg: LossConfig
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The loss with its gradient, and its metrics as floats: one host sync.

    Raises:
        MissingFieldError, BatchError: as the stages raise them, and for a failed check.
    """
    evaluation = evaluate(loss, step_stream, out, cfg)
    return evaluation.mean, sync_metrics(evaluation.metrics, evaluation.checks)
