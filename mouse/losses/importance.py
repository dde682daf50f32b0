"""Importance weights of transitions, such as those of prioritised replay."""

from typing import Annotated

from jaxtyping import Float
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.fields import names, read_floats
from mouse.losses.term import Term
from mouse.losses.value_checks import ValueCheck, none_outside

PerTransition = Float[Tensor, " batch time"]
ImportanceWeight = Annotated[
    PerTransition | None,
    Term("importance_weight[t+1]", "Factor of all that the transition adds to the loss, as stored.", signed=False),
]
"""As a term: None where the batch has none."""
FACTOR = "(1 if importance_weight is None else importance_weight)"
"""The weight in the formula of a term that it is a factor of."""


def read_importance_weight(step_stream: TensorDictBase) -> PerTransition | None:
    """Return the weight of each transition, stored a row later as its reward is; None where the batch has none.

    It receives no gradient.
    """
    if "importance_weight" not in names(step_stream):
        return None
    return read_floats(step_stream, "importance_weight", "the importance weight of the transition")[:, 1:].detach()


def weighted(loss: PerTransition, weight: PerTransition | None) -> PerTransition:
    """Formula: ``weight * loss``, in the type of the loss; the loss itself where there is no weight."""
    return loss if weight is None else weight.to(loss.dtype) * loss


def weights_not_negative(weight: PerTransition | None) -> tuple[ValueCheck, ...]:
    """No weight turns a penalty into a reward; ``weight`` starts at step 1 because row 0 is never read."""
    if weight is None:
        return ()
    fix = "repair the weights, or leave them out"
    return (none_outside("importance_weight", weight, weight < 0, "0 or more", fix),)
