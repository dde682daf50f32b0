"""The bias that the CQL penalty would hold at equilibrium, beside the gap between prediction and target as it is.

Of one transition, with y = td_target and c = cql_scale held fixed as the loss holds them, and p = softmax(q):

    loss = (y - q[a])^2 + cql_weight c (logsumexp(q) - q[a])

    d loss / d q[a] = 2 (q[a] - y) - cql_weight c (1 - p[a])        the TD pull, and the push on the action taken, up
    d loss / d q[b] = cql_weight c p[b]                             the push on every other action, down

The TD pull balances the push on q[a] where

    q[a] - y = cql_weight c (1 - p[a]) / 2  >= 0

which is what is drawn: the taken action would come to rest so far above its target. Nothing balances the push on the
other actions, which adds up to cql_weight c (1 - p[a]) too: as long as no other transition holds them they sink, p[a]
goes to 1 and the bias to 0. It is therefore the equilibrium of q[a] at the softmax as it is now.

Of the terms 1 - p[a] = 1 - exp(-cql_penalty), and cql_weight c = cql_loss / cql_penalty.
"""

import torch
from torch import Tensor

from mouse_dashboard.figures.class_distributions import Spread, Values, draw_spread, spread
from mouse_dashboard.figures.cql_penalty import CQL_OFF
from mouse_dashboard.figures.figure import Figure, FigureOutput, floats
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import BLUE, ORANGE

LOOKS = {"at equilibrium": {"color": ORANGE}, "now": {"color": BLUE, "dash": "dash"}}


def bias(cql_loss: Tensor, cql_penalty: Tensor) -> Tensor:
    """``q_taken - td_target`` at which the TD pull balances the CQL push; 0 where the penalty is."""
    other_actions = torch.expm1(-cql_penalty).neg_()  # 1 - p[a]; every step in place, which halves the time
    return other_actions.mul_(cql_loss).div_(cql_penalty).div_(2).masked_fill_(cql_penalty == 0, 0)


def _info(part: LossInput) -> Spread | None:
    terms = part.terms
    if "cql_penalty" not in terms:
        return None
    at_rest = bias(floats(terms["cql_loss"]), floats(terms["cql_penalty"]))
    return spread(*(Values((name,), of) for name, of in zip(LOOKS, (at_rest, -floats(terms["td_error"])), strict=True)))


def _draw(part: LossInput, info: Spread | None) -> FigureOutput:
    if info is None:
        return FigureOutput(CQL_OFF)
    return draw_spread(info, LOOKS, part.unit, "q_taken - td_target (scaled reward units)", {})


CQL_BIAS = Figure(
    name="cql_bias",
    title="Bias at equilibrium",
    doc="How far above its target the penalty would hold the action taken, where 2 (q_taken - td_target) = "
    "cql_weight * cql_scale * (1 - softmax(q)[action]); it pushes the other actions down by as much in all.",
    scope="loss",
    panel="cql",
    info=_info,
    draw=_draw,
    terms=("cql_loss", "cql_penalty", "td_error"),
)
