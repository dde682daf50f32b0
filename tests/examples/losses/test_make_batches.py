"""After a few updates the script has made the fields of the saved batches; a whole run takes a minute."""

import ast
from collections.abc import Callable
from functools import partial

import gymnasium
import pytest
import torch
from tensordict import TensorDict

from examples.losses.make_batches import MAKERS, as_batch
from examples.losses.training.double_dqn import double_dqn_batch
from examples.losses.training.grpo import grpo_batch
from examples.losses.training.ppo import ppo_batch
from examples.losses.training.qr_dqn import qr_dqn_batch
from examples.losses.training.rollout import Fields, Replay, Rollout
from examples.losses.training.sac import sac_batch
from mouse.batch import load_batch
from tests.examples.losses.calls import BATCHES
from tests.project.commands import ROOT

FOLDER = ROOT / "examples" / "losses"
BRIEFLY: dict[str, Callable[[], tuple[Fields, Fields]]] = {
    "double_dqn_huber_nstep": partial(double_dqn_batch, updates=2),
    "ppo_clip": partial(ppo_batch, iterations=1),
    "sac_critic": partial(sac_batch, updates=2),
    "qr_dqn": partial(qr_dqn_batch, updates=2),
    "grpo": partial(grpo_batch, iterations=1, supervised=1),
}
every_loss = pytest.mark.parametrize("name", list(MAKERS))


def shapes(fields: TensorDict) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {str(name): (value.shape, value.dtype) for name, value in fields.items()}


@every_loss
def test_the_script_makes_the_fields_of_the_saved_batch(name: str) -> None:
    torch.manual_seed(0)
    made = as_batch(*BRIEFLY[name]())
    saved = load_batch(BATCHES / f"{name}.safetensors")
    assert [shapes(each) for each in made] == [shapes(each) for each in saved]


def test_the_same_seed_makes_the_same_batch() -> None:
    batches: list[TensorDict] = []
    for _ in range(2):
        torch.manual_seed(0)
        batches.append(as_batch(*double_dqn_batch(updates=2))[0])
    assert bool((batches[0] == batches[1]).all())


@every_loss
def test_a_saved_batch_is_small_and_finite(name: str) -> None:
    path = BATCHES / f"{name}.safetensors"
    assert path.stat().st_size < 200_000
    for group in load_batch(path):
        assert all(bool(value.isfinite().all()) for value in group.values())


def test_every_loss_has_its_batch_and_nothing_else_is_there() -> None:
    assert {path.stem for path in BATCHES.iterdir()} == set(MAKERS)
    assert {path.stem for path in FOLDER.glob("*.py")} == {*MAKERS, "make_batches"}


@every_loss
def test_a_loss_is_a_short_function_of_torch_alone_with_documented_parameters(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    imported = {
        module.partition(".")[0]
        for node in ast.walk(tree)
        for module in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {"torch", "typing"}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert all((node.end_lineno or 0) - node.lineno < 40 for node in functions)
    doc = ast.get_docstring(functions[0]) or ""
    assert all(f"    {knob.arg}: " in doc for knob in functions[0].args.kwonlyargs)


def test_a_row_holds_what_led_to_it_and_the_one_after_an_end_is_a_reset() -> None:
    rollout = Rollout(lambda: gymnasium.make("CartPole-v1"), 2)
    rows = rollout.collect(lambda obs: torch.ones(len(obs), dtype=torch.int64), 30)  # always to the right: it falls
    more = rollout.collect(lambda obs: torch.ones(len(obs), dtype=torch.int64), 3)
    ends = rows["done"][:, :-1] == 1
    assert bool(ends.any())
    assert bool((rows["action"][:, 1:] == (~ends).long()).all())
    assert bool((rows["reward"][:, 1:] == (~ends).float()).all())
    assert torch.equal(rows["obs"][:, -1], more["obs"][:, 0])

    replay = Replay()
    replay.add(rows)
    transitions = replay.fields
    assert len(transitions["reward"]) == 2 * 29 - int(ends.sum())
    torch.testing.assert_close(  # the cart moves by its velocity
        transitions["next_obs"][:, 0], transitions["obs"][:, 0] + 0.02 * transitions["obs"][:, 1]
    )
