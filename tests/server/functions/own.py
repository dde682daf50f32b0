"""Loss functions as users write them, and dashboards that serve them."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from starlette.testclient import TestClient
from tensordict import TensorDict

from mouse.batch import batch_bytes
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app

ROWS, STEPS, ACTIONS = 6, 9, 4
PPO = '''
import torch


def normalised(x):
    centred = x - x.mean()
    return centred / (x.std() + 1e-8)


def ppo_loss(logits, value, action, old_log_prob, advantage, returns, *, clip: float = 0.2, value_coef: float = 0.5):
    """PPO with a clipped ratio.

    Args:
        clip: How far the ratio may leave 1.
    """
    log_prob = logits.log_softmax(-1).gather(-1, action.unsqueeze(-1)).squeeze(-1)
    ratio = (log_prob - old_log_prob).exp()  # of new to old policy
    adv = normalised(advantage)
    pg_loss = -torch.min(ratio * adv, ratio.clamp(1 - clip, 1 + clip) * adv)
    v_loss = (value - returns) ** 2
    return pg_loss.mean() + value_coef * v_loss.mean(), {"kl": (old_log_prob - log_prob).mean()}
'''


def ppo_batch(seed: int = 0, rows: int = ROWS, steps: int = STEPS) -> tuple[TensorDict, TensorDict]:
    """A batch that `PPO` runs on."""
    make = torch.Generator().manual_seed(seed)
    shape = (rows, steps)
    step_stream = {
        "action": torch.randint(0, ACTIONS, shape, generator=make),
        "old_log_prob": -torch.rand(shape, generator=make) - 0.5,
        "advantage": torch.randn(shape, generator=make),
        "returns": torch.randn(shape, generator=make),
        "done": torch.zeros(shape, dtype=torch.int64),
    }
    out = {
        "logits": torch.randn(*shape, ACTIONS, generator=make),
        "value": torch.randn(shape, generator=make),
    }
    return TensorDict(step_stream, batch_size=shape), TensorDict(out, batch_size=shape)


@contextmanager
def dashboard_with(folder: Path, *functions: str, **settings: Any) -> Generator[TestClient]:
    """A dashboard with functions such as ``my_losses.py:ppo_loss`` of a folder."""
    addresses = [FunctionAddress.parse(f"{folder}/{each}") for each in functions]
    app = create_app(Settings(data_dir=folder / "data", **settings), functions=addresses)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client


def send_batch(client: TestClient, batch: tuple[TensorDict, TensorDict] | None = None) -> str:
    """Store a batch, and return its id."""
    headers = {"Content-Type": "application/octet-stream"}
    answer = client.post(
        "/api/batches?name=b.safetensors", content=batch_bytes(*(batch or ppo_batch())), headers=headers
    )
    return answer.json()["id"]


def described(client: TestClient, batch_id: str, name: str, **config: Any) -> dict[str, Any]:
    """A loss as the catalogue of a batch describes it."""
    answer = client.post(f"/api/batches/{batch_id}/losses", json={"configs": {name: config}})
    assert answer.status_code == 200, answer.text
    return next(loss for loss in answer.json() if loss["name"] == name)


def evaluated(client: TestClient, batch_id: str, name: str, *figures: dict[str, Any], **config: Any) -> dict[str, Any]:
    """An evaluation of one function."""
    body = {"configs": {name: config}, "figures": [{"loss": name, **figure} for figure in figures]}
    answer = client.post(f"/api/batches/{batch_id}/evaluate", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()
