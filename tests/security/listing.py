"""Write the names of the tests that prove each promise into SECURITY.md: `python -m tests.security.listing`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.project.commands import ROOT

SECURITY = ROOT / "SECURITY.md"
NOT_YET = "*No test proves it yet.*"
PROMISE = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)


def promises(text: str) -> dict[int, str]:
    """The sentence of each number."""
    return {int(number): sentence for number, sentence in PROMISE.findall(text)}


def numbered_tests(folder: Path = ROOT / "tests") -> Iterator[tuple[int, str, str]]:
    """Number, file and name of each test that carries a number, as they are written; nothing is imported."""
    for file in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_check_"):
                yield int(node.name.split("_")[2]), file.relative_to(folder).as_posix(), node.name


def listed(text: str) -> str:
    """The text with the names below the promises as they ought to be."""
    head = text[: text.index("\n1. ") + 1]
    names: dict[int, list[str]] = {}
    for number, file, name in numbered_tests():
        names.setdefault(number, []).append(f"`{file}` `{name}`")
    parts = [
        "\n".join([f"{number}. {sentence}", *(f"    - {line}" for line in names.get(number, [NOT_YET]))])
        for number, sentence in promises(text).items()
    ]
    return head + "\n".join(parts) + "\n"


if __name__ == "__main__":
    SECURITY.write_text(listed(SECURITY.read_text()))
