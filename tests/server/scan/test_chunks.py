"""A large file is mapped in chunks: nothing is lost between two, and nothing depends on how tasks share them."""

import dataclasses
import re
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from mouse.batch import load_batch
from mouse.errors import BatchError
from mouse.losses import LOSSES
from mouse.mapping import Mapping, detect
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan import chunks as cutting
from mouse_dashboard.scan import shard as shards
from mouse_dashboard.scan.chunks import chunks
from mouse_dashboard.scan.report import report_of
from mouse_dashboard.scan.source import Source, sources_of
from mouse_dashboard.scan.summary import Summary
from mouse_dashboard.scan.task import RESULT, Request, Task, TaskResult, run_task
from mouse_dashboard.scan.windows import write_windows
from tests.recordings.files import tensors
from tests.recordings.layouts import rllib
from tests.recordings.worlds import play
from tests.server.scan.shards import write_flat

HEADS = {"dqn": "dqn", "dqn_target": "dqn_target"}
FLAT = Mapping(
    fields={
        "action": "actions",
        "reward": "rewards",
        "terminated": "terminations",
        "truncated": "truncations",
        **HEADS,
    },
    layout="flat",
    alignment="state",
    windows="chained",
    sequence="episode",
    length=2,
)
"""Chained windows of two steps leave no transition out."""
CONFIGS = dump_configs({"dqn": LOSSES["dqn"].config()})


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "CHUNK_STEPS", 300)
    monkeypatch.setattr(shards, "MAX_STEPS", 100)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    write_flat(tmp_path, 1, steps=700)
    (found,) = sources_of([str(tmp_path)])
    return found


def fields_of(source: Source) -> dict[str, Tensor]:
    return load_file(source.address)


def results(request: Request, source: Source, parts: int) -> list[TaskResult]:
    return [RESULT.validate_json(run_task(request, Task(source, part, parts))) for part in range(parts)]


def merged(results: Sequence[TaskResult]) -> Summary:
    return reduce(Summary.merge, (each.summary for each in results), Summary())


def test_a_chunk_begins_with_an_episode_and_shares_its_first_row_where_windows_run_on(source: Source) -> None:
    fields = fields_of(source)
    rows = len(fields["rewards"])
    begins = {0, *np.flatnonzero(np.diff(fields["episode"].numpy())) + 1}
    apart = chunks(fields, dataclasses.replace(FLAT, windows="within"))
    assert len(apart) == -(-rows // 300) > 2
    assert {each.start for each in apart} <= begins
    assert [each.start for each in apart[1:]] == [each.stop for each in apart[:-1]]
    assert (apart[0].start, apart[-1].stop) == (0, rows)
    joined = chunks(fields, FLAT)
    assert [each.start for each in joined] == [each.start for each in apart]
    assert [each.stop for each in joined] == [*(each.stop + 1 for each in apart[:-1]), rows]


def test_no_transition_is_lost_and_none_counts_twice(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(configs=CONFIGS, mapping=FLAT)
    in_chunks = merged(results(request, source, 1))
    monkeypatch.setattr(cutting, "CHUNK_STEPS", 1 << 19)
    whole = merged(results(request, source, 1))
    assert in_chunks.sequences == whole.sequences == len(fields_of(source)["rewards"]) - 1
    assert in_chunks.distributions["reward"] == whole.distributions["reward"]
    assert in_chunks.distributions["dqn.loss"] == whole.distributions["dqn.loss"]
    assert (in_chunks.counts, in_chunks.classes) == (whole.counts, whole.classes)
    places = [(each.value, each.file_row) for each in whole.worst["dqn"]]
    assert [(each.value, each.file_row) for each in in_chunks.worst["dqn"]] == places


def test_what_is_found_does_not_depend_on_how_tasks_share_the_chunks(source: Source) -> None:
    request = Request(configs=CONFIGS, mapping=FLAT)
    whole = results(request, source, 1)
    for parts in (2, 3, 20):
        pieces = results(request, source, parts)
        assert all(each.error is None for each in (*whole, *pieces))
        assert RESULT.dump_json(TaskResult(merged(pieces))) == RESULT.dump_json(TaskResult(merged(whole))), parts
        assert report_of({"": pieces}) == report_of({"": whole}), parts


def test_numbers_of_sequences_are_of_one_chunk_each(source: Source) -> None:
    summary = merged(results(Request(configs=CONFIGS, mapping=FLAT), source, 1))
    starts = [each.start for each in chunks(fields_of(source), FLAT)]
    for place in summary.worst["dqn"]:
        chunk = max(start for start in starts if start <= place.row)
        assert place.file_row is not None
        assert place.file_row == place.row + place.step
        assert place.file_row >= chunk


def test_the_window_of_a_worst_place_is_of_its_rows(source: Source, tmp_path: Path) -> None:
    request = Request(configs=CONFIGS, mapping=FLAT)
    worst = report_of({source.address: results(request, source, 1)}).worst
    rewards = fields_of(source)["rewards"]
    windows = write_windows(tmp_path / "windows", request, [source], worst)
    assert len(windows) == len(worst)
    for each, (file, step) in windows.items():
        step_stream, _out = load_batch(tmp_path / file)
        assert each.place.file_row is not None
        assert float(step_stream["reward"][0, step + 1]) == pytest.approx(float(rewards[each.place.file_row]))


def interleaved(fields: dict[str, Tensor]) -> Mapping:
    fields["environment"] = torch.arange(len(fields["rewards"])) % 2
    return dataclasses.replace(FLAT, environment="environment")


def shuffled(fields: dict[str, Tensor]) -> Mapping:
    order = torch.randperm(len(fields["rewards"]), generator=torch.Generator().manual_seed(0))
    fields |= {name: value[order] for name, value in fields.items()}
    return FLAT


def steps_reversed(fields: dict[str, Tensor]) -> Mapping:
    fields["step"] = torch.arange(len(fields["rewards"])).flip(0)
    return dataclasses.replace(FLAT, step="step")


def unsigned_steps_reversed(fields: dict[str, Tensor]) -> Mapping:
    fields["step"] = torch.arange(len(fields["rewards"])).flip(0).to(torch.uint8)
    return dataclasses.replace(FLAT, step="step")


def size_beside(fields: dict[str, Tensor]) -> Mapping:
    fields["size"] = torch.tensor(len(fields["rewards"]) - 5)
    return FLAT


def state_behind(fields: dict[str, Tensor]) -> Mapping:
    fields["observations"] = torch.cat([fields["observations"], fields["observations"][:1]])
    return dataclasses.replace(FLAT, sequence=None)


@pytest.mark.parametrize(
    "changed", [interleaved, shuffled, steps_reversed, unsigned_steps_reversed, size_beside, state_behind]
)
def test_a_file_whose_rows_are_in_no_order_of_time_is_one_chunk(source: Source, changed: Any) -> None:
    fields = fields_of(source)
    mapping = changed(fields)
    assert chunks(fields, mapping) == [range(len(fields["rewards"]))]


def test_a_file_without_rows_is_left_to_the_mapping_to_refuse() -> None:
    fields = {"gamma": torch.tensor(0.9), "tau": torch.tensor(0.5)}
    assert cutting.first_chunk(fields) == fields


def test_a_sequence_that_is_no_field_is_refused(source: Source) -> None:
    with pytest.raises(BatchError, match=r"mapping\.sequence: found 'lost'"):
        chunks(fields_of(source), dataclasses.replace(FLAT, sequence="lost"))


def counted(fields: dict[str, Tensor]) -> Mapping:
    begins = torch.cat([torch.tensor([True]), fields["episode"].diff() != 0])
    first = begins.nonzero().flatten()[begins.cumsum(0) - 1]
    fields["step"] = torch.arange(len(begins)) - first
    return dataclasses.replace(FLAT, step="step")


def flagged(fields: dict[str, Tensor]) -> Mapping:
    fields["first"] = torch.cat([torch.tensor([True]), fields["episode"].diff() != 0]).long()
    return dataclasses.replace(FLAT, sequence="first")


def flag_beside(fields: dict[str, Tensor]) -> Mapping:
    fields |= {"is_discrete": torch.tensor([True]), "seed": torch.tensor(123_456), "gamma": torch.tensor([0.9, 0.99])}
    return FLAT


def unnumbered(_fields: dict[str, Tensor]) -> Mapping:
    return dataclasses.replace(FLAT, sequence=None)


@pytest.mark.parametrize("changed", [counted, flagged, flag_beside, unnumbered])
def test_what_tells_episodes_apart_gives_the_same_chunks(source: Source, changed: Any) -> None:
    fields = fields_of(source)
    expected = chunks(fields, FLAT)
    assert chunks(fields, changed(fields)) == expected


def test_an_episode_without_end_is_cut_where_the_chunk_is_full() -> None:
    fields = {"rewards": torch.rand(1000) + 1, "terminations": torch.zeros(1000, dtype=torch.bool)}
    mapping = Mapping(
        fields={"reward": "rewards", "terminated": "terminations"}, layout="flat", windows="across", length=4
    )
    assert chunks(fields, mapping) == [range(251), range(250, 501), range(500, 751), range(750, 1000)]


def test_rows_without_order_and_sequences_are_cut_anywhere() -> None:
    rows = {"reward": torch.rand(1000) + 1}
    assert chunks(rows, Mapping(fields={"reward": "reward"}, layout="items"))[1] == range(250, 500)
    sequences = {"reward": torch.rand(100, 10) + 1, "lengths": torch.full((100,), 10)}
    mapping = Mapping(fields={"reward": "reward"}, layout="sequences")
    assert chunks(sequences, mapping) == [range(25), range(25, 50), range(50, 75), range(75, 100)]
    assert chunks(sequences, dataclasses.replace(mapping, layout="time_major")) == [range(100)]


def test_sequences_of_a_large_array_have_their_own_numbers(tmp_path: Path) -> None:
    made = torch.Generator().manual_seed(0)
    rewards = torch.rand(100, 10, generator=made)
    rewards[77, 6] = 1000
    heads = {"dqn": torch.rand(100, 10, 3, generator=made), "dqn_target": torch.rand(100, 10, 3, generator=made)}
    rest = {"action": torch.randint(3, (100, 10), generator=made), "done": torch.zeros(100, 10, dtype=torch.long)}
    save_file({"rewards": rewards, **rest, **heads}, tmp_path / "large.safetensors")
    (source,) = sources_of([str(tmp_path)])
    mapping = Mapping(fields={"reward": "rewards", **{name: name for name in (*rest, *heads)}}, layout="sequences")
    place = merged(results(Request(configs=CONFIGS, mapping=mapping), source, 1)).worst["dqn"][0]
    assert (place.row, place.step) == (77, 5)
    halves = dataclasses.replace(mapping, length=5)
    place = merged(results(Request(configs=CONFIGS, mapping=halves), source, 1)).worst["dqn"][0]
    assert place.row == 75 * 10 + 2 * 2 + 1
    assert place.step == 0


def test_rows_that_were_never_written_are_left_out_and_said(source: Source, tmp_path: Path) -> None:
    fields = fields_of(source)
    rows = len(fields["rewards"])
    grown = {name: torch.cat([value, value.new_zeros(2 * rows, *value.shape[1:])]) for name, value in fields.items()}
    (tmp_path / "grown").mkdir()
    save_file(grown, tmp_path / "grown" / "0.safetensors")
    (large,) = sources_of([str(tmp_path / "grown")])
    mapping = dataclasses.replace(FLAT, sequence=None)
    (found,) = results(Request(configs=CONFIGS, mapping=mapping), large, 1)
    (expected,) = results(Request(configs=CONFIGS, mapping=mapping), source, 1)
    assert found.error is None
    assert any(
        note.endswith(f"to {3 * rows - 1:,} were never written: they are empty in every field.") for note in found.notes
    )
    assert found.summary.distributions["reward"].sum == expected.summary.distributions["reward"].sum


def test_a_chunk_that_proposes_another_mapping_is_an_error_with_its_rows(tmp_path: Path) -> None:
    fields = rllib(play("FrozenLake-v1", 1200, seed=0))
    half = 600
    moved = ("actions", "rewards", "terminateds", "truncateds")
    late = fields | {name: np.concatenate([fields[name][:half], np.roll(fields[name][half:], 1)]) for name in moved}
    save_file(tensors(late), tmp_path / "0.safetensors")
    (source,) = sources_of([str(tmp_path)])
    proposed = detect(cutting.first_chunk(tensors(fields))).mapping
    (found,) = results(Request(configs={}, mapping=proposed, proposed=proposed), source, 1)
    assert found.error is not None
    assert not found.fits
    rows = re.match(r"Rows (\d+) to (\d+) of the file: ", found.error)
    assert rows is not None
    assert int(rows[2]) > half


def test_a_doubt_names_rows_of_the_file_and_is_said_once(source: Source, tmp_path: Path) -> None:
    fields = fields_of(source) | {"terminations": torch.zeros(len(fields_of(source)["rewards"]), dtype=torch.bool)}
    fields["truncations"] = fields["terminations"].clone()
    (tmp_path / "endless").mkdir()
    save_file(fields, tmp_path / "endless" / "0.safetensors")
    (endless,) = sources_of([str(tmp_path / "endless")])
    found = results(Request(configs={}, mapping=FLAT), endless, 1)
    assert len({message for _kind, message in found[0].doubts}) > 1
    (shard,) = report_of({"": found}).shards
    (issue,) = (issue for issue in shard.issues if issue.check == "ends-unknown")
    assert "of this kind about other rows" in issue.message
