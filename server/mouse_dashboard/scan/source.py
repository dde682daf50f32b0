"""What a scan reads: files, folders and globs of this machine, and addresses that fsspec knows."""

import glob
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from mouse_dashboard.reading.formats import ENDINGS, JSON
from mouse_dashboard.schema.errors import ApiError

SCHEME = "://"
BLOCK = 4 << 20
METADATA = JSON.endings
"""Beside files of other formats in a folder, JSON is what Minari and LeRobot say of their data, and no data."""


class Source(NamedTuple):
    """One shard, as the scan was told to read it."""

    address: str
    """Its path or address."""
    size: int
    """Bytes."""
    version: str
    """What changes when the file does: its time of change, or what its server says of it."""

    @property
    def name(self) -> str:
        """Last part of the address."""
        return self.address.rstrip("/").rpartition("/")[2]


def sources_of(addresses: Sequence[str]) -> list[Source]:
    """Find the shards that the command line names, each once, in its order; of a folder or glob by their names.

    Raises:
        ApiError: 422, an address without a shard.
    """
    found: dict[str, Source] = {}
    for address in addresses:
        shards = list(_remote(address) if SCHEME in address else _local(address))
        if not shards:
            raise ApiError(422, "no_shards", f"{address}: found no files ({' '.join(ENDINGS)}), expected at least one.")
        found |= {shard.address: shard for shard in shards}
    return list(found.values())


def fetch(source: Source, scratch: Path) -> Path:
    """Return the shard as a file of this machine: itself, or a copy in `scratch`.

    Raises:
        OSError: it cannot be read.
    """
    if SCHEME not in source.address:
        return Path(source.address)
    target = scratch / f"fetched-{source.name}"
    files, path = _file_system(source.address)
    with files.open(path, "rb") as remote, target.open("wb") as local:
        while block := remote.read(BLOCK):
            local.write(block)
    return target


def _local(address: str) -> Iterator[Source]:
    path = Path(address)
    if path.is_file():
        files = [path]
    elif path.is_dir():
        files = map(Path, _data_files(str(file) for file in path.rglob("*") if file.is_file()))
    else:
        files = map(Path, _data_files(file for file in glob.glob(address, recursive=True) if Path(file).is_file()))  # noqa: PTH207  an absolute glob too
    for file in files:
        state = file.stat()
        yield Source(str(file), state.st_size, str(state.st_mtime_ns))


def _data_files(paths: Iterable[str]) -> list[str]:
    """Those of a format that is read, by their names; hidden ones are not looked at."""
    known = sorted(path for path in paths if path.endswith(tuple(ENDINGS)) and "/." not in path)
    data = [path for path in known if not path.endswith(METADATA)]
    return data or known


def _remote(address: str) -> Iterator[Source]:
    files, path = _file_system(address)
    try:
        if glob.has_magic(path):
            paths = _data_files(files.glob(path))
        elif files.isdir(path):
            paths = _data_files(files.find(path))
        else:
            paths = [path]
        for each in paths:
            told = files.info(each)
            version = next((str(told[key]) for key in ("ETag", "etag", "mtime", "created") if told.get(key)), "")
            yield Source(files.unstrip_protocol(each), int(told.get("size") or 0), version)
    except (OSError, ValueError) as error:
        raise ApiError(422, "unreadable_address", f"{address}: {error}.") from error


def _file_system(address: str) -> tuple[Any, str]:
    try:
        from fsspec import core  # noqa: PLC0415

        return cast("tuple[Any, str]", core.url_to_fs(address))
    except ImportError as error:  # fsspec, or what it needs for this kind of address, and says so
        raise ApiError(422, "missing_package", f"{address}: {error}; install mouse-rl[remote] or that.") from error
    except ValueError as error:
        raise ApiError(422, "unknown_address", f"{address}: {error}.") from error
