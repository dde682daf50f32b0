"""Stage 1 of the DQN loss: transitions out of consecutive rows."""

import dataclasses

from jaxtyping import Bool, Float, Int
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.discount import TERMINAL, TRUNCATED, read_gamma_n
from mouse.losses.fields import OUT, Heads, batch_shape, check_head, check_same_shape, read, read_integers
from mouse.losses.importance import read_importance_weight
from mouse.losses.reward import read_reward, read_xformed_reward
from mouse.losses.softmax import logsumexp
from mouse.losses.taken_action import take_action

PerTransition = Float[Tensor, " batch time"]


@dataclasses.dataclass(frozen=True)
class DqnInputs:
    """What the batch says whatever the config is, one entry per transition."""

    action: Int[Tensor, " batch time"]
    done: Int[Tensor, " batch time"]
    reward: PerTransition
    xformed_reward: PerTransition | None
    terminal: Bool[Tensor, " batch time"]
    truncated: Bool[Tensor, " batch time"]
    running: PerTransition
    gamma_n: PerTransition | None
    importance_weight: PerTransition | None
    q: Float[Tensor, " batch time action"]
    q_next: Float[Tensor, " batch time action"]
    q_taken: PerTransition
    q_next_max: PerTransition
    q_logsumexp: PerTransition | None


def dqn_inputs(step_stream: TensorDictBase, out: Heads, *, cql: bool = True, xformed: bool = False) -> DqnInputs:
    """Stage 1: aligned transitions and the parts of Q that a target needs, whatever the numbers in the config are.

    Row t+1 holds the action, reward and done that led from state t to state t+1. The soft maximum is computed only
    where `cql` asks for it; `xformed` makes the field xformed_reward required.

    Shapes: ``step_stream`` and ``out`` [B, S]; ``out["dqn"]``, ``out["dqn_target"]`` [B, S, A]; results [B, S-1].

    Raises:
        MissingFieldError: a field is absent.
        BatchError: a field has the wrong shape or type, or S < 2.
    """
    batch = batch_shape(step_stream, min_steps=2)
    action = read_integers(step_stream, "action", "the action that led to the row")[:, 1:]
    done = read_integers(step_stream, "done", "0 running, 1 terminal, 2 truncated")[:, 1:]
    online = read(out, "dqn", OUT, "float [B, S, A], the online values")
    target = read(out, "dqn_target", OUT, "float [B, S, A], the target head's values")
    check_head(online, "out.dqn", batch, "A")
    check_head(target, "out.dqn_target", batch, "A")
    check_same_shape(target, "out.dqn_target", online, "out.dqn")
    terminal, truncated = done == TERMINAL, done == TRUNCATED
    q, q_next = online[:, :-1], target[:, 1:].detach()
    return DqnInputs(
        action=action,
        done=done,
        reward=read_reward(step_stream),
        xformed_reward=read_xformed_reward(step_stream, required=xformed),
        terminal=terminal,
        truncated=truncated,
        running=(~(terminal | truncated)).to(q_next.dtype),
        gamma_n=read_gamma_n(step_stream),
        importance_weight=read_importance_weight(step_stream),
        q=q,
        q_next=q_next,
        q_taken=take_action(online, action),
        q_next_max=q_next.amax(dim=-1),
        q_logsumexp=logsumexp(q) if cql else None,
    )
