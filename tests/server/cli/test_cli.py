"""The command line: one clear line and exit code 2 for what its user can put right."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from mouse import __version__
from mouse.batch import load_batch
from mouse_dashboard.cli.main import cli
from tests.server.files import saved_batch

RUNNER = CliRunner()


def refused(*arguments: str | Path) -> str:
    """The one line on stderr of a command that ends with exit code 2."""
    result = RUNNER.invoke(cli, [str(argument) for argument in arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.process
def test_the_version_is_told_without_importing_torch() -> None:
    code = """
import sys
from mouse_dashboard.cli.main import cli
sys.argv = ["mouse", "--version"]
try:
    cli()
finally:
    print(sorted({"torch", "fastapi", "sqlalchemy"} & set(sys.modules)))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == f"mouse {__version__}\n[]\n"


def test_without_a_command_the_help_is_shown() -> None:
    result = RUNNER.invoke(cli, [])
    assert "dashboard" in result.output
    assert "demo" in result.output


def test_a_missing_file_is_named() -> None:
    assert refused("dashboard", "nowhere.safetensors") == "mouse: nowhere.safetensors: no such file."


def test_what_cannot_be_seen_in_a_name_is_shown_as_escapes() -> None:
    line = refused("dashboard", "a\u202eb\x1b[2J.safetensors")
    assert line == r"mouse: a\u202eb\u001b[2J.safetensors: no such file."


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"hello, this is text", "another format"), (saved_batch()[:-1], "bytes"), (b"\x80\x02", "pickle")],
)
def test_a_broken_file_is_named_with_what_is_wrong(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(content)
    line = refused("dashboard", tmp_path / "broken.safetensors", "--data-dir", tmp_path / "data", "--port", "0")
    assert line.startswith(f"mouse: {tmp_path}/broken.safetensors: found ")
    assert said in line


def test_check_34_a_port_that_is_taken_is_named_before_anything_is_stored(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused("dashboard", "--data-dir", tmp_path / "data", "--port", str(port))
    assert line == (
        f"mouse: port {port} on 127.0.0.1: Address already in use; choose another with --port, or 0 for any."
    )
    assert not (tmp_path / "data").exists()


def test_another_host_without_a_token_is_refused() -> None:
    line = refused("dashboard", "--host", "0.0.0.0")
    assert line.startswith("mouse: host 0.0.0.0 is reachable by others and no token is set; set MOUSE_TOKEN")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--port", "99999"], "port: "),
        (["--allowed-hosts", "http://x"], "allowed_hosts: "),
        (["--token", ""], "token is empty"),
        (["--root-path", "x"], "root_path: "),
        (["--device", "tpu"], "device: found 'tpu', expected cpu, cuda, or cuda:N."),
    ],
)
def test_a_flag_that_cannot_be_is_named(flags: list[str], said: str) -> None:
    assert said in refused("dashboard", *flags)


@pytest.mark.parametrize(("command", "flags"), [("dashboard", ["--device", "cuda:1"]), ("demo", [])])
def test_a_gpu_that_is_not_there_is_named(command: str, flags: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("MOUSE_DEVICE", "cuda:1")
    assert refused(command, *flags).startswith("mouse: device: found cuda:1, expected cpu: torch ")


@pytest.mark.process
@pytest.mark.parametrize("flags", [[], ["--allow-pt"]])
def test_pt_files_are_opened_only_where_that_is_allowed(flags: list[str], tmp_path: Path) -> None:
    torch.save({"action": torch.zeros(2)}, tmp_path / "batch.pt")
    line = refused("dashboard", tmp_path / "batch.pt", "--data-dir", tmp_path / "data", "--port", "0", *flags)
    assert ("found a pickle" in line) == (not flags)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "batch.safetensors").write_bytes(saved_batch())
    line = refused("dashboard", tmp_path / "batch.safetensors", "--data-dir", tmp_path / "file", "--port", "0")
    assert f"{tmp_path}/file" in line


def test_the_demo_batch_is_written_where_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def make(path: Path, seed: int) -> None:
        seeds.append(seed)
        path.write_bytes(saved_batch())

    monkeypatch.setattr("mouse_dashboard.store.demo_batch.make_with_progress", make)
    result = RUNNER.invoke(cli, ["demo", "--out", str(tmp_path / "demo.safetensors"), "--seed", "3"])
    assert (result.exit_code, result.stdout, seeds) == (0, f"{tmp_path}/demo.safetensors\n", [3])
    assert load_batch(tmp_path / "demo.safetensors")[0].batch_size == (4, 7)


def test_a_folder_that_the_demo_cannot_be_written_into_is_named(tmp_path: Path) -> None:
    assert f"found no folder {tmp_path}/nowhere" in refused("demo", "--out", tmp_path / "nowhere" / "demo.safetensors")
