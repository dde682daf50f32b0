"""Functions typed into cells of a notebook get a file of their own, which other processes can load."""

import linecache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from mouse import explain
from mouse.tracing.function_file import FunctionAddress

NUMBERS = count()
FIELDS = {"q": torch.tensor([1.0, 2.0, 4.0]), "target": torch.tensor([1.0, 1.0, 1.0])}


class Notebook:
    """Runs cells as IPython does: each is compiled under a name that is no file, and its lines are kept."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, source: str) -> None:
        name = f"<ipython-input-{next(NUMBERS)}>"
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
        exec(compile(source, name, "exec"), self.names)  # noqa: S102

    def address(self, function: str) -> FunctionAddress:
        return FunctionAddress.of(self.names[function])


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


def result(address: FunctionAddress, **config: Any) -> float:
    return float(explain(address.load(), FIELDS, **config).loss.detach())


def test_a_function_is_loaded_from_a_file_of_its_own(notebook: Notebook) -> None:
    notebook.run(
        "def td_loss(q, target, *, scale: float = 1.0):\n    error = q - target\n    return scale * (error**2).mean()\n"
    )
    address = notebook.address("td_loss")
    assert address.name == "td_loss"
    assert result(address, scale=3.0) == pytest.approx(10)
    assert [*explain(address.load(), FIELDS).terms] == ["error", "error ** 2", "loss"]


def test_what_it_uses_of_other_cells_goes_along(notebook: Notebook) -> None:
    notebook.run(
        "import torch\nfrom torch.nn import functional as F\n"
        "from typing import Annotated\nfrom annotated_types import Ge\n"
    )
    notebook.run("from dataclasses import dataclass\nSCALE, WORDS = 2.0, {'a': (1, None)}\n")
    notebook.run("@dataclass\nclass Config:\n    clip: float = 9.0\n")
    notebook.run(
        "def halved(x):\n    return twice(x) / 4 if SCALE else undefined(x)\n\n"
        "def twice(x):\n    return x * SCALE if WORDS else halved(x)\n"
    )
    notebook.run(
        "def td_loss(q, target, cfg: Config, *, gain: Annotated[float, Ge(0)] = 1.0):\n"
        "    batch = F.relu(q - target)\n"
        "    inner = [halved(each) for each in (batch,)]\n"
        "    return gain * torch.stack(inner).clamp(max=cfg.clip)[0]\n"
    )
    notebook.names["batch"] = object()  # a local name of the function is no use of it
    assert result(notebook.address("td_loss")) == pytest.approx(2 / 3)


def test_running_the_cell_again_writes_the_same_file_anew(notebook: Notebook) -> None:
    notebook.run("def td_loss(q, target):\n    return (q - target).mean()\n")
    first = notebook.address("td_loss")
    time = first.file.stat().st_mtime_ns
    assert notebook.address("td_loss").file.stat().st_mtime_ns == time
    notebook.run("def td_loss(q, target):\n    return (q - target).sum()\n")
    assert notebook.address("td_loss") == first
    assert result(first) == 4


def test_a_class_is_that_of_the_last_cell_that_ran(notebook: Notebook) -> None:
    for clip in (7.0, 1.5):
        notebook.run(f"from dataclasses import dataclass\n\n@dataclass\nclass Config:\n    clip: float = {clip}\n")
    notebook.run("def capped(q, target, cfg: Config):\n    return (q - target).clamp(max=cfg.clip).sum()\n")
    assert result(notebook.address("capped")) == 2.5


def test_packages_that_the_notebook_finds_are_found(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notebook_helpers.py").write_text("def double(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    notebook.run("from notebook_helpers import double\ndef doubled(q):\n    return double(q).sum()\n")
    assert str(tmp_path) in notebook.address("doubled").file.read_text()
    assert result(notebook.address("doubled")) == 14


CLOSURE = "def outer(k):\n    def own(q):\n        return k * q\n    own.__qualname__ = 'own'\n    return own\n"


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("model = __import__('torch').nn.Linear(1, 1)\ndef own(q):\n    return model(q)", "model, a Linear that"),
        ("own = eval('lambda q: q')\nown.__qualname__ = own.__name__ = 'own'", "own, a function"),
        (f"{CLOSURE}own = outer(2)", "own, a function"),
        ("def help(q):\n    return q\nhelper = help\ndef own(q):\n    return helper(q)", "helper, a function"),
        ("Kind = type('Kind', (), {})\ndef own(q):\n    return Kind and q", "Kind, a type that"),
        ("Other = type('Kind', (), {})\ndef own(q):\n    return Other and q", "Other, a type that"),
        ("odd = type('Odd', (), {'__repr__': lambda _: '['})()\ndef own(q):\n    return odd and q", "odd, a Odd"),
    ],
)
def test_what_only_the_interpreter_has_is_named(cell: str, found: str, notebook: Notebook) -> None:
    notebook.run(cell)
    with pytest.raises(ValueError, match=f"own: found {found}"):
        notebook.address("own")
