"""Sources of a scan: local files, folders and globs, Minari datasets, and fsspec URLs."""

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from mouse_dashboard.reading.formats import ENDINGS, JSON
from mouse_dashboard.scan.scan_marker import is_scan
from mouse_dashboard.schema.errors import ApiError

SCHEME = "://"
MINARI = "minari:"
"""Before the name of a data set that Minari has downloaded, as in ``minari:D4RL/door/human-v2``."""
BLOCK = 4 << 20
METADATA = JSON.endings
"""Beside files of other formats in a folder, JSON is what Minari and LeRobot say of their data, and no data."""

INFO = "info.json"
"""In a folder `meta` of LeRobot, whose tables are of episodes and tasks: no steps."""


class Source(NamedTuple):
    """One shard, as named on the command line."""

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
    """Find the shards given on the command line, without duplicates, in order; those of a folder or glob by name.

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
    """Return the shard as a local file: itself, or a copy in `scratch`.

    Raises:
        OSError: it cannot be read.
    """
    if SCHEME not in source.address:
        return Path(source.address)
    target = scratch / f"fetched-{source.name}"
    files, path = _file_system(source.address)
    try:
        with files.open(path, "rb") as remote, target.open("wb") as local:
            while block := remote.read(BLOCK):
                local.write(block)
    except OSError:
        raise
    except Exception as error:  # file systems raise classes of their own: no credentials, a refusal of the server
        raise OSError(_told(error)) from error
    return target


def _minari(name: str) -> Path:
    """Folder of a Minari dataset, where Minari itself stores it.

    Raises:
        ApiError: 422, it is not there.
    """
    root = Path(os.environ.get("MINARI_DATASETS_PATH") or Path.home() / ".minari" / "datasets")
    folder = root / name
    if ".." in Path(name).parts or not (folder / "data").is_dir():
        expected = f"expected one in {root}; run minari download {name}"
        raise ApiError(422, "no_shards", f"{MINARI}{name}: found no such data set, {expected}.")
    return folder / "data"


def _local(address: str) -> Iterator[Source]:
    path = _minari(address.removeprefix(MINARI)) if address.startswith(MINARI) else Path(address)
    if path.is_file():
        files = [path]
    elif path.is_dir():
        below = ((str(file), file.relative_to(path).as_posix()) for file in path.rglob("*") if file.is_file())
        files = map(Path, _data_files(file for file, name in below if not _is_hidden(name)))
    else:
        files = map(Path, _data_files(file for file in glob.glob(address, recursive=True) if Path(file).is_file()))  # noqa: PTH207  an absolute glob too
    for file in files:
        if path != file and any(is_scan(folder) for folder in list(file.parents)[:2]):
            continue  # tables and windows of a scan among the data are results
        state = file.stat()
        yield Source(str(file), state.st_size, str(state.st_mtime_ns))


def _data_files(paths: Iterable[str]) -> list[str]:
    """Files of a supported format, sorted by name."""
    known = sorted(path for path in paths if path.endswith(tuple(ENDINGS)))
    described = tuple(path.removesuffix(INFO) for path in known if path.endswith(f"/meta/{INFO}"))
    data = [path for path in known if not path.endswith(METADATA) and not path.startswith(described)]
    return data or known


def _is_hidden(name: str) -> bool:
    """Whether a file, or a folder that it lies in, is hidden; of a path below the folder that was named."""
    return any(part.startswith(".") for part in name.split("/"))


def _remote(address: str) -> Iterator[Source]:
    files, path = _file_system(address)
    try:
        for each in _remote_paths(files, path):
            details = files.info(each)
            version = next((str(details[key]) for key in ("ETag", "etag", "mtime", "created") if details.get(key)), "")
            yield Source(files.unstrip_protocol(each), int(details.get("size") or 0), version)
    except Exception as error:  # as in `fetch`
        raise ApiError(422, "unreadable_address", f"{address}: {_told(error)}.") from error


def _told(error: Exception) -> str:
    """What a file system says, or at least what it calls that."""
    return str(error).rstrip(".") or type(error).__name__


def _remote_paths(files: Any, path: str) -> list[str]:
    if glob.has_magic(path):
        folder, found = re.split(r"[*?[]", path)[0].rpartition("/")[0], files.glob(path)
    elif files.isdir(path):
        folder, found = path, files.find(path)
    else:
        return [path]
    return _data_files(each for each in found if not _is_hidden(each.removeprefix(folder)))


def _file_system(address: str) -> tuple[Any, str]:
    try:
        from fsspec import core  # noqa: PLC0415

        return cast("tuple[Any, str]", core.url_to_fs(address))
    except ImportError as error:  # fsspec, or what it needs for this kind of address, and says so
        raise ApiError(422, "missing_package", f"{address}: {error}; install mouse-rl[remote] or that.") from error
    except ValueError as error:
        raise ApiError(422, "unknown_address", f"{address}: {error}.") from error
