"""Rows without order, each with its own next state, worked by hand."""

import pytest
import torch
from torch import Tensor

import mouse
from mouse.errors import BatchError
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse.mapping import Mapping, apply, detect, plan
from mouse.transition_batch import holds_transitions
from tests.mapping.files import gymnasium

NEXT = [[31.0], [13], [99], [11], [12], [98]]
Q = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [8.0, 9.0], [0.5, 0.25]]
Q_NEXT = [[1.0, 0.0], [3.0, 2.0], [5.0, 4.0], [7.0, 6.0], [9.0, 8.0], [0.0, 0.5]]


def sample(**more: Tensor) -> dict[str, Tensor]:
    """A sample of a replay buffer with the values of its network, as scripts name them."""
    heads = {"q": torch.tensor(Q), "q_target_next": torch.tensor(Q_NEXT)}
    return gymnasium() | {"next_observations": torch.tensor(NEXT)} | heads | more


def test_each_row_becomes_a_pair_of_its_own_states() -> None:
    step_stream, out = apply(sample(), detect(sample()).mapping)
    assert holds_transitions(step_stream)
    assert step_stream["observations"].tolist()[:2] == [[[10], [31]], [[11], [13]]]
    assert step_stream["action"].tolist() == [[0, 1], [0, 0], [0, 1], [0, 0], [0, 1], [0, 0]]
    assert step_stream["reward"].tolist() == [[0, reward] for reward in (1, 2, 3, 4, 5, 6)]
    assert step_stream["done"].tolist() == [[0, 0], [0, 0], [0, 1], [0, 0], [0, 2], [0, 0]]
    assert out["dqn"].tolist() == [[values, [0, 0]] for values in Q]
    assert out["dqn_target"].tolist() == [[[0, 0], values] for values in Q_NEXT]
    assert "next_observations" not in set(step_stream.keys())


def test_the_loss_of_a_file_is_that_of_the_same_tensors_in_python() -> None:
    weights, discounts = torch.rand(6), torch.full((6,), 0.9) ** torch.tensor([1, 2, 3, 1, 2, 3])
    fields = sample(weights=weights, discounts=discounts)
    mapped = apply(fields, detect(fields).mapping)
    same = mouse.transitions(
        obs=fields["observations"], next_obs=fields["next_observations"], action=fields["actions"],
        reward=fields["rewards"], terminated=fields["terminations"], truncated=fields["truncations"],
        dqn=fields["q"], dqn_target_next=fields["q_target_next"], weight=weights, discount=discounts,
    )  # fmt: skip
    found, expected = (dqn_loss(*batch, DqnLossConfig(gamma=0.5))[0] for batch in (mapped, same))
    assert torch.equal(found, expected)


def test_values_of_both_states_make_the_two_rows_of_one_field() -> None:
    fields = sample(q_star=torch.zeros(6, 2), q_star_next=torch.ones(6, 2), q_next=torch.full((6, 2), 0.5))
    mapping = Mapping(fields={"reward": "rewards", "q_star": "q_star", "dqn": "q"}, layout="transitions")
    step_stream, out = apply(fields, mapping)
    assert step_stream["q_star"][0].tolist() == [[0, 0], [1, 1]]
    assert out["dqn"][1].tolist() == [[2, 3], [0.5, 0.5]]
    planned = plan(fields, mapping)
    assert planned.columns["dqn"].sources == ("q", "q_next")
    assert planned.notes[-1].endswith("of both states: `q_star`, `dqn`, `observations`.")


def test_of_a_state_that_is_not_in_the_file_nothing_is_made_up() -> None:
    fields = {name: value for name, value in sample(q_star=torch.zeros(6, 2)).items() if name != "next_observations"}
    mapping = Mapping(fields={"action": "actions", "reward": "rewards", "q_star": "q_star"}, layout="transitions")
    step_stream, _ = apply(fields, mapping)
    assert step_stream["observations"][:, 1].tolist() == [[0]] * 6
    assert step_stream["q_star"][:, 1].isneginf().all()


def test_a_target_head_is_of_the_next_state_whatever_it_is_called_and_that_is_said() -> None:
    fields = sample(target=torch.tensor(Q_NEXT))
    mapping = Mapping(fields={"reward": "rewards", "dqn_target": "target"}, layout="transitions")
    _, out = apply(fields, mapping)
    assert out["dqn_target"][:, 1].tolist() == Q_NEXT
    assert "`target` is read as values of the next state" in " ".join(plan(fields, mapping).notes)


def test_a_next_field_without_the_one_before_stands_in_the_second_row() -> None:
    step_stream, _ = apply(sample(next_room=torch.arange(6)), detect(sample()).mapping)
    assert step_stream["room"].tolist() == [[0, number] for number in range(6)]


def test_a_next_field_of_another_shape_is_left_out_and_named() -> None:
    fields = sample(room=torch.zeros(6), next_room=torch.zeros(6, 2))
    planned = plan(fields, detect(fields).mapping)
    assert planned.columns["room"].sources == ("room",)
    assert "`next_room` is dropped: its shape differs from that of `room`." in planned.notes


def test_a_next_field_of_a_name_of_mouses_own_is_carried_along_under_its_own() -> None:
    step_stream, _ = apply(sample(next_time=torch.arange(6)), detect(sample()).mapping)
    assert step_stream["next_time"][:, 0].tolist() == list(range(6))


def test_a_field_of_other_rows_is_refused() -> None:
    mapping = Mapping(fields={"reward": "rewards", "q_star": "q_star"}, layout="transitions")
    with pytest.raises(BatchError, match=r"mapping.fields.q_star: found q_star of shape \[5, 3\]"):
        plan(sample(q_star=torch.zeros(5, 3)), mapping)


def test_rows_that_were_never_written_are_no_transitions() -> None:
    fields = {name: torch.cat([value, torch.zeros_like(value)]) for name, value in sample().items()}
    mapping = detect(sample()).mapping
    planned = plan(fields | {"pos": torch.tensor(6)}, mapping)
    assert planned.rows.index.shape == (6, 2)
    assert "6 of 12 rows were never written" in " ".join(planned.notes)
