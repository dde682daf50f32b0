import sys
from pathlib import Path

import pytest
import torch

from mouse.batch import load_batch
from mouse.demo import DemoSize, make_demo_batch
from mouse.demo.environment import frozen_lake
from mouse.demo.model import DemoModel
from mouse.demo.rollout import rollout
from mouse.demo.train import CONFIGS, random_batches, train
from mouse.demo.value_iteration import optimal_values
from mouse.losses.combined import combined_loss

SMALL = DemoSize(rows=4, updates=3, batch=2, steps=20)


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    make_demo_batch(first, seed=1, size=SMALL)
    torch.rand(3)  # what the caller drew in between does not matter
    make_demo_batch(again, seed=1, size=SMALL)
    make_demo_batch(other, seed=2, size=SMALL)
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_every_loss_that_trained_the_agent_runs_on_the_batch(tmp_path: Path) -> None:
    make_demo_batch(tmp_path / "demo.safetensors", size=SMALL)
    step_stream, out = load_batch(tmp_path / "demo.safetensors")
    assert step_stream.batch_size == (2, 20)
    result = combined_loss(step_stream, out, CONFIGS)
    assert set(result.parts) == set(CONFIGS)
    assert torch.isfinite(result.total)


@pytest.mark.slow
def test_training_lowers_every_part_far_but_not_to_nothing() -> None:
    environment, table = frozen_lake()
    environment.reset(seed=0)
    torch.manual_seed(0)
    data = rollout(environment, optimal_values(table, 0.99), (24, 64), n_actions=6)
    model = DemoModel(n_observations=len(table), n_actions=6)
    untrained = combined_loss(data, model(data), CONFIGS)
    for _update in train(model, random_batches(data, updates=60, batch_size=12)):
        pass
    trained = combined_loss(data, model(data), CONFIGS)
    for name, part in trained.parts.items():
        assert 1e-3 < float(part.detach()) < 0.75 * float(untrained.parts[name].detach()), name


def test_training_yields_the_loss_before_each_update() -> None:
    environment, table = frozen_lake()
    environment.reset(seed=0)
    torch.manual_seed(0)
    data = rollout(environment, optimal_values(table, 0.99), (3, 10), n_actions=6)
    model = DemoModel(n_observations=len(table), n_actions=6, hidden=8)
    expected = combined_loss(data, model(data), CONFIGS).metrics["combined_loss"]
    updates = list(train(model, random_batches(data, updates=2, batch_size=3)))
    losses = [update.loss.metrics["combined_loss"] for update in updates]
    assert losses[0] == pytest.approx(expected, rel=1e-5)  # the rows come in another order
    assert losses[1] < losses[0]


def test_progress_runs_smoothly_from_0_to_1(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    make_demo_batch(tmp_path / "demo", progress=lambda share, what: seen.append((share, what)), size=SMALL)
    shares = [share for share, _what in seen]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(seen) >= SMALL.rows + SMALL.updates, "a word for each row and each update"
    words = [what for _share, what in seen]
    assert list(dict.fromkeys(words)) == [
        "solving the frozen lake",
        "collecting episodes",
        "training the agent",
        "saved",
    ]


def test_the_callers_random_state_and_threads_stay(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    try:
        with pytest.raises(FileNotFoundError):
            make_demo_batch(tmp_path / "missing" / "demo", size=SMALL)
        assert torch.equal(torch.rand(2), expected)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_a_missing_gymnasium_is_named_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(ModuleNotFoundError, match=r'gymnasium: .*pip install "mouse-rl\[dashboard\]"'):
        make_demo_batch(tmp_path / "demo", size=SMALL)
