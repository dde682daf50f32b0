"""Files as other libraries write them themselves: sent, mapped as proposed, and right to the last td_error."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from starlette.testclient import TestClient
from tensordict import TensorDict

from mouse.batch import load_batch
from tests.mapping.files import EPISODES, heads, torchrl
from tests.mapping.files import gymnasium as rollout
from tests.server.files import npz, send

pytestmark = pytest.mark.process  # readers of files work in a process of their own

h5: Any = h5py
FIRST_STEP_OF_NEXT = {0: 13.0, 1: 22.0, 2: 31.0}
"""The observation after the last one of each episode."""


def torchrl_memmap(folder: Path) -> bytes:
    """A collector's batch, written by TensorDict.memmap and zipped."""
    fields = {name: value for name, value in torchrl().items() if not name.startswith("next.")}
    after = {name.removeprefix("next."): value for name, value in torchrl().items() if name.startswith("next.")}
    TensorDict({**fields, **heads(1, 6), "next": TensorDict(after, [1, 6])}, [1, 6]).memmap(str(folder / "data"))
    return Path(shutil.make_archive(str(folder / "data"), "zip", folder / "data")).read_bytes()


def gymnasium_numpy(folder: Path) -> bytes:
    """A loop around env.step, [T, N], written by numpy.savez."""
    del folder
    arrays: Any = {name: value.numpy() for name, value in (rollout(6, 1) | heads(6, 1)).items()}
    return npz(**arrays)


def minari_hdf5(folder: Path) -> bytes:
    """A group per episode with one observation more than steps, written by h5py."""
    with h5.File(folder / "main_data.hdf5", "w") as file:
        for episode in sorted(set(EPISODES)):
            steps = [step for step, own in enumerate(EPISODES) if own == episode]
            group = file.create_group(f"episode_{episode}")
            for name, value in (rollout() | heads()).items():
                rows = value[steps].numpy()
                more = [[FIRST_STEP_OF_NEXT[episode]]] if name == "observations" else rows[:0]
                group[name] = np.concatenate([rows, np.asarray(more, rows.dtype)])
    return (folder / "main_data.hdf5").read_bytes()


def pandas_parquet(folder: Path) -> bytes:
    """A row per step with its episode and its place in it, in any order, written by DataFrame.to_parquet."""
    del folder
    columns: dict[str, Any] = {name: value.tolist() for name, value in (rollout() | heads()).items()}
    columns |= {
        "episode": EPISODES,
        "step": [0, 1, 2, 0, 1, 0],
        "observations": [row[0] for row in columns["observations"]],
    }
    rows: Any = pd.DataFrame(columns)
    shuffled = rows.iloc[[3, 0, 5, 1, 4, 2]]
    file = io.BytesIO()
    shuffled.to_parquet(file, index=False)
    return file.getvalue()


@pytest.mark.process
@pytest.mark.parametrize("write", [torchrl_memmap, gymnasium_numpy, minari_hdf5, pandas_parquet])
def test_what_is_proposed_gives_the_td_errors_worked_by_hand(
    client: TestClient, tmp_path: Path, write: Callable[[Path], bytes]
) -> None:
    waiting = send(client, write(tmp_path), write.__name__)
    assert waiting.status_code == 202
    proposed = waiting.json()["mapping"]
    answers = {"layout": "time_major", "length": None} if write is gymnasium_numpy else {}
    mapping = proposed | {"alignment": "state", **answers}
    made = client.post(f"/api/imports/{waiting.json()['id']}/batch", json={"mapping": mapping})
    assert made.status_code == 201, made.json()
    # state 10, action 1: 1 + 0.5 max(3, 2) - 1 = 1.5     state 11, action 0: 2 + 0.5 max(5, 4) - 2 = 2.5
    # state 12, action 1: 3 + 0 - 5 = -2, terminal        state 20, action 0: 4 + 0.5 max(9, 8) - 6 = 2.5
    # state 21, action 1: 5 + 0 - 9 = -4, truncated
    told = [td_error(client, made.json()["id"], step) for step in range(5)]
    assert told == [1.5, 2.5, -2.0, 2.5, -4.0]


def td_error(client: TestClient, batch_id: str, step: int) -> float:
    body = {
        "configs": {"dqn": {"gamma": 0.5}},
        "loss": "dqn",
        "term": "td_error",
        "rows": [0, 1],
        "steps": [step, step + 1],
    }
    terms = client.post(f"/api/batches/{batch_id}/transition", json=body).json()["terms"]
    return next(term["value"] for term in terms if term["name"] == "td_error")


def test_a_rollout_of_gymnasium_has_each_reward_with_the_state_it_led_to(client: TestClient, tmp_path: Path) -> None:
    env: Any = gymnasium.make("FrozenLake-v1", is_slippery=True)
    rows: dict[str, list[Any]] = {name: [] for name in ("obs", "actions", "rewards", "terminated", "truncated")}
    env.action_space.seed(0)
    state, _ = env.reset(seed=0)
    for _ in range(64):
        action = env.action_space.sample()
        following, reward, terminated, truncated, _ = env.step(action)
        for name, value in zip(rows, (state, action, reward, terminated, truncated), strict=True):
            rows[name].append(value)
        state = env.reset()[0] if terminated or truncated else following
    arrays: Any = {name: np.array(values) for name, values in rows.items()}
    waiting = send(client, npz(**arrays)).json()
    made = client.post(
        f"/api/imports/{waiting['id']}/batch", json={"mapping": waiting["mapping"] | {"alignment": "state"}}
    )
    (tmp_path / "mapped.safetensors").write_bytes(client.get(f"/api/batches/{made.json()['id']}/file").content)
    step_stream: Any = load_batch(tmp_path / "mapped.safetensors")[0]
    assert step_stream.batch_size == torch.Size([1, 64])
    assert step_stream["obs"][0].tolist() == rows["obs"]
    assert step_stream["action"][0, 1:].tolist() == rows["actions"][:-1]
    assert step_stream["reward"][0, 1:].tolist() == rows["rewards"][:-1]
    ends = [
        1 if terminated else 2 if truncated else 0
        for terminated, truncated in zip(rows["terminated"], rows["truncated"], strict=True)
    ]
    assert step_stream["done"][0, 1:].tolist() == ends[:-1]
