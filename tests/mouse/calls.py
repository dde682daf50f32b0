import inspect

from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.loss import AnyLoss


def training_call(
    loss: AnyLoss, step_stream: TensorDictBase, out: TensorDictBase, cfg: object
) -> tuple[Tensor, dict[str, float]]:
    """The public function of a loss with the arguments that training gives it."""
    given = {"step_stream": step_stream, "out": out, "cfg": cfg, **{head: out[head] for head in loss.heads}}
    return loss.function(**{name: given[name] for name in inspect.signature(loss.function).parameters})
