from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from mouse_dashboard.scan.source import fetch, sources_of
from mouse_dashboard.schema.errors import ApiError


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(*addresses: str | Path) -> list[str]:
    return [source.name for source in sources_of([str(address) for address in addresses])]


def test_folders_and_globs_name_their_files_in_order_and_each_once(tmp_path: Path) -> None:
    touch(tmp_path / "b" / "2.parquet", tmp_path / "b" / "1.parquet", tmp_path / "a.npz", tmp_path / "read.me")
    assert names(tmp_path) == ["a.npz", "1.parquet", "2.parquet"]
    assert names(tmp_path / "b" / "*.parquet", tmp_path / "b" / "1.parquet") == ["1.parquet", "2.parquet"]
    assert names(tmp_path / "**" / "*.parquet") == ["1.parquet", "2.parquet"]


def test_results_of_a_scan_among_the_data_are_no_data(tmp_path: Path) -> None:
    touch(tmp_path / "0.parquet", tmp_path / "out" / "scan.json", tmp_path / "out" / "shards.parquet")
    touch(tmp_path / "out" / "tasks" / "0.json", tmp_path / "out" / "windows" / "dqn-000.safetensors")
    assert names(tmp_path) == names(tmp_path / "**" / "*.parquet") == ["0.parquet"]
    assert names(tmp_path / "out" / "windows" / "dqn-000.safetensors") == ["dqn-000.safetensors"]


def test_a_data_set_of_minari_lies_where_minari_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "D4RL" / "door" / "human-v2" / "data" / "main_data.hdf5")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    assert names("minari:D4RL/door/human-v2") == ["main_data.hdf5"]
    for missing in ("minari:D4RL/door/none-v0", "minari:../D4RL/door/human-v2"):
        with pytest.raises(ApiError, match="run minari download"):
            names(missing)


def test_json_beside_data_is_no_data(tmp_path: Path) -> None:
    touch(tmp_path / "data" / "0.parquet", tmp_path / "meta" / "info.json")
    assert names(tmp_path) == ["0.parquet"]
    assert names(tmp_path / "meta") == ["info.json"]


def test_tables_that_lerobot_writes_of_its_episodes_are_no_data(tmp_path: Path) -> None:
    touch(tmp_path / "data" / "chunk-000" / "file-000.parquet", tmp_path / "meta" / "info.json")
    touch(tmp_path / "meta" / "tasks.parquet", tmp_path / "meta" / "episodes" / "chunk-000" / "file-000.parquet")
    (found,) = sources_of([str(tmp_path)])
    assert Path(found.address) == tmp_path / "data" / "chunk-000" / "file-000.parquet"
    touch(tmp_path / "other" / "meta" / "0.parquet")
    assert names(tmp_path / "other") == ["0.parquet"]


def test_hidden_files_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / ".cache" / "0.parquet", tmp_path / "1.parquet")
    monkeypatch.chdir(tmp_path)
    assert names(tmp_path) == names(".") == names("*") == ["1.parquet"]


def test_a_hidden_folder_that_is_named_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / ".minari" / "datasets" / "door" / "data" / "main_data.hdf5")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("MINARI_DATASETS_PATH", raising=False)
    assert names("minari:door") == ["main_data.hdf5"]
    assert names(tmp_path / ".minari") == names(tmp_path / ".minari" / "*" / "*" / "data" / "*") == ["main_data.hdf5"]
    fsspec.filesystem("memory").pipe({"/.hidden/0.parquet": b"x", "/.hidden/.1.parquet": b"x"})
    assert names("memory://.hidden") == names("memory://.hidden/*.parquet") == ["0.parquet"]


@pytest.mark.parametrize("address", ["nothing/*.parquet", "memory://nothing/*.parquet"])
def test_an_address_without_a_shard_is_refused(address: str) -> None:
    with pytest.raises(ApiError, match="found no files"):
        sources_of([address])


def test_addresses_of_fsspec_are_fetched(tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    files.pipe({"/set/1.parquet": b"one", "/set/0.parquet": b"nought", "/set/info.json": b"{}"})
    for address in ("memory://set", "memory://set/*.parquet"):
        found = sources_of([address])
        assert [(source.name, source.size) for source in found] == [("0.parquet", 6), ("1.parquet", 3)]
        assert fetch(found[1], tmp_path).read_bytes() == b"one"


class NoCredentialsError(Exception):
    """As of botocore: no OSError."""


def test_errors_of_a_file_system_are_told_whatever_their_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_arguments: object, **_named: object) -> None:
        raise NoCredentialsError("Unable to locate credentials")

    fsspec.filesystem("memory").pipe({"/private/0.parquet": b"x"})
    (source,) = sources_of(["memory://private"])
    monkeypatch.setattr(MemoryFileSystem, "open", refuses)
    with pytest.raises(OSError, match="Unable to locate credentials"):
        fetch(source, tmp_path)
    monkeypatch.setattr(MemoryFileSystem, "isdir", refuses)
    with pytest.raises(ApiError, match=r"memory://private: Unable to locate credentials\.$"):
        sources_of(["memory://private"])


def test_an_address_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ApiError, match="nowhere://x: "):
        sources_of(["nowhere://x"])
