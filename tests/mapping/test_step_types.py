"""dm_env numbers the place of each step in its episode: 0 first, 1 between, 2 last."""

import pytest
import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.mapping import Mapping, detect, plan
from tests.recordings.files import tensors
from tests.recordings.layouts import dm_env
from tests.recordings.worlds import play

STEPS = play("CartPole-v1", 600)


def done_of(fields: dict[str, Tensor], mapping: Mapping) -> Tensor:
    return plan(fields, mapping).columns["done"].values


def test_the_discount_tells_deaths_from_time_limits() -> None:
    fields = tensors(dm_env(STEPS))
    found = detect(fields)
    assert (found.mapping.step_types, found.mapping.sequence, found.certain) == (("step_type",), "step_type", True)
    last = fields["step_type"] == 2
    codes = torch.where(fields["discount"] == 0, 1, torch.where(last, 2, 0))
    assert done_of(fields, found.mapping).equal(codes)
    notes = plan(fields, found.mapping).notes
    assert "`step_type` holds dm_env's step types: an episode ends where it is 2." in notes
    assert "`done` is 1 where `discount` is 0, else 2 where `step_type` is 2, else 0." in notes


def test_without_a_discount_every_end_is_a_death_and_that_is_a_note() -> None:
    fields = tensors(dm_env(STEPS, discount=False))
    found = detect(fields)
    assert done_of(fields, found.mapping).equal((fields["step_type"] == 2).long())
    assert any("but not how" in note for note in plan(fields, found.mapping).notes)


def test_a_user_may_say_that_a_field_of_another_name_marks_ends() -> None:
    fields = tensors(dm_env(STEPS))
    fields["kind"] = fields.pop("step_type")
    assert detect(fields).mapping.step_types == ()
    found = detect(fields, {"done": "kind"})
    assert found.mapping.step_types == ("kind",)
    assert (done_of(fields, found.mapping) != 0).equal(fields["kind"] == 2)


@pytest.mark.parametrize("time_major", [False, True])
def test_whole_sequences_are_read_the_same(time_major: bool) -> None:
    kind = torch.tensor([[0, 1, 1, 2, 0, 1], [1, 2, 0, 1, 1, 1]])
    fields = {"action": torch.zeros_like(kind), "reward": torch.rand(2, 6), "step_type": kind}
    fields = {name: values.T.contiguous() if time_major else values for name, values in fields.items()}
    found = detect(fields)
    assert found.mapping.step_types == ("step_type",)
    assert done_of(fields, found.mapping).sum() == 2


def test_a_few_cuts_leave_them_what_they_are() -> None:
    fields = {name: values[torch.arange(len(values)) // 30 != 5] for name, values in tensors(dm_env(STEPS)).items()}
    found = detect(fields)
    assert found.mapping.step_types == ("step_type",)
    first = fields["step_type"] == 0
    begins = first | torch.cat([first.new_ones(1), fields["step_type"][:-1] == 2])
    assert plan(fields, found.mapping).gaps.sequences.first.equal(begins)


def test_rows_in_another_order_are_a_question_and_may_be_mapped() -> None:
    shuffled = torch.randperm(len(STEPS), generator=torch.Generator().manual_seed(0))
    fields = {name: values[shuffled] for name, values in tensors(dm_env(STEPS, discount=False)).items()}
    found = detect(fields)
    assert "done" not in found.mapping.fields
    assert "Does `step_type` hold dm_env's step types" in found.questions["ends"]
    answered = detect(fields, {"done": "step_type"})
    assert answered.mapping.step_types == ("step_type",)
    assert "ends" not in answered.questions


def test_ends_stand_with_the_next_state_also_where_rewards_prove_nothing() -> None:
    fields = tensors(dm_env(STEPS))
    fields["reward"] = torch.where(fields["step_type"] == 0, 0.0, fields["observation"][:, 0].float())
    found = detect(fields)
    assert set(found.questions) == {"alignment"}
    assert not {name for name in ("done", "terminated") if found.mapping.is_with_state(name)}


def test_a_reward_that_is_no_number_in_first_rows_stands_with_the_next_state() -> None:
    fields = tensors(dm_env(STEPS))
    fields["reward"] = torch.where(fields["step_type"] == 0, torch.nan, fields["reward"])
    found = detect(fields)
    assert not found.mapping.is_with_state("reward")
    assert found.certain


@pytest.mark.parametrize("values", [[0, 1, 2, 3, 0, 1], [1j, 0, 0, 0, 0, 0]])
def test_other_numbers_of_that_name_are_no_ends(values: list[complex]) -> None:
    fields = {"action": torch.zeros(6).long(), "reward": torch.rand(6), "step_type": torch.tensor(values)}
    found = detect(fields)
    assert "done" not in found.mapping.fields
    assert found.mapping.step_types == ()


def test_one_number_beside_the_rows_is_no_column() -> None:
    found = detect({"action": torch.arange(6) % 2, "reward": torch.rand(6), "step_type": torch.tensor(2)})
    assert "ends" not in found.questions


def test_codes_of_mouses_own_are_no_step_types() -> None:
    codes = torch.tensor([0, 1, 2, 0, 1, 2])
    found = detect({"action": torch.zeros(6).long(), "reward": torch.rand(6), "done": codes})
    assert found.mapping.step_types == ()


@pytest.mark.parametrize(
    ("mapped", "message"),
    [
        ({}, "mapping.step_types: found 'kind', expected a field mapped to done, terminated, truncated"),
        ({"done": "kind"}, "mapping.fields.done: found 3 in kind, row 1, expected 0 first, 1 between, 2 last"),
    ],
)
def test_what_is_no_step_type_is_refused(mapped: dict[str, str], message: str) -> None:
    fields = {"reward": torch.zeros(3), "kind": torch.tensor([0, 3, 2])}
    mapping = Mapping(fields={"reward": "reward", **mapped}, layout="flat", step_types=("kind",))
    with pytest.raises(BatchError) as refused:
        plan(fields, mapping)
    assert str(refused.value).startswith(message)
