"""How sure a distribution is of an action."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def relative_entropy(
    log_p: Float[Tensor, "*batch action"], valid: Bool[Tensor, "*batch action"]
) -> Float[Tensor, "*batch"]:
    """Entropy over that of the uniform distribution on the valid actions.

    Formula: ``-sum(P log P) / log(n_valid)``, from 0, sure of one action, to 1, no preference; NaN with fewer than two
    valid actions, where there is no choice to be sure of.

    Shapes: ``log_p`` [..., A], finite where invalid; ``valid`` [..., A]; result [...].
    """
    entropy = -(log_p.exp() * log_p).sum(dim=-1)
    choices = valid.sum(dim=-1)
    return torch.where(choices > 1, entropy / choices.clamp_min(2).log(), torch.nan)
