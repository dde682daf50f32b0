"""A batch of unordered transitions, such as a replay-buffer sample: each is a sequence of its two states.

Row 0 shows the state that is left, row 1 the next one, with the action, reward and done that led to it. Row 0 is the
context of row 1: nothing led to it, and no loss on transitions reads an action, reward or done there.
"""

from collections.abc import Mapping
from typing import Any, cast

import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses import HEADS
from mouse.losses.discount import TERMINAL, TRUNCATED
from mouse.losses.fields import OUT, STEP_STREAM
from mouse.wording import listed

TRANSITION_FIELDS = ("action", "reward", "done", "xformed_reward", "importance_weight", "gamma_n")
"""Fields that tell of a transition, and not of one of its states."""
REQUIRED_FIELDS = ("action", "reward", "done")
"""Those that every library has: 0 in row 0, to which nothing led."""
ABSENT = {"q_star": -torch.inf, "time": -1}
"""What stands for a state that a field does not tell of: no valid action, an unknown step, and 0 elsewhere."""
Array = Any
"""A tensor, or what `torch.as_tensor` takes."""


def transitions(  # noqa: PLR0913  one argument per column of a replay buffer
    *,
    obs: Array = None,
    action: Array,
    reward: Array,
    next_obs: Array = None,
    done: Array = None,
    terminated: Array = None,
    truncated: Array = None,
    weight: Array = None,
    discount: Array = None,
    **fields: Array,
) -> tuple[TensorDict, TensorDict]:
    """Make a batch of N transitions without order: what a replay buffer samples, and what the model says of it.

    A field is of the state that is left; ``dqn_target_next`` or ``next_dqn_target`` is ``dqn_target`` of the next
    state. What is not given of a state is 0 there, -inf in ``q_star`` (no action is valid) and -1 in ``time``.

    Shapes: every field [N, ...]; results [N, 2, ...]. A scalar field may be [N, 1], as Stable-Baselines3 samples it.

    Args:
        obs: observation of the state that is left.
        action: index of the action taken.
        reward: reward of the transition; of n steps, their discounted sum.
        next_obs: observation of the next state.
        done: whether the episode ends there, or its codes: 0 running, 1 terminal, 2 truncated.
        terminated: whether it ends in a terminal state; instead of `done`.
        truncated: whether a time limit cuts it; with `terminated`.
        weight: importance weight, a factor of what the transition adds to the loss; stored as ``importance_weight``.
        discount: gamma ** n of an n-step transition, in the place of ``cfg.gamma``; stored as ``gamma_n``.
        fields: heads by the names of the losses, such as ``dqn`` and ``dqn_target_next``, and any other field.

    Raises:
        BatchError: (a ValueError) fields of several lengths, of a wrong shape or type, or ends told twice.

    Example:
        >>> step_stream, out = mouse.transitions(
        ...     obs=obs, action=action, reward=reward, done=done, next_obs=next_obs,
        ...     dqn=q(obs), dqn_target_next=q_target(next_obs), weight=weight,
        ... )
        >>> loss, metrics = dqn_loss(step_stream, out, DqnLossConfig(gamma=0.99))
        >>> mouse.show(step_stream, out)
    """
    named = {"obs": obs, "next_obs": next_obs, "action": action, "reward": reward, **fields}
    for name, argument, value in (("importance_weight", "weight", weight), ("gamma_n", "discount", discount)):
        if value is not None and name in fields:
            raise BatchError(argument, f"{name} beside it", "one of the two", "leave one out")
        named[name] = fields.get(name) if value is None else value
    fields = {name: _tensor(name, value) for name, value in named.items() if value is not None}
    ends = {"done": done, "terminated": terminated, "truncated": truncated}
    codes = _done({name: _tensor(name, value) for name, value in ends.items() if value is not None})
    if codes is not None:
        fields["done"] = codes
    _check_lengths(fields)
    fields = {name: _scalar(name, value) if name in TRANSITION_FIELDS else value for name, value in fields.items()}
    states: dict[str, dict[bool, Tensor]] = {}
    for name, value in fields.items():
        of, following = state_of(name)
        if following in states.setdefault(of, {}):
            raise BatchError(name, f"{of} of that state twice", "one name for it", "leave one out")
        states[of][following] = value
    groups: dict[str, dict[str, Tensor]] = {STEP_STREAM: {}, OUT: {}}
    for name, values in states.items():
        groups[OUT if name in HEADS else STEP_STREAM][name] = pair(name, values.get(False), values.get(True))
    shape = (len(fields["action"]), 2)
    return TensorDict(groups[STEP_STREAM], batch_size=shape), TensorDict(groups[OUT], batch_size=shape)


def state_of(name: str) -> tuple[str, bool]:
    """The field that a name refers to, and whether it belongs to the next state, as a transition's own fields do."""
    of = name.removeprefix("next_").removesuffix("_next")
    if of != name and of in TRANSITION_FIELDS:
        raise BatchError(name, "a field of the next state", f"{of}, which is of the transition", f"pass it as {of}")
    return of, of != name or name in TRANSITION_FIELDS


def pair(name: str, left: Tensor | None, following: Tensor | None) -> Tensor:
    """Stack a field of both states to ``[N, 2, ...]``, with gradient into what was given."""
    state = left if left is not None else following
    assert state is not None, "a name comes from one of the two"  # noqa: S101
    if left is not None and following is not None and left.shape != following.shape:
        raise BatchError(
            f"next_{name}",
            f"shape {list(following.shape)}",
            f"that of {name}, {list(left.shape)}",
            "make the two agree",
        )
    absent = absent_like(name, state)
    return torch.stack((absent if left is None else left, absent if following is None else following), dim=1)


def absent_like(name: str, values: Tensor) -> Tensor:
    """The placeholder for states without a value."""
    return torch.zeros_like(values) if name not in ABSENT else torch.full_like(values, ABSENT[name])


def holds_transitions(step_stream: TensorDictBase) -> bool:
    """Whether a batch is one of transitions without order, as `transitions` and the layout of that name make them.

    Two rows a sequence alone do not tell: pairs of answers and short windows have two as well. It is told by what only
    such a batch lacks: an action, a reward and a done in row 0, in any of its sequences. So it outlives copying,
    slicing, saving and pushing, which a mark would not.
    """
    if len(step_stream.batch_size) != 2 or step_stream.batch_size[1] != 2:
        return False
    values_there = {name: cast("object", step_stream.get(name, None)) for name in REQUIRED_FIELDS}
    led = {name: value for name, value in values_there.items() if isinstance(value, Tensor)}
    plain = all(value.shape == step_stream.batch_size and not value.is_complex() for value in led.values())
    return {"action", "reward"} <= led.keys() and plain and not any(bool((v[:, 0] != 0).any()) for v in led.values())


def _tensor(name: str, value: Array) -> Tensor:
    try:
        tensor = torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise BatchError(name, f"a {type(value).__name__}", "a tensor or an array", "convert it first") from error
    if tensor.dim() == 0 or len(tensor) == 0:
        raise BatchError(name, f"shape {list(tensor.shape)}", "[N, ...], one entry per transition", "batch it first")
    return tensor


def _check_lengths(fields: Mapping[str, Tensor]) -> None:
    """Check that every field has an entry for each transition."""
    count = len(fields["action"])
    for name, value in fields.items():
        if len(value) != count:
            raise BatchError(
                name, f"{len(value):,} entries", f"{count}, one per transition, as action has", "take the same sample"
            )


def _scalar(name: str, value: Tensor) -> Tensor:
    """One number a transition, in the type that losses read."""
    if value.shape[1:].numel() != 1:
        fix = "pass continuous actions under another name" if name == "action" else "pass one number per transition"
        raise BatchError(name, f"shape {list(value.shape)}", "[N]", fix)
    value = value.flatten()
    if name in {"action", "done"}:
        if value.is_floating_point() or value.is_complex():
            raise BatchError(name, str(value.dtype), "whole numbers", "convert them with .long()")
        return value.long()
    return value if value.is_floating_point() else value.float()


def _done(ends: Mapping[str, Tensor]) -> Tensor | None:
    """Done codes from end flags: terminal if an end is both."""
    if "done" in ends and len(ends) > 1:
        raise BatchError("done", f"{listed(ends, '')} together", "done, or terminated and truncated", "leave one out")
    if "done" in ends:
        codes = ends["done"].flatten()
        return _flag("done", ends["done"]).long() if ends["done"].is_floating_point() else codes.long()
    if not ends:
        return None
    flags = {name: _flag(name, value) for name, value in ends.items()}
    if len({len(flag) for flag in flags.values()}) > 1:
        raise BatchError("truncated", "another length than terminated", "the same", "take the same sample")
    none = torch.zeros_like(next(iter(flags.values())))
    terminal, cut = flags.get("terminated", none), flags.get("truncated", none)
    return TERMINAL * terminal.long() + TRUNCATED * (cut & ~terminal).long()


def _flag(name: str, value: Tensor) -> Tensor:
    """Whether, of true and false in any type: buffers hold them as floats too."""
    wrong = (value != 0) & (value != 1)
    if bool(wrong.any()):
        raise BatchError(name, f"{value[wrong][0].item():g}", "true or false, 1 or 0", "pass codes as whole numbers")
    return value.flatten() != 0
