"""What is proposed for a file, and what is asked."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from mouse.mapping import TARGETS, Mapping, apply, detect
from mouse.mapping.target import FIELDS
from tests.mapping.files import ARRIVED, EPISODES, d4rl, gymnasium, heads, minari, torchrl

OWN = {"action": torch.zeros(2, 3, dtype=torch.int64), "reward": torch.zeros(2, 3), "done": torch.zeros(2, 3).long()}
FLAGS = {"terminated": "terminations", "truncated": "truncations"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            torchrl(),
            Mapping(
                fields={
                    "action": "action", "reward": "next.reward", "done": "next.done", "terminated": "next.terminated"
                },
                alignment="state",
                shifted=("next.observation",),
            ),
        ),
        (
            minari(),
            Mapping(
                fields={"action": "actions", "reward": "rewards", **FLAGS},
                alignment="state", layout="flat", sequence="episode", windows="across", length=6,
            ),
        ),
        (
            d4rl(),
            Mapping(
                fields={"reward": "rewards", "terminated": "terminals", "truncated": "timeouts"},
                alignment="state", layout="flat", length=6,
            ),
        ),
    ],
    ids=["torchrl", "minari", "d4rl"],
)  # fmt: skip
def test_a_library_known_by_its_names_is_certain(fields: dict[str, Tensor], expected: Mapping) -> None:
    found = detect(fields)
    assert (found.mapping, found.certain) == (expected, True)
    assert "with the state that they leave" in found.notes[0]
    step_stream, _out = apply(fields, found.mapping)
    assert step_stream["done"].flatten().tolist() == ARRIVED["done"]
    assert not found.is_batch(fields)


def test_actions_that_are_no_numbers_are_named() -> None:
    assert any("`actions` holds no discrete actions" in note for note in detect(d4rl()).notes)


def test_mouses_own_names_are_mouses_own() -> None:
    found = detect(OWN | {"out.dqn": torch.zeros(2, 3, 4), "observation": torch.zeros(2, 3, 5)})
    assert found.mapping == Mapping(fields={name: name for name in OWN} | {"dqn": "out.dqn"})
    assert found.certain
    assert found.is_batch(OWN | {"out.dqn": torch.zeros(2, 3, 4)})


@pytest.mark.parametrize(
    "change",
    [
        {"done": torch.zeros(2, 3, dtype=torch.bool)},
        {"reward": torch.zeros(2, 3, 1)},
        {"reward": torch.zeros(2, 3).int()},
        {"action": torch.zeros(2, 3)},
        {"truncated": torch.zeros(2, 3, dtype=torch.bool)},
    ],
)
def test_own_names_of_other_types_are_no_batch_as_they_are(change: dict[str, Tensor]) -> None:
    assert not detect(OWN | change).is_batch(OWN | change)


def test_other_names_leave_alignment_and_layout_to_their_owner() -> None:
    fields = gymnasium(6, 1) | {"rewards": torch.zeros(6, 2), "actions": torch.zeros(6, 2)}
    fields |= {name: torch.zeros(6, 2, dtype=torch.bool) for name in FLAGS.values()}
    found = detect(fields)
    assert (found.mapping.layout, found.mapping.alignment, found.certain) == ("time_major", "state", False)
    layout, alignment = found.questions["layout"], found.questions["alignment"]
    assert "`rewards` is [6, 2]: sequences or steps first? Read as 6 steps of 2 sequences" in layout
    assert "state" in alignment
    turned = detect({name: value.transpose(0, 1) for name, value in fields.items() if name != "observations"})
    assert turned.mapping.layout == "sequences"


def test_next_observations_prove_layout_and_alignment() -> None:
    generator = np.random.default_rng(0)
    observation = torch.tensor(generator.random((9, 4, 3)))
    after = torch.cat([observation[1:], observation[:1]])
    fields = {"obs": observation, "next_obs": after, "rewards": torch.zeros(9, 4), "actions": torch.zeros(9, 4).long()}
    found = detect(fields)
    assert (found.mapping.layout, found.mapping.alignment, found.certain) == ("time_major", "state", True)
    assert found.mapping.shifted == ("next_obs",)
    turned = detect({name: value.transpose(0, 1) for name, value in fields.items()})
    assert (turned.mapping.layout, turned.certain) == ("sequences", True)


def test_rows_that_do_not_follow_one_another_are_transitions() -> None:
    fields = d4rl() | {"next_observations": torch.tensor([31.0, 13, 99, 11, 12, 99]).view(6, 1)}
    found = detect(fields)
    assert (found.mapping.layout, found.mapping.shifted, found.certain) == ("transitions", (), True)
    assert "The next observation is that of the row after in 0 of 3 running steps" in found.notes[-1]


def test_steps_in_order_whose_next_observations_are_others_are_a_question() -> None:
    fields = d4rl() | {"next_observations": torch.tensor([31.0, 13, 99, 11, 12, 99]).view(6, 1)}
    found = detect(fields | {"episode": torch.tensor(EPISODES)})
    assert found.questions.keys() == {"order"}
    assert "rows do not follow one another in time" in found.questions["order"]


@pytest.mark.parametrize(
    ("name", "values", "target"),
    [
        ("weights", [0.5, 1, 2, 0, 1, 1], "importance_weight"),
        ("is_weight", [0.5, 1, 1, 1, 1, 1], "importance_weight"),
        ("weights", [0.5, -1, 2, 0, 1, 1], None),
        ("weights", [1, 1, 1, 1, 1, 1], None),
        ("discounts", [0.9, 0.81, 0.9, 0.9, 0.9, 0.9], "gamma_n"),
        ("discounts", [0.9, 1.1, 0.9, 0.9, 0.9, 0.9], None),
        ("discount", [0.9, 0.81, 0.9, 0.9, 0.9, 0.9], None),
    ],
)
def test_a_factor_of_the_loss_is_known_by_its_name_and_its_values(
    name: str, values: list[float], target: str | None
) -> None:
    fields = gymnasium() | {name: torch.tensor(values)}
    found = {own for own, source in detect(fields).mapping.fields.items() if source == name}
    assert found == ({target} if target else set())


def test_a_discount_between_0_and_1_is_a_question_and_one_that_marks_ends_is_none() -> None:
    some = gymnasium() | {"discount": torch.tensor([0.9, 0.81, 0.9, 0.9, 0.9, 0.9])}
    assert "Is it gamma ** n of each transition" in detect(some).questions["fields.gamma_n"]
    assert "fields.gamma_n" not in detect(some, {"gamma_n": "discount"}).questions
    ends = gymnasium() | {"discount": torch.tensor([1.0, 1, 0, 1, 1, 1])}
    assert "fields.gamma_n" not in detect(ends).questions


def test_rows_with_own_names_ask_for_their_alignment() -> None:
    rows = {"reward": torch.arange(6.0), "done": torch.tensor([0, 0, 1] * 2), "sequence": torch.arange(6) // 3,
            "step": torch.arange(6) % 3}  # fmt: skip
    found = detect(rows)
    expected = Mapping(fields={"reward": "reward", "done": "done"}, layout="flat", sequence="sequence", step="step")
    assert found.mapping == expected
    assert found.questions.keys() == {"alignment"}
    assert "next_state" in found.questions["alignment"]


@pytest.mark.parametrize(
    ("done", "windows", "length"),
    [([1, 0, 1, 0, 0, 2], "across", 6), ([0] * 6, "chained", 2), ([0, 0, 0, 0, 0, 2], "chained", 2)],
)
def test_sequences_of_several_lengths_are_cut(done: list[int], windows: str, length: int) -> None:
    fields = {"rewards": torch.zeros(6), "dones": torch.tensor(done), "episode": torch.tensor([0, 1, 1, 2, 2, 2])}
    found = detect(fields).mapping
    assert (found.windows, found.length) == (windows, length)


def test_one_stream_is_cut_into_windows_of_64() -> None:
    assert detect({"rewards": torch.zeros(100)}).mapping.length == 64


def test_heads_are_found_by_their_names() -> None:
    named = detect(gymnasium() | heads()).mapping.fields
    assert (named["dqn"], named["dqn_target"]) == ("dqn", "dqn_target")


def test_heads_alone_tell_their_rows() -> None:
    fields = {"vec_dqn": torch.zeros(7, 2, 4)}
    assert detect(fields).mapping.layout == "flat"
    assert detect({"sp": torch.zeros(7, 2, 4)}).mapping.layout == "sequences"


def test_a_file_that_cannot_be_mapped_as_proposed_says_why() -> None:
    found = detect({"reward": torch.zeros(6), "q_star": torch.zeros(5, 3)})
    assert not found.certain
    assert "mapping.fields.q_star: found q_star of shape [5, 3], expected [6] first" in found.questions["fields.q_star"]


@pytest.mark.parametrize(
    "fields", [{}, {"weight": torch.zeros(3, 4)}, {"reward": torch.tensor(1.0)}, {"reward": torch.zeros(0, 4)}]
)
def test_a_file_of_unknown_names_is_a_question(fields: dict[str, Tensor]) -> None:
    found = detect(fields)
    assert (found.mapping, found.certain, found.is_batch(fields)) == (Mapping(), False, False)


def test_a_mapping_survives_json() -> None:
    adapter = TypeAdapter(Mapping)
    mapping = dataclasses.replace(detect(minari()).mapping, shifted=("observations",), left_out=("episode",))
    assert adapter.validate_json(adapter.dump_json(mapping)) == mapping


@pytest.mark.parametrize(
    "wrong",
    [{"fields": {"rewards": "x"}}, {"fields": {"reward": 3}}, {"layout": "rows"}, {"alignment": "none"}, {"length": 0},
     {"length": 2.5}, {"windows": "all"}, {"sequence": ""}, {"more": 1}],
)  # fmt: skip
def test_what_is_no_mapping_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Mapping(**wrong)


def test_every_part_of_a_mapping_and_every_target_is_documented() -> None:
    schema = TypeAdapter(Mapping).json_schema()
    assert all(part.get("description") for part in schema["properties"].values())
    assert schema["properties"]["fields"]["propertyNames"]["enum"] == list(TARGETS)
    assert all(target.doc for target in TARGETS.values())
    assert {"action", "reward", "done", "q_star", "dqn", "vec_dqn_target", "sp", "sv"} <= {*FIELDS}


DTYPES = [
    *(torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.int8, torch.int16, torch.int32),
    *(torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_type_of_a_file_is_read_in_every_role(dtype: torch.dtype) -> None:
    """Zeros and ones: torch has no arithmetic for some unsigned types."""
    ones = torch.tensor([0, 1, 0, 1, 1, 0]).to(dtype)
    fields = dict.fromkeys(("actions", "rewards", "terminals", "timeouts", "timestep"), ones)
    fields |= {"episode": torch.tensor([0, 0, 1, 1, 1, 1]).to(dtype), "q_star": ones.view(6, 1), "obs": ones.view(6, 1)}
    fields |= {"next_obs": ones.view(6, 1), "step": torch.tensor([0, 1, 0, 1, 2, 3]).to(dtype)}
    if dtype is torch.bool:
        del fields["step"]
    mapping = dataclasses.replace(detect(fields).mapping, length=2, windows="within")
    step_stream, _out = apply(fields, mapping)
    assert step_stream["action"].tolist() == [[0, 0], [0, 0], [1, 1]]
    assert step_stream["reward"].tolist() == [[0, 0], [0, 0], [1, 1]]
    assert step_stream["done"].tolist() == [[0, 0], [0, 0], [1, 1]]
    one_hot = apply({"actions": torch.tensor([[[0, 1], [1, 0]]]).to(dtype)}, Mapping(fields={"action": "actions"}))
    assert one_hot[0]["action"].tolist() == [[1, 0]]
