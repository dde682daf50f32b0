from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
import torch
from tensordict import TensorDict

from mouse.batch import save_batch
from mouse.losses import LOSSES
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan import overlap
from mouse_dashboard.scan.local import run_in_process
from mouse_dashboard.scan.report import ScanReport
from mouse_dashboard.scan.scan import scan
from mouse_dashboard.scan.source import sources_of
from mouse_dashboard.scan.task import Request
from tests.server.scan.shards import batch

Batch = tuple[TensorDict, TensorDict]
Change = Callable[[Batch], Batch]
REQUEST = Request(configs=dump_configs({"dqn": LOSSES["dqn"].config()}))


def report(folder: Path, *shards: Batch) -> ScanReport:
    for number, shard in enumerate(shards):
        save_batch(folder / f"{number}.safetensors", *shard)
    return scan(REQUEST, sources_of([str(folder)]), run_in_process)


def checks(found: ScanReport) -> dict[str, set[tuple[str, str]]]:
    """What is wrong with each shard, informations left out."""
    return {
        Path(shard.address).stem: {issue.key for issue in shard.issues if issue.severity != "info"}
        for shard in found.shards
        if any(issue.severity != "info" for issue in shard.issues)
    }


def with_field(shard: Batch, name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Batch:
    step_stream = shard[0].clone()
    step_stream[name] = change(step_stream[name])
    return step_stream, shard[1]


def test_shards_of_one_world_do_not_stand_out(tmp_path: Path) -> None:
    assert checks(report(tmp_path, *(batch(seed) for seed in range(6)))) == {}


def test_rewards_of_another_scale_are_seen(tmp_path: Path) -> None:
    shards = [batch(seed) for seed in range(5)]
    shards[3] = with_field(shards[3], "reward", lambda reward: reward * 1000)
    found = checks(report(tmp_path, *shards))
    assert found.keys() == {"3"}
    assert {("shard-drift", "reward"), ("shard-drift", "reward_other_than_0"), ("shard-drift", "dqn.loss")} <= found[
        "3"
    ]


def test_another_policy_is_seen(tmp_path: Path) -> None:
    shards = [batch(seed) for seed in range(5)]
    shards[2] = with_field(shards[2], "action", lambda action: action.clamp_max(1))
    assert ("shard-drift", "action") in checks(report(tmp_path, *shards))["2"]


def test_ends_that_were_merged_are_seen_where_limits_cut_few_episodes(tmp_path: Path) -> None:
    def rare(done: torch.Tensor) -> torch.Tensor:
        return torch.where((done == 2) & (torch.arange(done.shape[1]) % 7 > 0), 1, done)

    shards = [with_field(batch(seed, sequences=400), "done", rare) for seed in range(5)]
    shards[2] = with_field(shards[2], "done", lambda done: done.clamp_max(1))
    found = report(tmp_path, *shards)
    assert checks(found) == {"2": {("shard-drift", "end")}}
    assert "no end has done = 2 (truncated), in the other shards" in found.shards[0].issues[0].message


def test_sequences_that_stand_in_two_shards_are_seen_in_both_whatever_their_type(tmp_path: Path) -> None:
    shards = [batch(seed) for seed in range(4)]
    copied = with_field(shards[0], "reward", torch.Tensor.double)
    joined = (torch.cat([mine[:-5], theirs[3:8]]) for mine, theirs in zip(shards[2], copied, strict=True))
    shards[2] = cast("Batch", tuple(joined))
    found = report(tmp_path, *shards)
    assert checks(found) == {
        "0": {("shard-duplicates", "runs")},
        "2": {("shard-duplicates", "runs"), ("shard-fields", "")},
    }
    (issue,) = (
        issue
        for shard in found.shards
        for issue in shard.issues
        if shard.address.endswith("2.safetensors") and issue.check == "shard-duplicates"
    )
    assert issue.measured == pytest.approx(5 / 45, abs=0.01)
    assert issue.places == ((40, 0),)


def test_copies_are_told_however_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "MOST_OWNERS", 2)
    found = report(tmp_path, *(batch(seed) for seed in range(6)), *[batch(9)] * 4)
    assert checks(found) == {name: {("shard-duplicates", "runs")} for name in "6789"}
    message = found.shards[0].issues[0].message
    assert "About 100 % of its runs of steps stand in" in message
    assert "and some in 2 other shards; by chance 0 % would" in message


def test_a_shard_of_another_world_shares_no_state(tmp_path: Path) -> None:
    def rounded(shard: Batch) -> Batch:
        return with_field(shard, "observation", lambda value: (2 * value).round())

    shards = [rounded(batch(seed)) for seed in range(4)]
    shards[1] = with_field(shards[1], "observation", lambda value: value * 1.37 + 0.5)
    found = checks(report(tmp_path, *shards))
    assert found == {"1": {("shard-unshared-states", "states")}}


def test_fields_that_other_shards_do_not_have_are_told(tmp_path: Path) -> None:
    shards = [batch(seed) for seed in range(3)]
    shards[0] = with_field(shards[0], "observation", torch.Tensor.double)
    shards[0][0]["more"] = shards[0][0]["reward"].clone()
    found = report(tmp_path, *shards)
    assert checks(found) == {"0": {("shard-fields", "")}}
    assert "more" in found.shards[0].issues[0].message
    assert "observation is float64 [1], elsewhere float32 [1]" in found.shards[0].issues[0].message


def test_what_most_shards_have_is_of_the_data_set(tmp_path: Path) -> None:
    shards = [batch(seed) for seed in range(4)]
    for _step_stream, out in shards:
        out["dqn_target"] = out["dqn"].clone()
    found = report(tmp_path, *shards)
    assert checks(found) == {}
    assert "target-equals-online" in {each.issue.check for each in found.common}
