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
    td, penalty = (case.gradient_of_term("dqn", term)[:, :-1] for term in ("td_loss", "cql_loss"))
    of_td, of_penalty = step_norm(td), step_norm(penalty)
    sum_td, sum_penalty = float(of_td.double().sum()), float(of_penalty.double().sum())
    if sum_td + sum_penalty == 0:
        return
    measured, limit = sum_penalty / (sum_td + sum_penalty), case.thresholds.cql_share
    if measured > limit:
        message = (
            f"The CQL term makes {percent(measured)} of the gradient (threshold {percent(limit)}); it balances the TD"
            f" term where q_taken lies {_bias(penalty, found.terms.action):.3g} above its target on average."
        )
        ratio = sum_td / sum_penalty * WANTED_SHARE / (1 - WANTED_SHARE)
        weight = round_down(found.cfg.cql_weight * ratio) if ratio else 0.0
        change = Change("dqn.cql_weight", weight)
        mask = of_penalty > of_td
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=mask, loss="dqn", change=change)


def _bias(penalty: Tensor, action: Tensor) -> float:
    """TD error that pulls q_taken down as hard as the penalty lifts it: half of the gradient's size per transition."""
    taken = penalty.gather(-1, action.unsqueeze(-1)).squeeze(-1)
    return float(torch.mean(taken.abs().double())) * taken.numel() / 2
