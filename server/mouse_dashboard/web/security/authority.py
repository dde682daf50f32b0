"""Parse host and port, as in the headers Host and Origin and in --allowed-hosts."""

import ipaddress
import re
from typing import NamedTuple, Self

DEFAULT_PORTS = {"http": 80, "https": 443}
AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:(?P<port>[0-9]{1,5}))?")


class Authority(NamedTuple):
    """A lower-case host, IPv6 in brackets and shortest form, with an optional port."""

    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse ``host`` or ``host:port``, IPv6 in brackets; None if invalid."""
        parts = AUTHORITY.fullmatch(text.lower())
        if not parts:
            return None
        host = bracketed(parts["host"]) if parts["host"].startswith("[") else parts["host"]
        port = int(parts["port"]) if parts["port"] else None
        return None if host is None or (port or 0) > 65535 else cls(host, port)

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"

    def at(self, scheme: str) -> tuple[str, int]:
        """The host with an explicit port: its own, or the default of the scheme."""
        return self.host, DEFAULT_PORTS[scheme] if self.port is None else self.port


def bracketed(address: str) -> str | None:
    """Write an IP address as a URL does; an IPv4 address that a dual-stack socket maps is that; None for a name."""
    try:
        found = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if found.version == 6:
        return f"[{found}]" if found.ipv4_mapped is None else str(found.ipv4_mapped)
    return str(found)
