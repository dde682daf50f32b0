"""Columns that count, and flags that nobody named: proposed where their values prove it, else asked for."""

import torch
from torch import Tensor

from mouse.mapping import MappingProposal, detect, plan
from mouse.mapping.interleaved import interleaves

EPISODE = torch.arange(5).repeat_interleave(4)
STEP = torch.arange(4).repeat(5)


def table(**columns: Tensor) -> dict[str, Tensor]:
    """Twenty rows of rewards and actions, without observations."""
    generator = torch.Generator().manual_seed(0)
    return {
        "rewards": torch.randn(20, generator=generator),
        "actions": torch.randint(3, (20,), generator=generator),
        **columns,
    }


def last(*episodes: int) -> Tensor:
    """Whether a row is the last one of one of these episodes."""
    return (STEP == 3) & torch.isin(EPISODE, torch.tensor(episodes))


def questions(found: MappingProposal) -> set[str]:
    """What is asked beside the alignment, which nothing here proves."""
    return {*found.questions} - {"alignment"}


def test_a_number_that_comes_again_without_a_telling_name_is_asked_about() -> None:
    found = detect(table(slot=STEP))
    assert (found.mapping.environment, questions(found)) == ("slot", {"environment"})
    assert found.questions["environment"].startswith(
        "`slot` repeats every 4 rows: does it number interleaved environments"
    )


def test_its_name_tells_environments_from_steps() -> None:
    found = detect(table(env_id=STEP))
    assert (found.mapping.environment, questions(found)) == ("env_id", set())


def test_numbers_in_turn_that_do_not_count_up_are_environments() -> None:
    found = detect(table(slot=torch.tensor([7, 3, 9, 4]).repeat(5)))
    assert (found.mapping.environment, questions(found)) == ("slot", set())


def test_steps_of_episodes_of_one_length_are_no_environments() -> None:
    found = detect(table(number=EPISODE, slot=STEP)).mapping
    assert (found.environment, found.sequence, found.step) == (None, "number", "slot")


def test_two_columns_that_may_number_episodes_are_a_question() -> None:
    found = detect(table(one=torch.arange(20) // 5, other=torch.arange(20) // 7))
    assert (found.mapping.sequence, questions(found)) == (None, {"sequence"})
    assert "Which field numbers the episodes?" in found.questions["sequence"]


def test_a_column_that_changes_at_no_end_numbers_nothing() -> None:
    found = detect(table(dones=last(0, 1, 2, 3), batch=torch.arange(20) // 7, row=torch.arange(20))).mapping
    assert (found.environment, found.sequence, found.step) == (None, None, None)


def test_a_column_of_one_value_numbers_no_episodes_of_environments() -> None:
    slot, last_turn = torch.tensor([7, 3, 9, 4]).repeat(5), torch.arange(20) >= 16
    found = detect(table(slot=slot, dones=last_turn, task=torch.zeros(20).long())).mapping
    assert (found.environment, found.sequence, found.step) == ("slot", None, None)


def test_a_flag_of_the_last_row_of_every_episode_marks_ends() -> None:
    found = detect(table(episode=EPISODE, flag=last(0, 1, 2, 3, 4)))
    assert (found.mapping.fields["done"], questions(found)) == ("flag", set())


def test_a_flag_of_some_last_rows_marks_terminations() -> None:
    found = detect(table(episode=EPISODE, flag=last(0, 2)))
    assert (found.mapping.fields["terminated"], questions(found)) == ("flag", set())


def test_a_flag_in_the_middle_of_episodes_marks_something_else() -> None:
    fields = detect(table(episode=EPISODE, flag=STEP == 1)).mapping.fields
    assert "flag" not in fields.values()


def test_a_flag_of_first_rows_cuts_the_stream() -> None:
    found = detect(table(dones=last(0, 1, 2, 3, 4), flag=STEP == 0)).mapping
    assert found.sequence == "flag"


def test_a_flag_in_a_stream_whose_ends_nothing_tells_is_asked_about() -> None:
    found = detect(table(flag=last(0, 2)))
    assert questions(found) == {"ends"}
    assert found.questions["ends"].startswith("Does `flag` mark ends of episodes?")


def test_a_flag_beside_flags_that_tell_all_is_no_question() -> None:
    never = torch.zeros(20, dtype=torch.bool)
    assert not questions(detect(table(dones=never, flag=last(0, 2))))


def test_a_flag_beside_ends_that_leaves_some_out_is_asked_about() -> None:
    found = detect(table(terminated=last(0, 1), flag=last(1, 2, 3)))
    assert "no other field marks other ends" in found.questions["ends"]


def test_rows_are_steps_where_a_wide_field_alone_is_not_zero() -> None:
    def written(image: Tensor) -> str:
        empty = torch.cat([torch.ones(10), torch.zeros(10)])
        fields = {"rewards": empty, "actions": empty.long(), "image": image}
        return " ".join(plan(fields, detect(fields).mapping).notes)

    image = torch.ones(20, 100)
    assert "never written" not in written(image)
    image[12:] = 0
    assert "8 of 20 rows were never written" in written(image)


def test_observations_that_are_not_finite_settle_no_order_of_environments() -> None:
    torch.manual_seed(0)
    number, obs = torch.randint(3, (400,)), torch.randn(400, 2)
    obs[7, 0] = torch.inf
    never = torch.zeros(400, dtype=torch.bool)
    assert interleaves(number, obs, None, None, never) == "unknown"
