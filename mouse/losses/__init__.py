"""The list of all losses. Service, form, docs and tests iterate over it; a new loss is one file and one line here."""

from mouse.losses.dqn import DQN
from mouse.losses.loss import AnyLoss
from mouse.losses.sp import SP
from mouse.losses.sv import SV
from mouse.losses.vec_dqn import VEC_DQN

LOSSES: dict[str, AnyLoss] = {loss.name: loss for loss in (DQN, VEC_DQN, SP, SV)}
HEADS: dict[str, tuple[str, ...]] = {head: loss.head_dims for loss in LOSSES.values() for head in loss.heads}
"""Dimensions beyond batch and step of every entry of a model's output that a loss reads."""
