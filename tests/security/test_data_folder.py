"""Nothing of the user's is deleted, whatever is in the data folder, its data base, or the clock."""

import hashlib
import os
import shutil
import sqlite3
import stat
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from starlette.testclient import TestClient
from typer.testing import CliRunner

from mouse_dashboard.cli.main import cli
from mouse_dashboard.settings import Settings
from mouse_dashboard.store import BatchStore, database, migrations
from mouse_dashboard.store.data_folder import DataFolderError
from mouse_dashboard.store.tables import Base
from mouse_dashboard.web.app import create_app
from tests.server.files import npz, npz_arrays, saved_batch, send
from tests.server.imports.rollouts import MAPPING, mapped, rollout
from tests.server.runs.pushed import push
from tests.server.runs.stores import FILE_LIMITS, stores
from tests.server.store.test_kill import PROCESSES
from tests.server.store.uploader import open_at_once

RUNNER = CliRunner()
NAME = f"{'0' * 64}.safetensors"
UNVERSIONED = Path(__file__).parent.parent / "server" / "store" / "unversioned.zip"


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.data_dir


@pytest.fixture
def old_folder(folder: Path) -> Path:
    """As the last version without a marker wrote it."""
    with zipfile.ZipFile(UNVERSIONED) as file:
        file.extractall(folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.name != "mouse.lock"
    }


def refused(folder: Path) -> str:
    """What a start says that refuses a folder and changes nothing in it."""
    before = files(folder)
    with pytest.raises(DataFolderError) as error:
        BatchStore(folder, FILE_LIMITS)
    assert files(folder) == before
    assert str(error.value).startswith(str(folder))
    return str(error.value)


def dashboard(folder: Path) -> TestClient:
    return TestClient(create_app(Settings(data_dir=folder)), "http://localhost")


def listed(client: TestClient) -> list[dict[str, Any]]:
    return client.get("/api/batches").json()["batches"]


def test_check_36_a_folder_of_somebody_else_is_refused_in_one_line(tmp_path: Path) -> None:
    mine = tmp_path / "p" / "batches" / "x.safetensors"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(saved_batch())
    result = RUNNER.invoke(cli, ["dashboard", str(mine), "--data-dir", str(tmp_path / "p"), "--port", "0"])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "found files that mouse did not make" in result.stderr
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


def test_only_the_owner_reads_the_data_folder(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    with dashboard(folder) as client:
        send(client, saved_batch())
        send(client, rollout())
        push(client, 1)
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("how", ["removed", "truncated to nothing", "emptied"])
def test_check_37_a_lost_data_base_is_made_anew_of_the_files(
    how: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with dashboard(folder) as client:
        send(client, saved_batch(), "native.safetensors")
        send(client, npz(**npz_arrays()), "converted.npz")
        mapped(client, send(client, rollout(), "rollout.npz").json(), MAPPING)
        before = {each["id"]: client.get(f"/api/batches/{each['id']}").json() for each in listed(client)}
        pushed = push(client, 1).json()["snapshot"]["batch_id"]
        order = [batch["id"] for batch in listed(client)]
    path = folder / "mouse.sqlite"
    if how == "removed":
        path.unlink()
    elif how == "truncated to nothing":
        path.write_bytes(b"")
    else:
        with closing(sqlite3.connect(path)) as connection:
            for table in ("batches", "imports", "runs", "snapshots", "mappings"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
            connection.commit()
    with dashboard(folder) as client:
        assert [batch["id"] for batch in listed(client)] == [pushed, *order]
        for batch_id, told in before.items():
            if told["mapped_from"]:
                told["mapped_from"]["import_id"] = None  # set aside: what is read of it is not in the file
            assert client.get(f"/api/batches/{batch_id}").json() == told
            assert client.get(f"/api/batches/{batch_id}/file").status_code == 200
    assert "4 batches are listed anew" in caplog.messages[0]
    assert "Runs and remembered mappings are lost" in caplog.messages[0]


def test_check_37_a_lost_data_base_of_before_there_were_records_is_made_anew_too(
    old_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored = {path.stem for path in (old_folder / "batches").iterdir()}
    (old_folder / "mouse.sqlite").unlink()
    with dashboard(old_folder) as client:
        assert {batch["id"] for batch in listed(client)} == stored
    assert "The names of 5 are lost too" in caplog.messages[0]


def garbage(path: Path) -> None:
    path.write_bytes(b"no data base" * 1000)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)


def newer(path: Path) -> None:
    change(path, "UPDATE alembic_version SET version_num = '9999'")


def without_a_table(path: Path) -> None:
    change(path, "DROP TABLE snapshots")


def of_another_program(path: Path) -> None:
    change(path, "DROP TABLE batches", "CREATE TABLE batches (id INTEGER)")


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("harm", [garbage, truncated, damaged, newer, without_a_table, of_another_program])
def test_check_37_a_data_base_that_cannot_be_used_is_told_in_one_line_and_left_alone(harm: Any, folder: Path) -> None:
    with dashboard(folder) as client:
        stored = send(client, saved_batch()).json()
    harm(folder / "mouse.sqlite")
    said = refused(folder)
    assert ("update mouse" if harm is newer else "makes the list anew") in said
    result = RUNNER.invoke(cli, ["dashboard", "--data-dir", str(folder), "--port", "0", str(UNVERSIONED)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    (folder / "mouse.sqlite").rename(folder / "moved away")
    with dashboard(folder) as client:
        assert [batch["id"] for batch in listed(client)] == [stored["id"]]


def test_check_37_a_locked_data_base_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with BatchStore(folder, FILE_LIMITS):
        pass
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    with closing(sqlite3.connect(folder / "mouse.sqlite")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "is locked by another program" in refused(folder)
    with BatchStore(folder, FILE_LIMITS):
        pass


def test_check_37_a_read_only_data_base_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with BatchStore(folder, FILE_LIMITS):
        pass

    def read_only(_path: Path, _mode: int) -> bool:
        return False

    monkeypatch.setattr(os, "access", read_only)  # root may write to any file
    assert "cannot be written to" in refused(folder)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('{"format": "mouse-data", "version": 2}', "update mouse"),
        ('{"format": "other", "version": 1}', "no marker of mouse"),
        ("[]", "no marker of mouse"),
        ("{", "no marker of mouse"),
    ],
)
def test_check_37_a_folder_of_a_newer_version_is_refused(marker: str, said: str, folder: Path) -> None:
    with BatchStore(folder, FILE_LIMITS):
        pass
    (folder / "mouse-data.json").write_text(marker)
    assert said in refused(folder)


def test_a_folder_of_before_there_were_versions_opens_with_all_that_is_in_it(old_folder: Path) -> None:
    old = (old_folder / "mouse.sqlite").read_bytes()
    with dashboard(old_folder) as client:
        batches = listed(client)
        assert [batch["name"] for batch in batches] == ["rollout.npz", "converted.npz", "native.safetensors"]
        told = client.get(f"/api/batches/{batches[0]['id']}").json()["mapped_from"]
        assert told["file"] == "rollout.npz"
        assert client.get(f"/api/imports/{told['import_id']}").json()["remembered"]
        assert "shifted by one" in " ".join(told["notes"])
        (run,) = client.get("/api/runs").json()["runs"]
        assert (run["name"], run["snapshots"], run["pinned"]) == ("cartpole", 2, 1)
        timeline = client.get(f"/api/runs/{run['id']}").json()["timeline"]
        assert [(each["step"], each["pinned"]) for each in timeline] == [(10, True), (20, False)]
        again = client.get(f"/api/batches/{timeline[0]['batch_id']}").json()
        assert again["snapshot"]["configs"]["dqn"]["gamma"] == 0.5
        assert push(client, 30).status_code == 201
    with closing(sqlite3.connect(old_folder / "mouse.sqlite.unversioned")) as copy:
        assert copy.execute("SELECT count(*) FROM unlisted").fetchone() == (2,)
    assert (old_folder / "mouse-data.json").is_file()
    assert old != (old_folder / "mouse.sqlite").read_bytes()


def test_the_migrations_make_what_the_tables_are(old_folder: Path, tmp_path: Path) -> None:
    with BatchStore(old_folder, FILE_LIMITS) as migrated, migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
    with BatchStore(tmp_path / "new", FILE_LIMITS) as new, new.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == database.REVISIONS[-1]
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert tuple(each.revision for each in script.walk_revisions())[::-1] == database.REVISIONS


def test_a_migration_that_fails_changes_nothing(old_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (old_folder / "mouse.sqlite").read_bytes()

    def fail(*_: object) -> None:
        raise OSError("killed")

    monkeypatch.setattr("alembic.op.rename_table", fail)
    with pytest.raises(OSError, match="killed"):
        BatchStore(old_folder, FILE_LIMITS)
    with closing(sqlite3.connect(old_folder / "mouse.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM unlisted").fetchone() == (2,)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name LIKE '%_new'").fetchall()
    assert (old_folder / "mouse.sqlite").read_bytes() == before
    monkeypatch.undo()
    with BatchStore(old_folder, FILE_LIMITS) as store:
        assert len(store.batches()) == 3


class Clock(datetime):
    """A clock that can be set."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: Any = None) -> "Clock":
        return cls.fromtimestamp(datetime.now(tz).timestamp(), tz) + cls.ahead


@pytest.mark.parametrize("hours", [-5, 5, -24 * 400, 24 * 20])
def test_check_40_a_clock_that_is_set_loses_refuses_and_reorders_nothing(
    hours: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("store.store", "store.imports", "runs.store", "store.quarantine"):
        monkeypatch.setattr(f"mouse_dashboard.{module}.datetime", Clock)
    monkeypatch.setattr(Clock, "ahead", timedelta(0))
    with stores(folder) as kept:
        first = kept.send(saved_batch(seed=1))
        kept.push(1, "before")
        waiting = kept.send(saved_batch(seed=2))
        monkeypatch.setattr(Clock, "ahead", timedelta(hours=hours))
        after = kept.send(saved_batch(seed=3))
        assert all(kept.batches.has(each) for each in (first, waiting, after))
        for step, seed in ((2, 2), (3, 3)):
            kept.push(step, "after", content=saved_batch(seed=seed))
        assert [run.name for run in kept.runs.runs().runs] == ["after", "before"]
        kept.push(4, "before")
        assert [run.name for run in kept.runs.runs().runs] == ["before", "after"]
    with stores(folder) as kept:
        assert (kept.steps("before"), kept.steps("after")) == ([1, 4], [2, 3])
    with dashboard(folder) as client:
        ids = [send(client, saved_batch(seed=seed)).json()["id"] for seed in (11, 12)]
        monkeypatch.setattr(Clock, "ahead", timedelta(0))
        ids.append(send(client, saved_batch(seed=13)).json()["id"])
        waits = send(client, rollout()).json()["id"]
        assert [batch["id"] for batch in listed(client)] == ids[::-1]
        assert client.get(f"/api/imports/{waits}").status_code == 200


@pytest.mark.process
def test_two_processes_that_start_at_once_migrate_once(old_folder: Path) -> None:
    ready, results = PROCESSES.Barrier(2), PROCESSES.Queue()
    both = [PROCESSES.Process(target=open_at_once, args=(old_folder, ready, results)) for _ in range(2)]
    for process in both:
        process.start()
    counts = [results.get(timeout=120) for _ in both]
    for process in both:
        process.join(60)
    assert (counts, [process.exitcode for process in both]) == ([3, 3], [0, 0])
    assert [path.name for path in old_folder.glob("mouse.sqlite.*")] == ["mouse.sqlite.unversioned"]
    with closing(sqlite3.connect(old_folder / "mouse.sqlite.unversioned")) as copy:
        assert copy.execute("SELECT count(*) FROM unlisted").fetchone() == (2,)
