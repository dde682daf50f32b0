from pathlib import Path

from typer.testing import CliRunner

from mouse_dashboard.cli.licenses import licenses
from mouse_dashboard.cli.main import cli


def test_the_licences_of_the_packages_and_of_the_page_are_printed(tmp_path: Path) -> None:
    (tmp_path / "licenses.md").write_text("## react - 19 (MIT)")
    (tmp_path / "licenses-inter.md").write_text("## inter (OFL-1.1)")
    texts = list(licenses(tmp_path))
    named = {text.splitlines()[0].split(" - ")[0] for text in texts}
    assert named >= {"## mouse-rl", "## torch", "## tensordict", "## fastapi", "## starlette", "## numpy"}
    assert texts[-2:] == ["## inter (OFL-1.1)", "## react - 19 (MIT)"]
    (of_h11,) = [text for text in texts if text.startswith("## h11 ")]
    assert "(MIT)" in of_h11.splitlines()[0]
    assert "Permission is hereby granted" in of_h11


def test_the_command_prints_them() -> None:
    printed = CliRunner().invoke(cli, ["licenses"])
    assert printed.exit_code == 0
    assert "## mouse-rl - " in printed.stdout
