"""The local user behind a connection, from the kernel's tables."""

import ipaddress
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def local_user(client: tuple[str, int] | None) -> int | None:
    """The uid of the program at this end of a connection; None for another machine, or outside of Linux."""
    if client is None:
        return None
    try:
        spellings = _spellings(client[0], client[1])
        lines = (line.split(maxsplit=8) for table in TABLES for line in table.read_text().splitlines()[1:])
        return next((int(line[7]) for line in lines if line[1] in spellings), None)
    except (OSError, ValueError):
        return None


def _spellings(address: str, port: int) -> set[str]:
    """As the tables have it: the words of an address in the machine's order, here always little-endian, in hex."""
    found = ipaddress.ip_address(address.partition("%")[0])
    packed = [found.packed]
    if isinstance(found, ipaddress.IPv4Address):
        packed.append(bytes(10) + b"\xff\xff" + found.packed)
    elif found.ipv4_mapped:
        packed.append(found.ipv4_mapped.packed)
    return {f"{_words(address)}:{port:04X}" for address in packed}


def _words(packed: bytes) -> str:
    return "".join(packed[at : at + 4][::-1].hex().upper() for at in range(0, len(packed), 4))
