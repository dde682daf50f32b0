"""Softmax over actions, whose number is often smaller than what a vector instruction takes at a time; its entropy."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

FEW_ACTIONS = 16
"""Below it torch's own are up to four times slower on a CPU than the same along the first dimension."""


def log_softmax(logits: Float[Tensor, "*batch action"]) -> Float[Tensor, "*batch action"]:
    """Logarithm of the softmax over the last dimension."""
    if logits.device.type != "cpu" or logits.shape[-1] >= FEW_ACTIONS:
        return logits.log_softmax(dim=-1)
    return logits.movedim(-1, 0).contiguous().log_softmax(dim=0).movedim(0, -1).contiguous()


def logsumexp(values: Float[Tensor, "*batch action"]) -> Float[Tensor, "*batch"]:
    """Logarithm of the sum of exponentials over the last dimension.

    The backward pass uses the exponentials again, where torch's own takes them anew.
    """
    few = values.device.type == "cpu" and values.shape[-1] < FEW_ACTIONS
    dim, values = (0, values.movedim(-1, 0).contiguous()) if few else (-1, values)
    largest = values.detach().amax(dim=dim, keepdim=True)
    largest = largest.masked_fill_(largest.isinf(), 0)  # infinity minus itself is no number
    return (values - largest).exp_().sum(dim=dim).log() + largest.squeeze(dim)


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
