"""A run pushed to a dashboard tells what changed along it."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mouse.batch import batch_bytes
from mouse_dashboard.runs.models import Examined
from mouse_dashboard.runs.run_changes import NewChange
from mouse_dashboard.runs.snapshot_worker import SnapshotWorker
from tests.server.batches import random_batch
from tests.server.runs.stores import Stores, open_stores

CONFIGS = {"dqn": {"gamma": 0.5}}


def content(step: int, factor: float = 1.0) -> bytes:
    """A batch of its own, its rewards times a factor."""
    batch: Any = random_batch(seed=step)
    stream = batch.step_stream.clone()
    stream["reward"] = stream["reward"] * factor
    return batch_bytes(stream, batch.out)


def examine(stores: Stores) -> list[NewChange]:
    changes: list[NewChange] = []
    SnapshotWorker(stores.runs, stores.batches, 60, notify=changes.append).drain()
    return changes


def changes(stores: Stores) -> list[Any]:
    (run,) = stores.runs.runs().runs
    return stores.runs.run(run.id).changes


def test_rewards_that_grow_are_told_at_their_snapshot_and_once(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        for step in range(0, 1200, 100):
            stores.push(step, content=content(step), configs=CONFIGS)
            examine(stores)
        before = changes(stores)
        assert [each.subject for each in before if each.rule == "run-jump"] == []
        stores.push(1200, content=content(1200, 1000.0), configs=CONFIGS)
        (change,) = (each for each in examine(stores) if each.change.rule == "run-jump")
        assert (change.run, change.change.step, change.change.previous_step) == ("run", 1200, 1100)
        assert change.change.subject == "reward.size"
        assert "-fold at step 1,200" in change.change.message
        assert "the loss dqn" in change.change.message.lower()
        stores.push(1300, content=content(1300, 1000.0), configs=CONFIGS)
        assert [each for each in examine(stores) if each.change.rule == "run-jump"] == []
        jumps = [each for each in changes(stores) if each.rule == "run-jump"]
        assert [(each.step, each.subject) for each in jumps] == [(1200, "reward.size")]


@pytest.mark.slow
def test_what_was_found_stays_when_its_snapshots_make_room(tmp_path: Path) -> None:
    with open_stores(tmp_path, snapshots=12) as stores:
        for step in range(0, 3000, 100):
            stores.push(step, content=content(step, 1000.0 if step >= 1200 else 1.0), configs=CONFIGS)
            examine(stores)
        assert stores.steps()[0] == 1800
        assert [(each.rule, each.step) for each in changes(stores) if each.rule == "run-jump"] == [("run-jump", 1200)]
        subjects = [each.subject for each in changes(stores) if each.rule == "run-finding"]
        assert len(subjects) == len(set(subjects)), "a history that is cut off tells no finding twice"


@pytest.mark.slow
def test_snapshots_that_come_in_any_order_end_in_the_same_changes(tmp_path: Path) -> None:
    found: list[list[Any]] = []
    for name in ("in turn", "at once"):
        with open_stores(tmp_path / name) as stores:
            for step in range(0, 1500, 100):
                stores.push(step, content=content(step, 1000.0 if step >= 1200 else 1.0), configs=CONFIGS)
                if name == "in turn":
                    examine(stores)
            examine(stores)
            found.append(changes(stores))
    assert found[0] == found[1]
    assert found[0]


def test_a_snapshot_of_an_older_version_has_no_statistics_and_keeps_nothing_from_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stores(tmp_path) as stores:
        stores.push(0, content=content(0), configs=CONFIGS)
        with monkeypatch.context() as patch:
            original = stores.runs.store_examination

            def without_statistics(number: int, examined: Examined, _statistics: object) -> list[NewChange]:
                return original(number, examined)

            patch.setattr(stores.runs, "store_examination", without_statistics)
            examine(stores)
        assert changes(stores) == []
        stores.push(100, content=content(100), configs=CONFIGS)
        examine(stores)
        assert [each.state for each in stores.timeline()] == ["examined", "examined"]


@pytest.mark.slow
def test_the_target_head_is_compared_on_observations_that_come_again(tmp_path: Path) -> None:
    """A world of six states, a target that is never updated, an online head that learns."""
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(6, 3, generator=generator)
    with open_stores(tmp_path) as stores:
        for at in range(52):
            batch: Any = random_batch(seed=at)
            stream, out = batch.step_stream.clone(), batch.out.clone()
            state = torch.randint(6, stream.batch_size, generator=generator)
            stream["obs"] = state.unsqueeze(-1).float()
            out["dqn_target"] = target[state]
            out["dqn"] = target[state] + 0.01 * at
            stores.push(at * 500, content=batch_bytes(stream, out), configs=CONFIGS)
        examine(stores)
        assert "run-target-frozen" in [each.rule for each in changes(stores)]
