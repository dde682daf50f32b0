"""Check 37: a data base that is lost is made anew, one that cannot be used is left alone; an older one is migrated."""

import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from mouse_dashboard.cli.main import cli
from mouse_dashboard.store import BatchStore, database, migrations
from mouse_dashboard.store.tables import Base
from tests.security.data_folders import RUNNER, dashboard, listed, refused
from tests.server.files import npz, npz_arrays, saved_batch, send
from tests.server.imports.rollouts import MAPPING, mapped, rollout
from tests.server.runs.pushed import push
from tests.server.runs.stores import FILE_LIMITS
from tests.server.store.test_kill import PROCESSES
from tests.server.store.uploader import open_at_once

UNVERSIONED = Path(__file__).parent.parent / "server" / "store" / "unversioned.zip"


@pytest.fixture
def old_folder(folder: Path) -> Path:
    """As the last version without a marker wrote it."""
    with zipfile.ZipFile(UNVERSIONED) as file:
        file.extractall(folder)
    return folder


@pytest.mark.process
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
    assert "4 batches were listed again" in caplog.messages[0]
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


def not_text(path: Path) -> None:
    """Which Python says and not SQLite: such an error has no code of SQLite's."""
    change(path, "UPDATE alembic_version SET version_num = CAST(x'ff' AS TEXT)")


def without_a_table(path: Path) -> None:
    change(path, "DROP TABLE snapshots")


def of_another_program(path: Path) -> None:
    change(path, "DROP TABLE batches", "CREATE TABLE batches (id INTEGER)")


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("harm", [garbage, truncated, damaged, newer, not_text, without_a_table, of_another_program])
def test_check_37_a_data_base_that_cannot_be_used_is_told_in_one_line_and_left_alone(harm: Any, folder: Path) -> None:
    with dashboard(folder) as client:
        stored = send(client, saved_batch()).json()
    harm(folder / "mouse.sqlite")
    said = refused(folder)
    assert ("update mouse" if harm is newer else "lists the batch files again") in said
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
