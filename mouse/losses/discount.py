"""What the next state's value counts for: the discount of each transition."""

from typing import Annotated

from jaxtyping import Bool, Float
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from mouse.losses.config import STRICT, Discount, LossConfig

TERMINAL = 1
TRUNCATED = 2


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DiscountConfig(LossConfig):
    """How much of the next state's value a target keeps, by the way the transition ends."""

    gamma: Annotated[
        Discount,
        Field(description="Discount inside an episode; the effective horizon is 1 / (1 - gamma) steps."),
    ] = 0.99
    gamma_terminal: Annotated[
        Discount,
        Field(description="Discount into a terminal state (done = 1); 0: nothing follows it."),
    ] = 0.0
    gamma_truncated: Annotated[
        Discount,
        Field(description="Discount where a time limit cut the episode (done = 2); above 0 bootstraps from row t+1."),
    ] = 0.0


def discounts(
    running: Float[Tensor, " batch time"],
    terminal: Bool[Tensor, " batch time"],
    truncated: Bool[Tensor, " batch time"],
    cfg: DiscountConfig,
) -> Float[Tensor, " batch time"]:
    """Discount of each transition.

    Formula: ``gamma (1 - terminal - truncated) + gamma_terminal terminal + gamma_truncated truncated``, where
    ``running`` is the first bracket: the two flags exclude each other, so each transition takes exactly one number.
    """
    discount = cfg.gamma * running
    if cfg.gamma_terminal > 0:
        discount.masked_fill_(terminal, cfg.gamma_terminal)
    if cfg.gamma_truncated > 0:
        discount.masked_fill_(truncated, cfg.gamma_truncated)
    return discount
