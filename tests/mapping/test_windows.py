"""Sequences are cut into windows of one length, and what is left out is said."""

import dataclasses

import torch
from hypothesis import given
from hypothesis import strategies as st

from mouse.mapping import Mapping, apply, plan
from mouse.mapping.rows import Sequences
from tests.mapping.files import EPISODES, EPISODIC, GYMNASIUM, STATES, gymnasium, minari, refused


def test_windows_within_episodes_leave_out_what_is_too_short_and_say_so() -> None:
    mapping = dataclasses.replace(EPISODIC, length=2)
    step_stream, _out = apply(minari(), mapping)
    assert step_stream["observations"].flatten(1).tolist() == [[10, 11], [20, 21]]
    assert step_stream["action"].tolist() == [[0, 1], [0, 0]]
    assert step_stream["done"].tolist() == [[0, 0], [0, 0]]
    notes = " ".join(plan(minari(), mapping).notes)
    assert "6 rows of 3 sequences make 2 windows of 2 steps; 2 rows at the ends, too few for another" in notes
    assert "2 of the file's 6 transitions, and 0 of its 2 ends of episodes, lie between two rows" in notes


def test_windows_of_a_stream_know_what_led_to_their_first_row() -> None:
    step_stream, _out = apply(gymnasium(), dataclasses.replace(GYMNASIUM, length=3))
    assert step_stream["reward"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert step_stream["done"].tolist() == [[0, 0, 0], [1, 0, 2]]


def test_windows_do_not_run_across_a_sequence_without_an_end() -> None:
    fields = minari()
    fields["truncations"][4] = False
    across = dataclasses.replace(EPISODIC, windows="across", length=5)
    assert apply(fields, across)[0]["observations"].flatten().tolist() == STATES[:5]
    told = " ".join(plan(fields, across).notes)
    assert "6 rows of 3 sequences, of which 2 stretches run on after ends of episodes, make 1 window of" in told
    without = Mapping(fields={"reward": "rewards"}, layout="flat", sequence="episode", windows="across", length=2)
    assert apply(fields, without)[0]["observations"].flatten(1).tolist() == [[10, 11], [20, 21]]


def test_whole_sequences_have_one_length() -> None:
    error = refused(minari(), dataclasses.replace(EPISODIC, length=None))
    assert (error.field, "sequences of 1 to 3 steps" in str(error)) == ("mapping.length", True)
    fields = {"r": torch.arange(6.0), "id": torch.tensor(EPISODES[:3] * 2)}
    whole = apply(fields, Mapping(fields={"reward": "r"}, layout="flat", sequence="id"))[0]
    assert whole["reward"].tolist() == [[0, 1, 2, 3, 4, 5]]


def test_windows_are_cut_where_a_counter_of_steps_does_not_go_on() -> None:
    fields = minari() | {"t": torch.tensor([0, 1, 3, 0, 1, 0])}
    cut = dataclasses.replace(EPISODIC, step="t", length=2)
    assert apply(fields, cut)[0]["observations"].flatten(1).tolist() == [[10, 11], [20, 21]]
    alone = dataclasses.replace(cut, sequence=None)
    assert apply(fields, alone)[0]["observations"].flatten(1).tolist() == [[10, 11], [20, 21]]


def test_steps_may_skip_frames_or_stand_alone() -> None:
    skipping = minari() | {"t": torch.tensor([8, 4, 0, 4, 0, 0])}
    mapping = dataclasses.replace(EPISODIC, step="t", length=2)
    assert apply(skipping, mapping)[0]["observations"].flatten(1).tolist() == [[12, 11], [21, 20]]
    single = {"r": torch.zeros(3), "who": torch.arange(3), "t": torch.zeros(3)}
    alone = Mapping(fields={"reward": "r"}, layout="flat", sequence="who", step="t")
    assert apply(single, alone)[0].batch_size == (3, 1)


def test_of_two_rows_of_one_step_nothing_tells_which_comes_next() -> None:
    fields = minari() | {"t": torch.tensor([0, 1, 1, 0, 1, 0])}
    error = refused(fields, dataclasses.replace(EPISODIC, step="t", length=1))
    assert (error.field, "1 and then 1 in sequence 0" in str(error)) == ("mapping.step", True)


@given(st.integers(1, 40), st.integers(1, 12), st.data())
def test_every_window_is_a_run_of_the_stream(rows: int, length: int, data: st.DataObject) -> None:
    """The reference is a plain loop over episodes."""
    ids = sorted(data.draw(st.lists(st.integers(0, 4), min_size=rows, max_size=rows)))
    fields = {"r": torch.arange(1.0, rows + 1), "o": torch.arange(rows), "id": torch.tensor(ids)}
    mapping = Mapping(fields={"reward": "r"}, layout="flat", alignment="state", sequence="id", length=length)
    expected: list[list[tuple[int, float]]] = []
    for episode in sorted({*ids}):
        mine = [
            (row, float(row) if row and ids[row - 1] == episode else 0.0) for row in range(rows) if ids[row] == episode
        ]
        expected += [mine[start : start + length] for start in range(0, len(mine) - length + 1, length)]
    if not expected:
        assert refused(fields, mapping).field == "mapping.length"
        return
    found = apply(fields, mapping)[0]
    assert [
        list(zip(*pair, strict=True)) for pair in zip(found["o"].tolist(), found["reward"].tolist(), strict=True)
    ] == expected


def test_the_state_after_the_last_row_of_a_stretch_is_a_row_whose_step_goes_on() -> None:
    after = torch.tensor([11.0, 12, 13, 21, 22, 31]).view(6, 1)
    fields = minari() | {"next_observations": after, "t": torch.tensor([0, 1, 2, 0, 1, 0])}
    fields["truncations"][4] = False
    step_stream, _out = apply(fields, dataclasses.replace(EPISODIC, step="t", windows="chained", length=2))
    shown = step_stream["observations"].flatten(1).tolist()
    assert shown == [[10, 11], [11, 12], [12, 20], [20, 21], [21, 22], [30, 31]]
    assert step_stream["t"].tolist() == [[0, 1], [1, 2], [2, 0], [0, 1], [1, 2], [0, 1]]
    assert step_stream["episode"].tolist() == [[0, 0], [0, 0], [0, 1], [1, 1], [1, 1], [2, 2]]


def test_a_repeated_row_is_told_apart_from_one_that_nothing_led_to() -> None:
    """Of windows [10, 11], [11, 12], [12, 20], [20, 21], [21, 30] the first rows of four stand in the window before."""
    mapping = dataclasses.replace(EPISODIC, windows="chained", sequence=None, length=2)
    notes = plan(minari(), mapping).notes
    assert any(note.startswith("Nothing in the file led to the first row: shifted fields are 0") for note in notes)
    assert any(note.startswith("4 windows begin with the last row of the window before, which holds") for note in notes)
    two = plan({name: values[:3] for name, values in minari().items()}, mapping).notes
    assert any(note.startswith("1 window begins with the last row of the window before, which holds") for note in two)


def test_a_field_of_a_file_in_order_is_not_copied() -> None:
    values, nowhere = torch.arange(12).view(6, 2), torch.zeros(6, dtype=torch.bool)
    as_stored = Sequences(torch.arange(1, 4), nowhere, nowhere).in_order(values)
    assert as_stored.tolist() == [[2, 3], [4, 5], [6, 7]]
    assert as_stored.untyped_storage().data_ptr() == values.untyped_storage().data_ptr()
    turned = Sequences(torch.tensor([3, 1, 2]), nowhere, nowhere).in_order(values)
    assert turned.tolist() == [[6, 7], [2, 3], [4, 5]]
