"""A mapped file is the batch that was worked out by hand."""

import dataclasses
from typing import Any, cast

import pytest
import torch
from tensordict import TensorDict

from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_terms
from mouse.losses.fields import names
from mouse.mapping import Mapping, apply, plan
from tests.mapping.files import ARRIVED, EPISODIC, GYMNASIUM, STATES, d4rl, gymnasium, heads, minari, refused, torchrl

WITH_HEADS = dataclasses.replace(GYMNASIUM, fields=GYMNASIUM.fields | {"dqn": "dqn", "dqn_target": "dqn_target"})
TORCHRL = Mapping(
    fields={"action": "action", "reward": "next.reward", "terminated": "next.terminated", "done": "next.done"},
    alignment="state",
)


def column(batch: TensorDict, name: str) -> list[Any]:
    """A field of the one sequence."""
    return cast("list[list[Any]]", batch[name].tolist())[0]


@pytest.mark.parametrize(
    ("fields", "mapping"),
    [
        (gymnasium(), GYMNASIUM),
        (minari(), dataclasses.replace(EPISODIC, windows="across")),
        (gymnasium(1, 6), dataclasses.replace(GYMNASIUM, layout="sequences", length=None)),
        (gymnasium(6, 1), dataclasses.replace(GYMNASIUM, layout="time_major")),
        (torchrl(), TORCHRL),
    ],
    ids=["flat", "episodes", "sequences", "time major", "torchrl"],
)
def test_every_layout_becomes_the_batch_worked_by_hand(fields: dict[str, torch.Tensor], mapping: Mapping) -> None:
    step_stream, _out = apply(fields, mapping)
    assert {name: column(step_stream, name) for name in ARRIVED} == ARRIVED
    assert step_stream["action"].dtype == step_stream["done"].dtype == torch.int64
    (observation,) = {"observation", "observations"} & names(step_stream)
    assert step_stream[observation].flatten().tolist() == STATES


def test_the_td_error_is_right_with_the_right_alignment_only() -> None:
    fields = gymnasium() | heads()
    config = DqnLossConfig(gamma=0.5)

    def td_errors(mapping: Mapping) -> list[float]:
        error = dqn_terms(dqn_inputs(*apply(fields, mapping)), config).td_error
        return cast("list[float]", error[0].tolist())

    # state 10, action 1: 1 + 0.5 max(3, 2) - 1 = 1.5     state 11, action 0: 2 + 0.5 max(5, 4) - 2 = 2.5
    # state 12, action 1: 3 + 0 - 5 = -2, terminal        state 20, action 0: 4 + 0.5 max(9, 8) - 6 = 2.5
    # state 21, action 1: 5 + 0 - 9 = -4, truncated
    assert td_errors(WITH_HEADS) == [1.5, 2.5, -2.0, 2.5, -4.0]
    # As if they led to their state: state 10 gets action 0 and the 2 that state 11 earned: 2 + 1.5 - 0 = 3.5, ...
    assert td_errors(dataclasses.replace(WITH_HEADS, alignment="next_state")) == [3.5, 0.0, 3.5, -2.0, -1.75]


def test_shapes_and_order_do_not_matter_to_what_a_row_shows() -> None:
    fields = {name: torch.stack([value, value + value]) for name, value in gymnasium().items() if "ions" not in name}
    fields["actions"] = torch.stack([gymnasium()["actions"]] * 2)
    sequences = Mapping(fields={"action": "actions", "reward": "rewards"}, alignment="state")
    expected = apply(fields, sequences)[0]
    turned = {name: value.transpose(0, 1) for name, value in fields.items()}
    found = apply(turned, dataclasses.replace(sequences, layout="time_major"))[0]
    assert (found == expected).all()
    rows = torch.randperm(12, generator=torch.Generator().manual_seed(3))
    loose = {name: value.flatten(0, 1)[rows] for name, value in fields.items()}
    loose |= {"who": torch.arange(2).repeat_interleave(6)[rows], "when": torch.arange(6).repeat(2)[rows]}
    flat = dataclasses.replace(sequences, layout="flat", sequence="who", step="when", left_out=("who", "when"))
    assert (apply(loose, flat)[0] == expected).all()
    assert any("another order" in note for note in plan(loose, flat).notes)


def test_the_alignment_of_done_is_that_of_both_flags_unless_they_have_their_own() -> None:
    ends = dataclasses.replace(GYMNASIUM, alignments={"done": "next_state"})
    assert [ends.is_with_state(name) for name in ("done", "terminated", "truncated", "reward")] == [*3 * [False], True]
    own = dataclasses.replace(ends, alignments={"done": "next_state", "truncated": "state"})
    assert [own.is_with_state(name) for name in ("terminated", "truncated")] == [False, True]


def test_a_field_of_another_alignment_than_the_rest_is_shifted_alone() -> None:
    """As CleanRL stores a rollout: rewards with the state left, dones with the state that they led to."""
    fields = {"rewards": torch.tensor([[1.0, 2, 3]]), "dones": torch.tensor([[0, 1, 0]])}
    mapping = Mapping(fields={"reward": "rewards", "done": "dones"}, shifted=("rewards",))
    step_stream, _out = apply(fields, mapping)
    assert (column(step_stream, "reward"), column(step_stream, "done")) == ([0, 1, 2], [0, 1, 0])


def test_what_is_carried_along_keeps_its_name_type_and_place_or_is_shifted_if_asked() -> None:
    fields = gymnasium() | {"next_observations": gymnasium()["observations"] + 1, "reward": torch.zeros(6)}
    fields |= {"seed": torch.tensor(7), "episode_returns": torch.zeros(2)}
    mapping = dataclasses.replace(GYMNASIUM, shifted=("next_observations",), left_out=("seed",))
    step_stream, out = apply(fields, mapping)
    assert names(step_stream) == {"action", "reward", "done", "observations", "next_observations"}
    assert names(out) == set()
    assert step_stream["observations"].dtype == torch.float32
    assert step_stream["next_observations"].flatten().tolist() == [0, 11, 12, 13, 21, 22]
    notes = " ".join(plan(fields, mapping).notes)
    assert "reward: not mapped, so ignored" in notes
    assert "does not start with the shape [6]: episode_returns" in notes


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"fields": {}}, "mapping.fields", "none"),
        ({"fields": {"reward": "r"}}, "mapping.fields.reward", "'r', expected a field of the file: actions, complex"),
        ({"layout": "sequences"}, "mapping.layout", "actions of shape [6]"),
        ({"fields": {"reward": "rewards", "dqn": "odd"}}, "mapping.fields.dqn", "odd of shape [5], expected [6] first"),
        ({"fields": {"reward": "observations", "action": "pairs"}}, "mapping.fields.action", "0, 0, expected one"),
        ({"fields": {"reward": "pairs"}}, "mapping.fields.reward", "with [2] numbers a step"),
        ({"fields": {"action": "halves"}}, "mapping.fields.action", "0.5 in halves, row 1, expected whole numbers"),
        ({"fields": {"time": "halves"}}, "mapping.fields.time", "map another field"),
        ({"fields": {"time": "huge"}}, "mapping.fields.time", "1.0000000200408773e+20 in huge, row 0"),
        ({"fields": {"time": "unsigned"}}, "mapping.fields.time", "18446744073709551615 in unsigned, row 2"),
        ({"fields": {"terminated": "numbers"}}, "mapping.fields.terminated", "2 in numbers, row 2"),
        ({"fields": {"reward": "complex"}}, "mapping.fields.reward", "complex64"),
        ({"fields": {"reward": "nothing"}}, "mapping.layout", "nothing of shape [0]"),
        ({"shifted": ("x",)}, "mapping.shifted", "'x'"),
        ({"left_out": ("x",)}, "mapping.left_out", "'x'"),
        ({"sequence": "x"}, "mapping.sequence", "'x'"),
        ({"sequence": "pairs"}, "mapping.sequence", "pairs with [2] numbers a step, expected one"),
        ({"sequence": "none_each"}, "mapping.sequence", "none_each with [0] numbers a step, expected one"),
        ({"sequence": "numbers", "step": "pairs"}, "mapping.step", "pairs with [2] numbers a step, expected one"),
        ({"layout": "items", "step": "numbers"}, "mapping.step", "none without layout flat"),
        ({"layout": "time_major", "sequence": "numbers"}, "mapping.sequence", "none without layout flat"),
        ({"length": 7}, "mapping.length", "expected at most 6"),
        ({"length": 10**30}, "mapping.length", "expected at most 6"),
        ({"fields": GYMNASIUM.fields | {"done": "numbers"}}, "mapping.fields.done", "beside both flags"),
        ({"alignment": "next_state", "shifted": ("terminations",)}, "mapping.shifted", "of terminated and truncated"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_the_part_at_fault(change: dict[str, Any], field: str, said: str) -> None:
    fields = gymnasium() | {
        "odd": torch.zeros(5),
        "pairs": torch.zeros(6, 2),
        "halves": torch.tensor([0, 0.5, 1, 0, 0, 0]),
        "huge": torch.full((6,), 1e20),
        "unsigned": torch.tensor([0, 1, 2**64 - 1, 0, 0, 0], dtype=torch.uint64),
        "numbers": torch.arange(6),
        "complex": torch.zeros(6, dtype=torch.complex64),
        "nothing": torch.zeros(0),
        "none_each": torch.zeros(6, 0),
    }
    error = refused(fields, dataclasses.replace(GYMNASIUM, **change))
    assert error.field == field
    assert said in str(error)


@pytest.mark.parametrize(
    ("fields", "codes", "said"),
    [
        ({"terminated": [0, 1, 1, 0], "truncated": [0, 0, 1, 1]}, [0, 1, 1, 2], "else 2 where `truncated` is, else 0"),
        ({"terminated": [0, 1, 0, 0], "done": [0, 1, 1, 0]}, [0, 1, 2, 0], "else 2 where `done` is, else 0"),
        ({"truncated": [0, 1, 0, 0], "done": [0, 1, 1, 0]}, [0, 2, 1, 0], "else 1 where `done` is, else 0"),
        ({"terminated": [0, 1, 0, 0]}, [0, 1, 0, 0], "`done` is 1 where `terminated` is true, else 0"),
        ({"truncated": [0, 1, 0, 0]}, [0, 2, 0, 0], "`done` is 2 where `truncated` is true, else 0"),
        ({"done": [0, 1, 0, 0]}, [0, 1, 0, 0], "says that episodes end, but not how"),
        ({"done": [0, 1, 2, 0]}, [0, 1, 2, 0], ""),
        ({"done": [0, 0, 0, 0]}, [0, 0, 0, 0], ""),
    ],
)
def test_done_codes_are_made_of_what_tells_of_ends(fields: dict[str, list[int]], codes: list[int], said: str) -> None:
    given_fields = {name: torch.tensor([value]) for name, value in fields.items()}
    mapping = Mapping(fields={name: name for name in fields})
    assert column(apply(given_fields, mapping)[0], "done") == codes
    told = " ".join(plan(given_fields, mapping).notes)
    assert said in told if said else "episodes end" not in told


@pytest.mark.parametrize(
    ("values", "target", "dtype", "said"),
    [
        (torch.tensor([[0.0, 1.0]]), "action", torch.int64, "`x` is float32: its whole numbers become int64"),
        (torch.tensor([[True, False]]), "action", torch.int64, ""),
        (torch.tensor([[0, 1]], dtype=torch.uint8), "action", torch.int64, "`x` is uint8"),
        (torch.tensor([[[0], [1]]]), "action", torch.int64, "has one number a step in [1]"),
        (torch.tensor([[[0, 1], [1, 0]]]), "action", torch.int64, "the index of the 1 among 2"),
        (torch.tensor([[0, 1]]), "reward", torch.float32, "`x` is int64: it becomes float32"),
        (torch.tensor([[0, 1]], dtype=torch.float64), "xformed_reward", torch.float64, ""),
        (torch.tensor([[[0, 1], [1, 0]]]), "q_star", torch.float32, "becomes float32"),
        (torch.tensor([[[0, 1], [1, 0]]], dtype=torch.bfloat16), "sv", torch.bfloat16, ""),
    ],
)
def test_values_are_brought_to_mouses_types(values: torch.Tensor, target: str, dtype: torch.dtype, said: str) -> None:
    mapping = Mapping(fields={target: "x"})
    step_stream, out = apply({"x": values}, mapping)
    found = (out if target == "sv" else step_stream)[target]
    assert found.dtype == dtype
    told = " ".join(plan({"x": values}, mapping).notes)
    assert said in told if said else "`x`" not in told


def test_nothing_is_written_into_the_fields() -> None:
    fields = gymnasium()
    before = {name: value.clone() for name, value in fields.items()}
    apply(fields, GYMNASIUM)
    assert all(fields[name].equal(value) for name, value in before.items())


def test_d4rl_without_discrete_actions_keeps_what_can_be_shown() -> None:
    fields = d4rl()
    mapped = {"reward": "rewards", "terminated": "terminals", "truncated": "timeouts"}
    step_stream, _out = apply(fields, dataclasses.replace(GYMNASIUM, fields=mapped))
    assert column(step_stream, "done") == ARRIVED["done"]
    assert step_stream["actions"].flatten(0, 1).equal(fields["actions"])


def test_what_is_said_of_shifted_fields_is_short_however_many_there_are() -> None:
    names = [f"next_{'n' * 900}{number}" for number in range(4000)]
    many = dataclasses.replace(GYMNASIUM, alignment="next_state", shifted=(*names,))
    notes = plan(gymnasium() | dict.fromkeys(names, torch.zeros(6)), many).notes
    assert any(
        note.startswith("Stored with the state they leave") and " and 3988 more. A row" in note for note in notes
    )
    assert sum(map(len, notes)) < 2000
