"""The discount of each transition."""

from typing import Annotated

from jaxtyping import Bool, Float
from pydantic import Field
from pydantic.dataclasses import dataclass
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.config import STRICT, Discount, LossConfig
from mouse.losses.fields import names, read_floats
from mouse.losses.term import Term

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


GammaN = Annotated[
    Float[Tensor, " batch time"] | None,
    Term("gamma_n[t+1]", "Discount over the n steps of the transition, gamma ** n, as stored.", signed=False),
]
"""As a term: None where the batch has none."""


def read_gamma_n(step_stream: TensorDictBase) -> Float[Tensor, " batch time"] | None:
    """Return the own discount of each transition, stored a row later as its reward is; None where there is none."""
    if "gamma_n" not in names(step_stream):
        return None
    return read_floats(step_stream, "gamma_n", "the discount over the steps of the transition, gamma ** n")[:, 1:]


def discounts(
    running: Float[Tensor, " batch time"],
    terminal: Bool[Tensor, " batch time"],
    truncated: Bool[Tensor, " batch time"],
    cfg: DiscountConfig,
    gamma_n: Float[Tensor, " batch time"] | None = None,
) -> Float[Tensor, " batch time"]:
    """Discount of each transition.

    Formula: ``gamma (1 - terminal - truncated) + gamma_terminal terminal + gamma_truncated truncated``, where
    ``running`` is the first bracket: the two flags exclude each other, so each transition takes exactly one number.
    `gamma_n`, where there is one, stands in the place of ``gamma``.
    """
    discount = (cfg.gamma if gamma_n is None else gamma_n.to(running.dtype)) * running
    if cfg.gamma_terminal > 0:
        discount.masked_fill_(terminal, cfg.gamma_terminal)
    if cfg.gamma_truncated > 0:
        discount.masked_fill_(truncated, cfg.gamma_truncated)
    return discount
