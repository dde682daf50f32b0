"""HDF5 files made in memory, as libraries lay them out."""

import io
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

h5: Any = h5py
Fill = Callable[[Any], object]


def hdf5_file(fill: Fill) -> bytes:
    """The bytes of a file with what `fill` puts into it."""
    file = io.BytesIO()
    with h5.File(file, "w") as opened:
        fill(opened)
    return file.getvalue()


def d4rl(file: Any) -> None:
    """Flat, as D4RL stores steps; what it says about itself stands beside."""
    file["actions"] = np.array([[0.5], [1.5]], np.float32)
    file["rewards"] = np.array([1.0, -1.0])
    file["terminals"] = np.array([False, True])
    file.create_dataset("observations", data=[[1, 2], [3, 4]], compression="gzip", shuffle=True)
    file.create_dataset("next_observations", data=[[5, 6], [7, 8]], compression="lzf", chunks=(1, 1))
    file["infos/qpos"] = [[9], [10]]
    file["metadata/algorithm"] = "SAC"


def tianshou(file: Any) -> None:
    """Steps in a group; how much of the buffer is full stands in attributes, and objects as bytes."""
    file["_meta/act"] = [1, 2, 0]
    file["_meta/rew"] = [0.5, 1.0, 0.0]
    file["_lengths"] = [2]
    file["_random_state"] = np.zeros(5, np.int8)
    file["_random_state"].attrs["__data_type__"] = "RandomState"
    file["_meta/act"].attrs["__data_type__"] = "ndarray"
    file.attrs["_size"] = 2
    file.attrs["name"] = "buffer"
    file["_meta"].attrs["full"] = False


def minari(file: Any) -> None:
    """Two episodes, of two steps and of one, in the order in which names sort; each with an observation more."""
    for number, rewards in ((10, [3.0]), (2, [1.0, 2.0])):
        group = file.create_group(f"episode_{number}")
        group["rewards"] = rewards
        group["actions"] = [number * 10 + step for step in range(len(rewards))]
        group["terminations"] = [False] * len(rewards)
        group["truncations"] = [False] * (len(rewards) - 1) + [True]
        group["observations/pos"] = [[number + step / 4] for step in range(len(rewards) + 1)]
        group["infos/n"] = range(len(rewards) + 1)


def robomimic(file: Any) -> None:
    """A group per demonstration in the group `data`, and a list of their names beside it."""
    for number, rewards in ((10, [3.0]), (2, [1.0, 2.0])):
        group = file.create_group(f"data/demo_{number}")
        group.attrs["num_samples"] = len(rewards)
        group["actions"] = [[number, step] for step in range(len(rewards))]
        group["rewards"] = rewards
        group["obs/state"] = [[number + step / 4] for step in range(len(rewards))]
    file["mask/train"] = np.array([b"demo_2"])


def d3rlpy_2(file: Any) -> None:
    """Columns of each episode by its number, of two observations; one flag for each."""
    for number, rewards in ((10, [3.0]), (2, [1.0, 2.0])):
        file[f"actions_{number}"] = [[number * 10 + step] for step in range(len(rewards))]
        file[f"rewards_{number}"] = [[reward] for reward in rewards]
        file[f"observations_{number}_0"] = [[number] for _ in rewards]
        file[f"observations_{number}_1"] = [[number, 1] for _ in rewards]
        file[f"terminated_{number}"] = number == 10
    file["columns"] = ["actions"]
    file["num_episodes"] = 2
