"""The rule over the CQL penalty."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import Change, RawFinding
from mouse.diagnosis.need import finite
from mouse.diagnosis.numbers import percent, round_down
from mouse.diagnosis.rule import rule
from mouse.diagnosis.shares import step_norm

WANTED_SHARE = 0.25


@rule(
    "cql-dominates",
    "warning",
    needs=(finite("dqn"),),
    thresholds=("cql_share", "min_samples"),
    shows="The share of the CQL term in the summed length of both gradients, and the bias of q_taken at which the two"
    " would balance.",
    why="What is minimised is mostly the penalty: it holds taken actions above their targets, by the bias named.",
    fix="Lower cql_weight.",
    sources=("https://github.com/takuseno/d3rlpy/issues/457", "https://github.com/takuseno/d3rlpy/pull/272"),
)
def cql_dominates(case: Case) -> Iterator[RawFinding]:
    """The CQL penalty outgrows the TD error.

    The CQL term is scaled by |td_target| + `cql_scale_q_eps`, so its gradient grows with the values: about 30 times the
    TD gradient at values near 100, weight 1 and a TD error of 1.
    """
    found = case.evaluation("dqn")
    if found.cfg.cql_weight == 0 or found.terms.loss.numel() < case.thresholds.min_samples:
        return
    of_td = torch.cat([step_norm(part[:, :-1]) for part in case.gradient_parts("dqn", "td_loss")])
    of_penalty, lifts = _of_penalty(case, found.terms.action)
    sum_td, sum_penalty = float(of_td.double().sum()), float(of_penalty.double().sum())
    if sum_td + sum_penalty == 0:
        return
    measured, limit = sum_penalty / (sum_td + sum_penalty), case.thresholds.cql_share
    if measured > limit:
        message = (
            f"The CQL term makes {percent(measured)} of the gradient (threshold {percent(limit)}); it balances the TD"
            f" term where q_taken lies {_bias(lifts):.3g} above its target on average."
        )
        ratio = sum_td / sum_penalty * WANTED_SHARE / (1 - WANTED_SHARE)
        weight = round_down(found.cfg.cql_weight * ratio) if ratio else 0.0
        change = Change("dqn.cql_weight", weight)
        mask = of_penalty > of_td
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=mask, loss="dqn", change=change)


def _of_penalty(case: Case, action: Tensor) -> tuple[Tensor, Tensor]:
    """Length of the penalty's gradient at each transition, and its entry for the action taken."""
    norms, taken = list[Tensor](), list[Tensor]()
    first = 0
    for part in case.gradient_parts("dqn", "cql_loss"):
        of_pairs, index = part[:, :-1], action[first : first + len(part)].unsqueeze(-1)
        norms.append(step_norm(of_pairs))
        taken.append(of_pairs.gather(-1, index).squeeze(-1))
        first += len(part)
    return torch.cat(norms), torch.cat(taken)


def _bias(lifts: Tensor) -> float:
    """TD error that pulls q_taken down as hard as the penalty lifts it: half of the gradient's size per transition."""
    return float(torch.mean(lifts.abs().double())) * lifts.numel() / 2
