"""What this process does meanwhile: paths that it opens, addresses that it connects to, code that it runs."""

import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATHS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.listdir", "shutil.move"}
CONNECTIONS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"}
CODE = {"pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "exec", "compile"}


@dataclass
class Seen:
    """What was seen."""

    opened: list[str] = field(default_factory=list[str])
    connected: list[str] = field(default_factory=list[str])
    run: list[str] = field(default_factory=list[str])

    def outside(self, *folders: Path | str) -> list[str]:
        """Absolute and climbing paths that were opened outside of the folders and of Python's own."""
        own = (sys.prefix, sys.base_prefix, "/dev/null", "/proc", str(Path(__file__).parents[2] / "server"))
        inside = (*map(str, folders), *own, str(Path(__file__).parents[2] / "mouse"))
        return [path for path in self.opened if path.startswith(("/", "~", "C:", ".")) and not path.startswith(inside)]


@contextmanager
def watched() -> Generator[Seen]:
    """Watch until the block ends; a hook cannot be taken off again, so it is switched off."""
    seen, watching = Seen(), True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching:
            return
        if event in PATHS and isinstance(arguments[0], str | bytes):
            seen.opened.append(os_text(arguments[0]))
        elif event in CONNECTIONS:
            if event != "socket.connect" or not isinstance(arguments[1], str | bytes):
                seen.connected.append(f"{event} {arguments[1:] or arguments}")
        elif event in CODE:
            seen.run.append(f"{event} {arguments!r}"[:200])

    sys.addaudithook(hook)
    try:
        yield seen
    finally:
        watching = False


def os_text(path: str | bytes) -> str:
    return path if isinstance(path, str) else path.decode("utf-8", "replace")


def listening_on(process: int) -> set[str]:
    """Addresses at which a process listens, by Linux's list of sockets."""
    links = [str(path.readlink()) for path in Path(f"/proc/{process}/fd").iterdir() if path.is_symlink()]
    inodes = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    found: set[str] = set()
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{process}/net/{name}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and parts[9] in inodes:
                words = bytes.fromhex(parts[1].partition(":")[0])
                address = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
                found.add(socket.inet_ntop(family, address))
    return found
