from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.loss import AnyLoss


def training_call(
    loss: AnyLoss, step_stream: TensorDictBase, out: TensorDictBase, cfg: object
) -> tuple[Tensor, dict[str, float]]:
    """The public function of a loss with the arguments that training gives it."""
    outputs = [out] if loss.name == "dqn" else [out[head] for head in loss.heads]
    return loss.function(step_stream, *outputs, cfg)
