"""What the recipes begin with: objects of libraries that are not installed, as far as a recipe touches them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import torch
from tensordict import TensorDict

from tests.recordings import layouts
from tests.recordings.files import hdf5, tensors
from tests.recordings.worlds import Steps, play

STEPS = play("CliffWalking-v1", 300).sorted()
TWO = play("CliffWalking-v1", 300, environments=2)
NETWORK = torch.nn.Linear(1, 4)
h5: Any = h5py


def _column(values: Any) -> torch.Tensor:
    return torch.as_tensor(np.asarray(values, np.float32)).reshape(-1, 1)


def sample() -> SimpleNamespace:
    """ReplayBufferSamples of Stable-Baselines3 and CleanRL: every field [N, 1]."""
    rows = STEPS.at(np.random.default_rng(0).permutation(len(STEPS)))
    return SimpleNamespace(
        observations=_column(rows.obs),
        actions=torch.as_tensor(rows.action).reshape(-1, 1),
        rewards=_column(rows.reward),
        next_observations=_column(rows.next_obs),
        dones=_column(rows.ended),
    )


def cleanrl() -> dict[str, Any]:
    """A sample of `dqn.py`; the arrays of `ppo.py` [steps, environments], whose dones stand a step late."""
    arrays = {name: torch.as_tensor(np.asarray(value).reshape(150, 2)) for name, value in vars(TWO).items()}
    ended = (arrays["terminated"] | arrays["truncated"]).float()
    networks = {"q_network": NETWORK, "target_network": NETWORK}
    rollout = {"obs": arrays["obs"], "actions": arrays["action"], "rewards": arrays["reward"].float()}
    dones = {"dones": torch.cat([torch.zeros(1, 2), ended[:-1]]), "next_done": ended[-1]}
    return (
        {"data": sample(), "logprobs": torch.zeros(150, 2), "values": torch.zeros(150, 2), **networks} | rollout | dones
    )


def stable_baselines(rows: int = 130) -> dict[str, Any]:
    """A model with its replay buffer, a ring of fewer or more rows than there were steps."""
    arrays = layouts.stable_baselines(TWO, rows)
    arrays = {name: value if value.ndim else value.item() for name, value in arrays.items()}
    buffer = SimpleNamespace(**arrays, buffer_size=rows, device="cpu")
    buffer.sample = lambda _count: sample()  # pyright: ignore[reportUnknownLambdaType]
    return {"model": SimpleNamespace(replay_buffer=buffer, q_net=NETWORK, q_net_target=NETWORK)}


def torchrl() -> dict[str, Any]:
    """A rollout of two environments, [2, 150], with what a step led to under `next`."""
    parts = [tensors(dict(vars(TWO.of(env)))) for env in range(2)]
    steps = {name: torch.stack([part[name] for part in parts]).unsqueeze(-1) for name in parts[0]}
    after = TensorDict(
        {
            "observation": steps["next_obs"].float(),
            "reward": steps["reward"].float(),
            "done": steps["terminated"] | steps["truncated"],
            "terminated": steps["terminated"],
            "truncated": steps["truncated"],
        },
        batch_size=[2, 150],
    )
    fields: dict[str, Any] = {
        "observation": steps["obs"].float(), "action": steps["action"].squeeze(-1), "next": after,
        "action_value": NETWORK(steps["obs"].float()).detach(),
    }  # fmt: skip
    return {"data": TensorDict(fields, batch_size=[2, 150])}


def d3rlpy() -> dict[str, Any]:
    """A ReplayBuffer of version 2, which writes its episodes by number, and how many there are."""

    def dump(file: Any) -> None:
        with h5.File(file, "w") as opened:
            for name, value in layouts.d3rlpy_2(STEPS).items():
                opened[name] = value
            opened["num_episodes"] = len(np.unique(STEPS.episode))

    return {"dataset": SimpleNamespace(dump=dump)}


def minari() -> dict[str, Any]:
    """A data set in a folder, a group for each episode, an observation more than steps."""
    folder = Path("minari")
    folder.mkdir()
    fields: dict[str, Any] = {}
    for number, episode in enumerate(layouts.episodes(STEPS)):
        names = {
            "observations": "obs", "actions": "actions", "rewards": "rewards",
            "terminations": "terminated", "truncations": "truncated",
        }  # fmt: skip
        fields |= {f"episode_{number}/{name}": episode[own] for name, own in names.items()}
    hdf5(folder / "main_data.hdf5", fields)
    return {"dataset": SimpleNamespace(storage=SimpleNamespace(data_path=folder))}


def rllib() -> dict[str, Any]:
    """A config whose algorithm writes two files of batches, a line each, plain where no column is to be packed."""

    def offline_data(*, output: str, output_compress_columns: list[str]) -> None:
        assert output_compress_columns == []
        Path(output).mkdir()
        for number, rows in enumerate(np.array_split(np.arange(len(STEPS)), 4)):
            batch = {name: value.tolist() for name, value in layouts.rllib(STEPS.at(rows)).items()}
            with Path(output, f"output-{number // 2}.json").open("a") as file:
                file.write(json.dumps({"type": "SampleBatch", **batch}) + "\n")

    return {
        "config": SimpleNamespace(offline_data=offline_data, build_algo=lambda: SimpleNamespace(train=lambda: None))
    }


def tianshou() -> dict[str, Any]:
    """A buffer that is not full."""

    def save_hdf5(path: str) -> None:
        hdf5(Path(path), layouts.tianshou(STEPS, 400), separator=".", attributes=("_size", "_insertion_idx", "maxsize"))

    return {"buffer": SimpleNamespace(save_hdf5=save_hdf5)}


def lerobot() -> dict[str, Any]:
    """A data set over one of Hugging Face."""
    columns: Any = {name: value.tolist() for name, value in layouts.lerobot(STEPS).items()}
    from datasets import Dataset  # noqa: PLC0415  it takes seconds to import: only where it is needed

    return {"dataset": SimpleNamespace(hf_dataset=Dataset.from_dict(columns))}


def played(rows: list[dict[str, Any]]) -> Steps:
    """The steps that a loop stored."""
    names = ("observations", "actions", "rewards", "next_observations", "terminated", "truncated")
    columns = [np.array([row[name] for row in rows]) for name in names]
    return Steps(*columns, *[np.zeros(len(rows), np.int64)] * 3)
