"""All settings: the command line overrides `MOUSE_*` variables, which override the defaults."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le
from platformdirs import user_data_path
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.web.security.authority import Authority, bracketed

GIB = 1 << 30
SHORTEST_NETWORK_TOKEN = 16
"""Characters: below, whoever reaches the port may guess it."""
ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
FRAME_ANCESTOR = re.compile(r"'none'|'self'|[a-z][a-z0-9+.-]*:|https?://[a-z0-9.-]+(:([0-9]+|\*))?")
DEVICE = re.compile(r"cpu|cuda(:(0|[1-9][0-9]*))?")
ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~@%-]+)*")


class Settings(BaseSettings):
    """Settings of a dashboard."""

    model_config = SettingsConfigDict(env_prefix="MOUSE_", env_ignore_empty=True, frozen=True)

    host: Annotated[str, Field(description="Address to listen on; any but a loopback address needs a token.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Ge(0), Le(65535), Field(description="Port to listen on; 0 takes a free one.")] = 8000
    token: Annotated[
        SecretStr | None,
        Field(description="Secret that every visitor must present; safer as MOUSE_TOKEN than as a flag."),
    ] = None
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("mouse", appauthor=False),
        description="Folder that keeps the batches.",
    )
    allowed_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="Host names to answer to besides localhost, separated by commas; the flag may be repeated."),
    ] = ()
    root_path: Annotated[
        str, Field(description="Path prefix that a proxy serves the dashboard under, such as /user/me/proxy/8000.")
    ] = ""
    any_host: Annotated[
        bool, Field(description="Accept any Host header, as behind a notebook's proxy; needs a token.")
    ] = False
    frame_ancestors: Annotated[
        str,
        Field(description="Origins, as in a Content-Security-Policy, whose pages may show the page in a frame."),
    ] = "'none'"
    max_upload_bytes: Annotated[int, Gt(0), Field(description="Largest file accepted, as sent and unpacked.")] = 4 * GIB
    max_json_bytes: Annotated[int, Gt(0), Field(description="Largest JSON request accepted.")] = 1 << 16
    cache_bytes: Annotated[
        int, Ge(0), Field(description="Memory for intermediate results kept between evaluations.")
    ] = 2 * GIB
    device: Annotated[
        str, Field(description="Device that losses are evaluated on: cpu, cuda, or cuda:N for one of several GPUs.")
    ] = "cpu"
    device_bytes: Annotated[
        int, Ge(0), Field(description="Memory of the GPU for batches; a larger batch is evaluated on the CPU.")
    ] = 4 * GIB
    allow_pt: Annotated[bool, Field(description="Let torch open .pt files, tensors only, in a sandboxed process.")] = (
        False
    )
    time_limit_seconds: Annotated[float, Gt(0), Field(description="Longest time an evaluation may take.")] = 60.0

    function_seconds: Annotated[
        float, Gt(0), Field(description="Longest time a call of a user's loss function may take.")
    ] = 20.0
    function_bytes: Annotated[
        int, Gt(0), Field(description="Memory that a user's loss function may take beyond its batch.")
    ] = 8 * GIB

    keep_snapshots: Annotated[
        int,
        Ge(0),
        Field(
            description="Snapshots to keep of each run; beyond that, the oldest without a star are deleted. "
            "0: no limit."
        ),
    ] = 1000
    keep_snapshot_bytes: Annotated[
        int,
        Ge(0),
        Field(
            description="Disk space for the batches of all runs; beyond that, the oldest without a star are deleted. "
            "0: no limit."
        ),
    ] = 20 * GIB

    notify: Annotated[
        SecretStr | None,
        Field(
            description="URL (http or https) to which every error and warning that appears along a run is posted as "
            "JSON; safer as MOUSE_NOTIFY than as a flag."
        ),
    ] = None

    @field_validator("notify")
    @classmethod
    def _check_notify(cls, url: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(url.get_secret_value()) if url else None
        if parts is not None and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("found no address, expected such as https://chat.example/hooks/abc")
        return url

    @field_validator("host")
    @classmethod
    def _shorten_address(cls, host: str) -> str:
        """Normalise an IP address for comparison, without a URL's brackets."""
        bare = host.removeprefix("[").removesuffix("]")
        try:
            return str(ipaddress.ip_address(bare))
        except ValueError:
            return host

    @field_validator("device")
    @classmethod
    def _check_device(cls, device: str) -> str:
        if not DEVICE.fullmatch(device):
            raise ValueError(f"found {device[:40]!r}, expected cpu, cuda, or cuda:N")
        return device

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("allowed_hosts")
    @classmethod
    def _check_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_checked_name(name) for name in names)

    @field_validator("root_path")
    @classmethod
    def _check_root_path(cls, path: str) -> str:
        if not ROOT_PATH.fullmatch(path.rstrip("/")):
            raise ValueError(f"found {path[:60]!r}, expected a path such as /mouse")
        return path.rstrip("/")

    @field_validator("frame_ancestors")
    @classmethod
    def _check_ancestors(cls, ancestors: str) -> str:
        for source in ancestors.split(" "):
            if not FRAME_ANCESTOR.fullmatch(source):
                raise ValueError(f"found {source[:60]!r}, expected 'none', 'self', a scheme: or an origin")
        return ancestors

    @model_validator(mode="after")
    def _check_token(self) -> Self:
        if self.token is not None and not self.token.get_secret_value():
            raise ValueError("the token is empty; leave it out or choose a long secret")
        if self.token is None and self.any_host:
            raise ValueError("any Host header is accepted and no token is set; set MOUSE_TOKEN, or name the hosts")
        if self.token is None and not is_loopback(self.host):
            raise ValueError(
                f"host {self.host} is reachable by others and no token is set; set MOUSE_TOKEN (or --token), "
                "or listen on 127.0.0.1"
            )
        length = 0 if self.token is None else len(self.token.get_secret_value())
        if not is_loopback(self.host) and length < SHORTEST_NETWORK_TOKEN:
            raise ValueError(
                f"the token has {length} characters and host {self.host} is reachable by others, expected at least "
                f"{SHORTEST_NETWORK_TOKEN}; choose a longer one, or let --new-token make one"
            )
        return self

    @property
    def limits(self) -> FileLimits:
        """The limits for files."""
        return FileLimits(self.max_upload_bytes, allow_pt=self.allow_pt)

    @property
    def allows_addresses_only(self) -> bool:
        """Whether it listens on all interfaces, but no host name is allowed."""
        return self.host in ANY_ADDRESS and not self.allowed_hosts


def is_loopback(host: str) -> bool:
    """Whether an address is reachable only from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked_name(name: str) -> str:
    bare = name.lower()
    found = Authority.parse(bracketed(bare) or bare)
    if found is None or not (found.host.startswith("[") or HOST_NAME.fullmatch(found.host)):
        raise ValueError(f"found {name[:60]!r}, expected a host name, or one with its port, without a scheme")
    return str(found)
