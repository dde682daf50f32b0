"""What a training step calls: a loss and its metrics out of its stages, of the whole batch or block by block."""

from jaxtyping import Float
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.blocks import in_blocks, rows_per_block
from mouse.losses.config import LossConfig
from mouse.losses.demand import read_back
from mouse.losses.fields import Heads
from mouse.losses.loss import AnyLoss, Evaluation


def evaluate(loss: AnyLoss, step_stream: TensorDictBase, out: Heads, cfg: LossConfig) -> Evaluation:
    """The loss with its gradient, its metrics and its demands; nothing is brought to the host unless in blocks."""
    rows = rows_per_block(loss, step_stream, out)
    if rows is not None and (found := in_blocks(loss, step_stream, out, cfg, rows)) is not None:
        return found
    inputs = loss.inputs(step_stream, out, **loss.switches(cfg))
    terms = loss.terms(inputs, cfg)
    return Evaluation(loss.mean(terms), loss.metrics(terms, out), loss.demands(inputs))


def train(
    loss: AnyLoss, step_stream: TensorDictBase, out: Heads, cfg: LossConfig
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The loss with its gradient, and its metrics as floats: one host sync.

    Raises:
        MissingFieldError, BatchError: as the stages raise them, and for a broken demand.
    """
    found = evaluate(loss, step_stream, out, cfg)
    return found.mean, read_back(found.metrics, found.demands)
