"""The CQL figures: numbers worked by hand, the library's gradient as the judge of the equilibrium."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from mouse.losses.dqn import DqnLossConfig
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.cql_bias import CQL_BIAS, bias
from mouse_dashboard.figures.cql_over_time import CQL_OVER_TIME
from mouse_dashboard.figures.cql_penalty import CQL_PENALTY
from mouse_dashboard.figures.cql_push import CQL_PUSH, MOST_ACTIONS
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, loss_input, narrow, row_input, transition_input

CQL = DqnLossConfig(cql_weight=0.5, cql_scale_q_eps=1.0)


def planted(cfg: DqnLossConfig = CQL) -> dict[str, Tensor]:
    return narrow("dqn", random_batch(), cfg)


@pytest.mark.parametrize("kind", ["cql_penalty", "cql_bias"])
def test_a_loss_without_penalty_says_that_it_is_off(kind: str) -> None:
    drawn = FIGURES[kind].make(loss_input("dqn"))
    assert drawn.data == []
    assert drawn.note.startswith("The CQL penalty is off: cql_weight is 0.")


def test_the_penalty_stands_over_its_scale() -> None:
    terms = planted()
    points = CQL_PENALTY.make(loss_input("dqn", random_batch(), None, None, **terms)).data[0]
    assert decoded(points["x"]) == plain(terms["cql_scale"].flatten())
    assert decoded(points["y"]) == plain(terms["cql_penalty"].flatten())


def test_the_bias_by_hand() -> None:
    # Two actions of one value: softmax 1/2, penalty ln 2; weight 0.5 and scale 6 push by 3 * (1 - 1/2) = 1.5,
    # which the TD pull 2 (q - y) meets at a bias of 0.75.
    penalty = torch.tensor([math.log(2), 0.0])
    assert bias(0.5 * 6 * penalty, penalty).tolist() == [pytest.approx(0.75), 0.0]


def test_at_the_bias_the_gradient_of_the_taken_action_is_zero() -> None:
    """Move each q_taken's target so that the gap is the bias: autograd of the loss finds nothing left to push."""
    batch: Any = random_batch()
    terms = narrow("dqn", batch, CQL)
    q: Tensor = batch.out["dqn"][:, :-1].double().requires_grad_()
    action: Tensor = batch.step_stream["action"][:, 1:, None]
    taken = q.gather(-1, action).squeeze(-1)
    target = taken.detach() - bias(terms["cql_loss"].double(), terms["cql_penalty"].double())
    pushed = CQL.cql_weight * terms["cql_scale"] * (q.logsumexp(-1) - taken)
    gradient = torch.autograd.grad(((target - taken) ** 2 + pushed).sum(), q)[0]
    assert gradient.gather(-1, action).abs().max() < 1e-5
    others = gradient.sum(-1) - gradient.gather(-1, action).squeeze(-1)
    assert torch.allclose(others, 2 * (taken.detach() - target), atol=1e-5)


def test_the_bias_is_drawn_beside_the_gap_as_it_is() -> None:
    terms = planted()
    rest, now = CQL_BIAS.make(loss_input("dqn", random_batch(), None, None, **terms)).data[2:]
    gaps: list[float] = sorted(plain(-terms["td_error"].flatten()))
    assert now["x"] == [gaps[0], gaps[11], gaps[-1]]  # of 24 values: the first, the 12th, the last
    held: list[float] = sorted(plain(bias(terms["cql_loss"], terms["cql_penalty"]).flatten()))
    assert rest["x"] == [held[0], held[11], held[-1]]


def test_the_push_by_hand() -> None:
    # B (S - 1) = 24 transitions. Two of three actions of one value and a third far below: softmax 1/2, 1/2, 0. The
    # executed action's target is reward 3 (its end is terminal): scale 3 + 1 = 4, CQL part 0.5 * 4 * (softmax -
    # executed) / 24, TD part 2 (q - 3) / 24 = -4 / 24.
    batch: Any = random_batch()
    batch.out["dqn"][1, 4] = torch.tensor([1.0, 1.0, -1e4])
    batch.step_stream["action"][1, 5], batch.step_stream["reward"][1, 5], batch.step_stream["done"][1, 5] = 0, 3, 1
    drawn = CQL_PUSH.make(transition_input("dqn", batch, 1, 4, CQL))
    td, cql = drawn.data
    assert decoded(td["y"]) == pytest.approx([-4 / 24, 0, 0])
    assert decoded(cql["y"]) == pytest.approx([-1 / 24, 1 / 24, 0])
    assert drawn.note == "sequence 1, transition 4: executed 0"


def test_of_many_actions_the_executed_and_the_most_pushed_are_drawn() -> None:
    batch: Any = random_batch(2, 4, 200)
    batch.step_stream["action"][1, 2] = 7
    drawn = CQL_PUSH.make(transition_input("dqn", batch, 1, 1, CQL))
    softmax: list[float] = plain(batch.out["dqn"][1, 1].softmax(-1))
    expected = sorted(range(200), key=lambda action: -math.inf if action == 7 else -softmax[action])[:MOST_ACTIONS]
    assert drawn.data[0]["x"] == [str(action) for action in sorted(expected)]
    assert drawn.note.endswith("of 200 actions the 64 that are pushed most")


def test_the_push_of_a_loss_without_penalty_says_that_it_is_off() -> None:
    assert CQL_PUSH.make(transition_input("dqn", random_batch(), 1, 4)).note.startswith("The CQL penalty is off")


def test_both_parts_of_loss_and_gradient_over_time() -> None:
    batch: Any = random_batch()
    drawn = CQL_OVER_TIME.make(row_input("dqn", batch, 2, 3, CQL))
    found = {trace["name"]: decoded(trace["y"]) for trace in drawn.data if "customdata" in trace}
    terms = narrow("dqn", batch, CQL)
    assert found["td_loss"] == plain(terms["td_loss"][2])
    assert found["cql_loss"] == plain(terms["cql_loss"][2])
    # TD: 2 td_error / 24 on one action. CQL: 0.5 scale (softmax - executed) / 24 on all of them.
    assert found["TD gradient"] == pytest.approx([abs(error) / 12 for error in plain(terms["td_error"][2])])
    executed = torch.nn.functional.one_hot(batch.step_stream["action"][2, 1:], 3)
    push = 0.5 * terms["cql_scale"][2, :, None] * (batch.out["dqn"][2, :-1].softmax(-1) - executed) / 24
    assert found["CQL gradient"] == pytest.approx(plain(push.norm(dim=-1)))


def test_a_sequence_without_penalty_says_that_it_is_off() -> None:
    assert CQL_OVER_TIME.make(row_input("dqn", random_batch(), 2, 3)).note.startswith("The CQL penalty is off")
