"""The example runs as it stands."""

import runpy

import pytest

from tests.project.commands import ROOT


def test_it_trains_and_tells(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["train_frozenlake.py", "--updates", "2", "--every", "1"])
    runpy.run_path(str(ROOT / "examples" / "train_frozenlake.py"), run_name="__main__")
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "update 1 of 2",
        "update 2 of 2",
    ]
