"""Settings come from MOUSE_* variables, and say what is wrong with them."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from mouse_dashboard.settings import Settings


def test_by_default_only_this_machine_is_served() -> None:
    assert (Settings().host, Settings().port, Settings().token) == ("127.0.0.1", 8000, None)


def test_every_field_is_documented() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_variables_set_it_and_arguments_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOUSE_HOST", "0.0.0.0")
    monkeypatch.setenv("MOUSE_TOKEN", "a-long-enough-secret")
    monkeypatch.setenv("MOUSE_PORT", "9000")
    monkeypatch.setenv("MOUSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MOUSE_ALLOWED_HOSTS", "gpu-box, Lab.example ,")
    settings = Settings(port=1)
    assert (settings.host, settings.port, settings.data_dir) == ("0.0.0.0", 1, tmp_path)
    assert (settings.token, settings.allowed_hosts) == (SecretStr("a-long-enough-secret"), ("gpu-box", "lab.example"))


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "ALLOWED_HOSTS", "PORT"):
        monkeypatch.setenv(f"MOUSE_{name}", "")
    assert (Settings().token, Settings().allowed_hosts, Settings().port) == (None, (), 8000)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_a_loopback_host_needs_no_token(host: str) -> None:
    assert Settings(host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "gpu-box", ""])
def test_any_other_host_needs_one(host: str) -> None:
    with pytest.raises(ValidationError, match="MOUSE_TOKEN"):
        Settings(host=host)
    assert Settings(host=host, token=SecretStr("a-long-enough-secret")).host == host


def test_a_token_that_others_may_guess_is_refused_where_they_reach_it() -> None:
    said = "the token has 15 characters and host 0.0.0.0 is reachable by others, expected at least 16; choose a longer"
    with pytest.raises(ValidationError, match=said):
        Settings(host="0.0.0.0", token=SecretStr("x" * 15))
    assert Settings(host="0.0.0.0", token=SecretStr("x" * 16)).token
    assert Settings(token=SecretStr("short")).token


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"allowed_hosts": "http://gpu-box"}, "expected a host name, or one with its port, without a scheme"),
        ({"allowed_hosts": "gpu-box:99999"}, "expected a host name"),
        ({"allowed_hosts": "[::zz]"}, "expected a host name"),
        ({"allowed_hosts": "*"}, "expected a host name"),
        ({"any_host": True}, "any Host header is accepted and no token is set"),
        ({"frame_ancestors": "'self' http://x; script-src *"}, "expected 'none', 'self', a scheme: or an origin"),
        ({"frame_ancestors": "*"}, "expected 'none'"),
        ({"frame_ancestors": ""}, "expected 'none'"),
        ({"root_path": "lab"}, "a path such as /mouse"),
        ({"root_path": "/lab?x"}, "a path such as /mouse"),
        ({"port": 65536}, "less than or equal to 65535"),
        ({"time_limit_seconds": 0}, "greater than 0"),
        ({"token": ""}, "the token is empty"),
    ],
)
def test_a_setting_that_cannot_be_is_told(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(**given)


def test_a_trailing_slash_of_the_prefix_means_nothing() -> None:
    assert Settings(root_path="/lab/").root_path == "/lab"


@pytest.mark.parametrize(
    ("given", "only_localhost"),
    [({"host": "0.0.0.0"}, True), ({"host": "0.0.0.0", "allowed_hosts": "gpu-box"}, False), ({}, False)],
)
def test_listening_everywhere_without_an_allowed_name_is_noticed(
    given: dict[str, Any], only_localhost: bool, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, token=SecretStr("a-long-enough-secret"), **given)
    assert settings.allows_addresses_only is only_localhost
