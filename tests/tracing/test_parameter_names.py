"""Parameter names are read from the text of a file, which is never run."""

from pathlib import Path

import pytest

from mouse.tracing.parameter_names import parameter_names

LOSSES = """
raise SystemExit("a file is read, not run")
import functools

import elsewhere
import elsewhere as other
from deeper.losses import td_loss as imported
from elsewhere import value_loss


def loss(q, /, rewards, gamma=0.9, *, actions, clip=0.5):
    return lambda unrelated: q


class Agent:
    def __init__(self, horizon): ...

    def loss_of(self, logits, advantages): ...

    def __call__(self, values, returns): ...


def make(factor):
    def inner(log_probs, ratio): ...

    return inner


agent = Agent(3)
method = agent.loss_of
called = Agent(4)
closure = make(2.0)
bound = functools.partial(loss, clip=0.1)
short = lambda done: done
of_module = other.value_loss
wrapped = functools.wraps(elsewhere.value_loss)(lambda *args: args)
number = 3
circle = circle
"""
ELSEWHERE = "from .losses import loss\n\ndef value_loss(values, targets): ...\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "losses.py").write_text("from ..elsewhere import value_loss as td_loss\n")
    (tmp_path / "losses.py").write_text(LOSSES)
    return tmp_path / "losses.py"


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("loss", {"q", "rewards", "gamma", "actions"}),
        ("method", {"self", "logits", "advantages"}),
        ("called", {"self", "horizon", "logits", "advantages", "values", "returns"}),
        ("closure", {"factor", "log_probs", "ratio"}),
        ("bound", {"q", "rewards", "gamma", "actions", "unrelated"}),
        ("short", {"done"}),
        ("value_loss", {"values", "targets"}),
        ("imported", {"values", "targets"}),
        ("of_module", {"values", "targets"}),
        ("wrapped", {"values", "targets"}),
        ("number", set[str]()),
        ("circle", set[str]()),
        ("missing", set[str]()),
    ],
)
def test_a_name_is_followed_to_the_functions_that_it_may_mean(file: Path, name: str, names: set[str]) -> None:
    assert set(parameter_names(file, name)) == names


def test_a_package_is_followed_to_its_first_file(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").write_text("def loss(q, actions): ...\n")
    (tmp_path / "train.py").write_text("from own import loss\n")
    assert parameter_names(tmp_path / "train.py", "loss") == ("q", "actions")


def test_a_file_that_is_not_python_has_none(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def loss(:\n")
    assert parameter_names(tmp_path / "broken.py", "loss") == ()
    assert parameter_names(tmp_path / "nowhere.py", "loss") == ()
