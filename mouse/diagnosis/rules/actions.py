"""Rules over actions: those that do not exist, and those that the state does not allow."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import any_of, condition, field, finite
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.taken import is_of_numbers, reads_indices
from mouse.wording import counted


@rule(
    "action-out-of-range",
    "error",
    needs=(field("action"),),
    shows="Minimum, maximum and type of `action` over rows 1 to S - 1; row 0 is never read. A is that of the heads.",
    why="The loss refuses the batch. Elsewhere such an index picks another action's value, or crashes the GPU.",
    fix="Check padding, sentinels on reset rows, and the size of the head's output.",
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def action_out_of_range(case: Case) -> Iterator[RawFinding]:
    """Action index outside the head's range.

    An action equals A, is a negative sentinel, or is stored as a float.
    """
    action = case.field("action")
    if not reads_indices(case) and is_of_numbers(action):
        raise RuleSkipped("actions that are indices")
    if action.dtype == torch.bool or action.is_floating_point():
        fractions = int((action.frac() != 0).sum()) if action.is_floating_point() else 0
        message = f"step_stream.action is {action.dtype} with {counted(fractions, 'fraction')}, expected int64."
        fix = "Store the index of the action as int64: .long()."
        yield RawFinding(message=message, measured=fractions, threshold=0, field="step_stream.action", fix=fix)
        if not action.is_floating_point():
            return
    n_actions = next((value.shape[2] for value in case.heads.values()), None)
    bad = action < 0
    if n_actions is not None:
        bad |= action >= n_actions
    bad[:, 0] = False
    if bool(bad.any()):
        low, high = (float(bound) for bound in action[:, 1:].aminmax())
        last = "" if n_actions is None else f" to {n_actions - 1}"
        message = f"{counted(int(bad.sum()), 'action')} outside 0{last}: found {low:g} to {high:g}."
        worst = low if low < 0 else high
        limit = None if n_actions is None else n_actions - 1
        yield RawFinding(message=message, measured=worst, threshold=limit, mask=bad, field="step_stream.action")


@rule(
    "invalid-action-taken",
    "error",
    needs=(field("action"), any_of(field("q_star"), field("dqn"))),
    shows="Transitions whose action has `-inf` in `q_star` or `dqn` of its state, and transitions without an end whose"
    " next state is `-inf` throughout. Pairs that lead to a reset row are left out: their action is a placeholder.",
    why="The TD error of such an action is infinite, and the loss infinite or NaN; where only `q_star` marks it, mask"
    " and action disagree, so one of the two belongs to another row.",
    fix="Check that mask and action are those of the same step, and that the environment refuses invalid actions.",
)
def invalid_action_taken(case: Case) -> Iterator[RawFinding]:
    """The action taken is invalid, or no next action is valid.

    The action taken is marked invalid (`-inf` in `q_star` or in Q), or a state that is bootstrapped from has no valid
    action.
    """
    action = case.integers("action")[:, 1:]
    real = torch.ones_like(action, dtype=torch.bool)
    running = real
    done = case.optional("done")
    if done is not None:
        real, running = ~case.episodes.no_transition, done[:, 1:] == 0
    for name in ("q_star", "dqn"):
        values = case.optional(name)
        if values is None:
            continue
        taken = _is_masked(values[:, :-1], action)
        bad = taken if name == "dqn" else taken & real
        if bool(bad.any()):
            message = f"{counted(int(bad.sum()), 'action')} taken where {name} is -inf, expected none."
            yield _found(case, message, bad, name)
        following = case.optional("dqn_target") if name == "dqn" else values
        if following is None:
            continue
        stuck = following[:, 1:].isneginf().all(dim=-1) & running & real
        if case.unordered and bool(stuck[running].all()):  # it is of the state that is left alone
            continue
        if bool(stuck.any()):
            where = "dqn_target" if name == "dqn" else name
            message = (
                f"{counted(int(stuck.sum()), 'running transition')} into a state where {where} is -inf throughout."
            )
            yield _found(case, message, stuck, where)


def _is_masked(values: Tensor, action: Tensor) -> Tensor:
    existing = action.clamp(0, values.shape[-1] - 1)
    return values.gather(-1, existing.unsqueeze(-1)).squeeze(-1).isneginf() & (existing == action)


def _found(case: Case, message: str, mask: Tensor, name: str) -> RawFinding:
    group = "step_stream" if name == "q_star" else "out"
    loss = "dqn" if case.running("dqn") else None
    return RawFinding(
        message=message, measured=int(mask.sum()), threshold=0, mask=mask, field=f"{group}.{name}", loss=loss
    )


def _has_legal(case: Case) -> bool:
    return case.legal is not None


@rule(
    "padded-q-finite",
    "info",
    needs=(
        any_of(field("q_star"), condition("a bool field [B, S, A] that allows the action taken", _has_legal)),
        finite("dqn"),
    ),
    thresholds=("padded_max_share", "padded_warning_share"),
    shows="The share of bootstrapped transitions whose largest target value belongs to an action that `q_star` marks"
    " invalid in the next state; without `q_star`, one that a bool field `[B, S, A]` forbids which always allows the"
    " action taken. It is a warning where such actions decide many maxima.",
    why="Such a value is never trained by a taken action, so it floats; as a maximum it moves every target before it.",
    fix="Mask the heads with -inf where the action is invalid, or keep such values down with a CQL penalty.",
    sources=("https://github.com/takuseno/d3rlpy/issues/387",),
)
def padded_q_finite(case: Case) -> Iterator[RawFinding]:
    """An invalid action wins the maximum of the target.

    Actions that `q_star` marks invalid have finite Q values, and enter the maximum and the soft maximum.
    """
    name, allowed = _allowed(case)
    terms = case.evaluation("dqn").terms
    used = terms.discount != 0
    winner = terms.q_next.argmax(dim=-1, keepdim=True)
    bad = ~allowed.gather(-1, winner).squeeze(-1) & used & allowed.any(dim=-1) & ~case.episodes.no_transition
    measured, limit = share(bad[used]), case.thresholds.padded_max_share
    if measured > limit:
        message = (
            f"An action that {name} marks invalid wins {percent(measured)} of the next-state maxima"
            f" (threshold {percent(limit)})."
        )
        yield RawFinding(
            message=message,
            measured=measured,
            threshold=limit,
            mask=bad,
            field="out.dqn_target",
            loss="dqn",
            severity="warning" if measured > case.thresholds.padded_warning_share else None,
        )


def _allowed(case: Case) -> tuple[str, Tensor]:
    """What says which actions are valid in the next state, and its name: `q_star`, else a field of legal actions."""
    if case.legal is not None and case.optional("q_star") is None:
        if case.legal.allowed.shape != case.field("dqn").shape:
            raise RuleSkipped(f"{case.legal.name.partition('.')[2]} with as many actions as dqn")
        return case.legal.name.partition(".")[2], case.legal.allowed[:, 1:]
    return "q_star", ~case.q_star_for("dqn")[:, 1:].isneginf()
