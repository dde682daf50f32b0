"""Nothing of the user's is deleted, whatever is in the data folder, its data base, or the clock."""

import hashlib
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mouse_dashboard.cli.main import cli
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.demo_batch import stored_demo_batch
from tests.security.data_folders import RUNNER, dashboard, files, listed, refused
from tests.server.files import saved_batch, send
from tests.server.imports.rollouts import rollout
from tests.server.runs.pushed import push
from tests.server.runs.stores import FILE_LIMITS, open_stores

NAME = f"{'0' * 64}.safetensors"


def test_check_36_a_folder_of_somebody_else_is_refused_in_one_line(tmp_path: Path) -> None:
    mine = tmp_path / "p" / "batches" / "x.safetensors"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(saved_batch())
    result = RUNNER.invoke(cli, ["dashboard", str(mine), "--data-dir", str(tmp_path / "p"), "--port", "0"])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "found files that mouse did not make" in result.stderr
    assert result.stderr.endswith("--data-dir.\n")
    assert files(tmp_path) == {"p/batches/x.safetensors": saved_batch()}


@pytest.mark.parametrize("name", ["batches", "imports", "incoming", "quarantine", "mouse.sqlite", "mouse.lock"])
def test_check_36_links_by_our_names_are_not_followed(name: str, tmp_path: Path, folder: Path) -> None:
    with BatchStore(folder, FILE_LIMITS):
        pass
    elsewhere = tmp_path / name
    (folder / name).rename(elsewhere)
    (folder / name).symlink_to(elsewhere)
    before = files(tmp_path)
    assert "found a link" in refused(folder)
    assert files(tmp_path) == before


def test_check_36_files_of_others_in_every_folder_are_left_alone(folder: Path, tmp_path: Path) -> None:
    with dashboard(folder) as client:
        stored = send(client, saved_batch()).json()
    shutil.copytree(folder / "batches", folder / "incoming" / ("a" * 32))
    (folder / "incoming" / f"{'a' * 32}.lock").touch()
    outside = tmp_path / "outside.safetensors"
    outside.write_bytes(b"mine")
    for place in ("", "batches", "records", "imports", "incoming", "demo", "quarantine"):
        (folder / place / "x.safetensors").write_bytes(b"mine")
        (folder / place / "x.lock").write_bytes(b"mine")
        (folder / place / NAME).symlink_to(outside)
        (folder / place / f"{'1' * 64}.safetensors").mkdir()
        (folder / place / f"{'1' * 64}.safetensors" / "mine").write_bytes(b"mine")
    before = files(folder)
    del before[f"incoming/{'a' * 32}.lock"]  # no different from one of ours
    for _ in range(2):
        with dashboard(folder) as client:
            assert stored["id"] in [batch["id"] for batch in listed(client)]
            assert send(client, saved_batch(seed=1)).status_code in {200, 201}
        after = files(folder)
        assert {name: after.get(name) for name in before if "sqlite" not in name} == {
            name: content for name, content in before.items() if "sqlite" not in name
        }
    assert outside.read_bytes() == b"mine"
    assert (folder / "batches" / NAME).is_symlink()


def test_check_36_an_upload_does_not_replace_what_has_its_name(folder: Path, tmp_path: Path) -> None:
    content = saved_batch()
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    with dashboard(folder) as client:
        target = folder / "batches" / f"{hashlib.sha256(content).hexdigest()}.safetensors"
        target.symlink_to(outside)
        assert send(client, content).json()["code"] == "name_taken"
        assert (target.is_symlink(), outside.read_bytes(), listed(client)) == (True, b"mine", [])


def test_check_36_leftovers_by_our_names_are_put_aside_and_removed_by_command_or_after_a_month(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with dashboard(folder) as client:
        send(client, saved_batch())
    for place in ("batches", "imports"):
        (folder / place / NAME).write_bytes(b"left over")
    with dashboard(folder):
        pass
    aside = [path for path in (folder / "quarantine").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in aside] == [b"left over"] * 2
    assert not (folder / "batches" / NAME).exists()
    assert [NAME in line and "--empty-quarantine" in line for line in caplog.messages] == [True]

    (old,) = (folder / "quarantine").iterdir()
    recent = old.rename(old.with_name(f"{datetime.now(UTC) - timedelta(days=29):%Y-%m-%d}-{'a' * 32}"))
    with dashboard(folder):
        assert recent.exists()
    expired = recent.rename(old.with_name(f"{datetime.now(UTC) - timedelta(days=31):%Y-%m-%d}-{'a' * 32}"))
    (expired / "batches" / "mine").write_bytes(b"mine")
    with dashboard(folder):
        assert [path.name for path in expired.rglob("*") if path.is_file()] == ["mine"]

    (folder / "batches" / NAME).write_bytes(b"left over")
    with dashboard(folder):
        pass
    assert NAME in RUNNER.invoke(cli, ["data", "--data-dir", str(folder)]).stdout
    emptied = RUNNER.invoke(cli, ["data", "--data-dir", str(folder), "--empty-quarantine"])
    assert "removed 1 files" in emptied.stdout
    assert NAME not in RUNNER.invoke(cli, ["data", "--data-dir", str(folder)]).stdout


@pytest.mark.parametrize("force", [[], ["--force"]], ids=["", "force"])
@pytest.mark.parametrize("command", ["convert", "demo"])
def test_check_36_no_command_writes_over_what_it_did_not_make(command: str, force: list[str], tmp_path: Path) -> None:
    source, other = tmp_path / "source.safetensors", tmp_path / "other"
    source.write_bytes(saved_batch())
    other.write_bytes(b"mine")
    (tmp_path / "link").symlink_to(other)
    os.mkfifo(tmp_path / "pipe")
    outputs = [tmp_path / "link", tmp_path / "pipe", tmp_path, *([] if force else [other])]
    if command == "convert":
        outputs.append(source)
    start = ["convert", str(source)] if command == "convert" else ["demo", "--out"]
    before = files(tmp_path)
    for out in outputs:
        result = RUNNER.invoke(cli, [*start, str(out), *force])
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), out
    assert files(tmp_path) == before
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    if command == "convert" and force:
        assert RUNNER.invoke(cli, [*start, str(other), *force]).exit_code == 0
        assert other.read_bytes() != b"mine"


@pytest.mark.process
def test_only_the_owner_reads_the_data_folder(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    stored_demo_batch(folder, 0, lambda path, _: path.touch())
    with dashboard(folder) as client:
        send(client, saved_batch())
        send(client, rollout())
        push(client, 1)
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


class Clock(datetime):
    """A clock that can be set."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: Any = None) -> "Clock":
        return cls.fromtimestamp(datetime.now(tz).timestamp(), tz) + cls.ahead


@pytest.mark.process
@pytest.mark.parametrize("hours", [-5, 5, -24 * 400, 24 * 20])
def test_check_40_a_clock_that_is_set_loses_refuses_and_reorders_nothing(
    hours: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("store.store", "store.imports", "runs.store", "store.quarantine"):
        monkeypatch.setattr(f"mouse_dashboard.{module}.datetime", Clock)
    monkeypatch.setattr(Clock, "ahead", timedelta(0))
    with open_stores(folder) as stores:
        first = stores.send(saved_batch(seed=1))
        stores.push(1, "before")
        waiting = stores.send(saved_batch(seed=2))
        monkeypatch.setattr(Clock, "ahead", timedelta(hours=hours))
        after = stores.send(saved_batch(seed=3))
        assert all(stores.batches.has(each) for each in (first, waiting, after))
        for step, seed in ((2, 2), (3, 3)):
            stores.push(step, "after", content=saved_batch(seed=seed))
        assert [run.name for run in stores.runs.runs().runs] == ["after", "before"]
        stores.push(4, "before")
        assert [run.name for run in stores.runs.runs().runs] == ["before", "after"]
    with open_stores(folder) as stores:
        assert (stores.steps("before"), stores.steps("after")) == ([1, 4], [2, 3])
    with dashboard(folder) as client:
        ids = [send(client, saved_batch(seed=seed)).json()["id"] for seed in (11, 12)]
        monkeypatch.setattr(Clock, "ahead", timedelta(0))
        ids.append(send(client, saved_batch(seed=13)).json()["id"])
        waits = send(client, rollout()).json()["id"]
        assert [batch["id"] for batch in listed(client)] == ids[::-1]
        assert client.get(f"/api/imports/{waits}").status_code == 200
