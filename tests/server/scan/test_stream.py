"""Rules over data alone see episodes that are longer than a window whole, wherever windows go on into each other."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]

from mouse.diagnosis import Report
from mouse.diagnosis.report import PartlyChecked
from mouse.mapping import Mapping
from mouse_dashboard.scan import shard as shards
from mouse_dashboard.scan import stream as streams
from mouse_dashboard.scan.block import Examination, segments_of, summarise_block
from mouse_dashboard.scan.findings import Located, counts_of_rules
from mouse_dashboard.scan.shard import Chunk, open_shard
from mouse_dashboard.scan.summary import Summary

LENGTHS = torch.tensor([23, 31, 17, 40, 29, 35, 19, 26, 38, 21])
"""Of the episodes of each environment: all are longer than a window."""
ROWS, WINDOW, ENVIRONMENTS = int(LENGTHS.sum()), 9, 3
NOTHING = Examination({}, {}, lambda parts: parts, {})
KINDS = ("chained", "across", "within")


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FEWEST", 20)


def opened(folder: Path, windows: str, *, order: str = "environment", **changed: torch.Tensor) -> Chunk:
    """Episodes one after the other of each environment, whose rows nothing else joins."""
    made = torch.Generator().manual_seed(0)
    rows = ROWS * ENVIRONMENTS
    ends = torch.zeros(ROWS, dtype=torch.bool)
    ends[LENGTHS.cumsum(0) - 1] = True
    fields = {
        "observations": torch.randn(rows, 2, generator=made),
        "actions": torch.randint(3, (rows,), generator=made),
        "rewards": torch.randn(rows, generator=made),
        "terminations": ends.repeat(ENVIRONMENTS),
        "environment": torch.arange(ENVIRONMENTS).repeat_interleave(ROWS),
        "sequence": torch.arange(len(LENGTHS) * ENVIRONMENTS).repeat_interleave(LENGTHS.repeat(ENVIRONMENTS)),
    } | changed
    save_file(fields, folder / "0.safetensors")
    named = {"action": "actions", "reward": "rewards", "terminated": "terminations"}
    sorted_by: Any = {"windows": windows, order: order}
    mapping = Mapping(fields=named, layout="flat", alignment="state", length=WINDOW, **sorted_by)
    shard = open_shard(folder / "0.safetensors", "0.safetensors", folder, mapping)
    return shard.open(shard.chunks[0])


def summary(chunk: Chunk) -> Summary:
    whole = Summary()
    for block, segment in enumerate(segments_of(chunk)):
        whole = whole.merge(summarise_block(chunk, block, segment, NOTHING))
    return whole


@pytest.mark.parametrize("windows", KINDS)
@pytest.mark.parametrize("steps", [60, 150, 1 << 17])
def test_episodes_are_seen_whole_whatever_the_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, windows: str, steps: int
) -> None:
    monkeypatch.setattr(shards, "MAX_STEPS", steps)
    found = summary(opened(tmp_path, windows)).distributions["episode_length"]
    # Of the first nothing tells where it began, after the last no row shows that it ended.
    assert (found.count, found.minimum, found.maximum) == (ENVIRONMENTS * (len(LENGTHS) - 2), 17, 40)


@pytest.mark.parametrize("windows", KINDS)
@pytest.mark.parametrize("order", ["environment", "sequence"])
@pytest.mark.parametrize("steps", [9, 20, 60, 150, 1 << 17])
def test_every_transition_is_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, windows: str, order: str, steps: int
) -> None:
    monkeypatch.setattr(shards, "MAX_STEPS", steps)
    chunk = opened(tmp_path, windows, order=order)
    stream = chunk.stream
    assert stream is not None
    views = [places for segment in stream.segments(chunk.blocks()) for places in stream.views(*segment)]
    to = torch.cat([each[:, 1:].flatten() for each in views])
    counts = to.bincount(minlength=chunk.shape[0] * WINDOW).view(chunk.shape)
    assert bool((counts[:, 1:] == 1).all())
    between = 0 if windows == "chained" else chunk.shape[0] - ENVIRONMENTS
    if order == "environment":
        assert int(counts[:, 0].sum()) == between
    assert int(counts[:, 0].max()) <= 1


@pytest.mark.parametrize("windows", KINDS)
def test_places_are_told_where_they_are_in_the_windows(tmp_path: Path, windows: str) -> None:
    made = torch.Generator().manual_seed(1)
    action = torch.randint(3, (ROWS * ENVIRONMENTS,), generator=made)
    wrong = torch.arange(5, len(action), 7)
    action[wrong] = -1
    chunk = opened(tmp_path, windows, actions=action)
    (finding,) = (each for each in summary(chunk).findings.values() if each.rule == "action-out-of-range")
    step_stream, _out = chunk.take(0, chunk.shape[0])
    assert len(finding.places) > 50
    for row, step in finding.places:
        assert int(step_stream["action"][row, step + (finding.unit == "transition")]) == -1


def test_a_transition_from_a_row_that_two_windows_share_is_of_the_second(tmp_path: Path) -> None:
    chunk = opened(tmp_path, "chained")
    assert chunk.stream is not None
    (places,) = chunk.stream.views(0, ROWS - ROWS % (WINDOW - 1))
    located = Located(Report((), (), ()), 0, places, WINDOW)
    assert located.address((0, WINDOW - 1), "step") == (0, WINDOW - 1)
    assert located.address((0, WINDOW - 1), "transition") == (1, 0)
    assert located.address((0, 2 * (WINDOW - 1) + 3, 5), "transition") == (2, 3, 5)


def test_runs_of_few_rows_are_looked_at_as_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FEWEST", 10_000)
    chunk = opened(tmp_path, "chained")
    assert chunk.stream is not None
    (segment,) = chunk.stream.segments(chunk.blocks())
    (places,) = chunk.stream.views(*segment)
    assert places.equal(torch.arange(chunk.shape[0] * WINDOW).view(chunk.shape))
    assert chunk.stream.take(places)["done"].equal(chunk.take(0, chunk.shape[0])[0]["done"])


def test_runs_of_one_length_stand_side_by_side(tmp_path: Path) -> None:
    chunk = opened(tmp_path, "chained")
    assert chunk.stream is not None
    (segment,) = chunk.stream.segments(chunk.blocks())
    (places,) = chunk.stream.views(*segment)
    assert places.shape == (ENVIRONMENTS, (ROWS - 1) // (WINDOW - 1) * (WINDOW - 1) + 1)
    assert cast("int", chunk.stream.take(places)["done"].count_nonzero()) > chunk.shape[0] // WINDOW


def test_windows_that_do_not_go_on_are_no_stream(tmp_path: Path) -> None:
    assert opened(tmp_path, "within", order="sequence").stream is not None
    rows = torch.arange(ROWS * ENVIRONMENTS) // WINDOW
    assert opened(tmp_path, "within", order="sequence", sequence=rows).stream is None


def test_a_part_of_a_rule_that_one_report_on_a_block_saw_was_looked_at() -> None:
    saw = Located(Report((), ("a",), ()), 0)
    part = Located(Report((), ("a",), (), (PartlyChecked("a", "ends", "time"),)), 0)
    assert counts_of_rules([saw, part]) == ({"a": 1}, {})
    assert counts_of_rules([part, part]) == ({"a": 1}, {"a\nends": {"time": 1}})
