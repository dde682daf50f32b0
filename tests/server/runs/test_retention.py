"""The oldest make room, what is pinned stays, and it is told."""

from pathlib import Path

import pytest

from tests.server.files import saved_batch
from tests.server.runs.stores import Stores, open_stores

SIZE = len(saved_batch())


def pin(stores: Stores, step: int, run: str = "run") -> None:
    (found,) = (each for each in stores.runs.runs().runs if each.name == run)
    stores.runs.pin(found.id, step, pinned=True)


def dropped(stores: Stores) -> dict[str, int]:
    return {run.name: run.dropped for run in stores.runs.runs().runs}


def test_without_limits_everything_stays(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        for step in range(5):
            stores.push(step)
        assert stores.steps() == [0, 1, 2, 3, 4]
        assert dropped(stores) == {"run": 0}


def test_a_run_keeps_its_newest_snapshots_and_says_how_many_went(tmp_path: Path) -> None:
    with open_stores(tmp_path, snapshots=3) as stores:
        gone = [stores.push(step).batch_id for step in (7, 1)]  # the oldest came first, whatever its step
        stores.push(0, run="other")
        for step in (2, 3, 4):
            stores.push(step)
        assert (stores.steps(), stores.steps("other")) == ([2, 3, 4], [0])
        assert dropped(stores) == {"run": 2, "other": 0}
        assert stores.forgotten == gone
        assert len(list((tmp_path / "batches").iterdir())) == 4


def test_what_is_pinned_stays_and_counts(tmp_path: Path) -> None:
    with open_stores(tmp_path, snapshots=2) as stores:
        stores.push(0)
        pin(stores, 0)
        for step in (1, 2, 3):
            stores.push(step)
        assert stores.steps() == [0, 3]
        pin(stores, 3)
        stores.push(4)
        assert stores.steps() == [0, 3, 4], "the one that has just come is never the one to go"


@pytest.mark.parametrize(("room", "left"), [(3 * SIZE, "a2 b3 b4"), (3 * SIZE - 1, "b3 b4"), (1, "b4")])
def test_the_bytes_of_all_runs_have_a_limit(room: int, left: str, tmp_path: Path) -> None:
    with open_stores(tmp_path, bytes_=room) as stores:
        for step, run in enumerate(("a", "a", "a", "b", "b")):
            stores.push(step, run)
        assert " ".join(f"{run}{step}" for run in "ab" for step in stores.steps(run)) == left
        stored = sum(path.stat().st_size for path in (tmp_path / "batches").iterdir())
        assert stored == sum(run.bytes for run in stores.runs.runs().runs)


def test_a_snapshot_whose_file_is_lost_goes_at_the_start_and_counts_as_dropped(tmp_path: Path) -> None:
    with open_stores(tmp_path) as before:
        lost, _ = before.push(0), before.push(1)
        before.batches.path(lost.batch_id).unlink()
    with open_stores(tmp_path) as after:
        assert (after.steps(), dropped(after)) == ([1], {"run": 1})
        assert after.push(0).batch_id == lost.batch_id, "and can come again, unlisted as before"
        assert after.batches.batches() == []


def test_an_unlisted_batch_that_no_snapshot_claims_goes_with_the_next_arrival_an_hour_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stores(tmp_path) as before:
        unclaimed = before.send(saved_batch(seed=9))
        before.push(0)
    with open_stores(tmp_path) as soon:
        assert soon.batches.has(unclaimed)
    monkeypatch.setattr("mouse_dashboard.store.orphans.LONGEST", -1.0)
    with open_stores(tmp_path) as later:
        later.push(0)
        assert later.batches.has(unclaimed), "nothing has arrived"
        later.push(1)
        assert (later.batches.has(unclaimed), later.steps()) == (False, [0, 1])
        assert len(list((tmp_path / "batches").iterdir())) == 2


def test_batches_of_refused_snapshots_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mouse_dashboard.store.orphans.MOST", 3)
    with open_stores(tmp_path) as stores:
        claimed = stores.push(0).batch_id
        refused = [stores.send(saved_batch(seed=seed)) for seed in range(1, 6)]
        assert [stores.batches.has(batch_id) for batch_id in refused] == [False, False, True, True, True]
        assert stores.push(1, content=saved_batch(seed=1)).batch_id == refused[0], "sent again"
        assert stores.batches.has(claimed)
        assert len(list((tmp_path / "batches").iterdir())) == 4
