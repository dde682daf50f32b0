"""HDF5 gives what lies in the file itself: flat datasets, or the episodes of Minari one after the other."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from mouse_dashboard.reading.confined import hdf5
from mouse_dashboard.schema.errors import ApiError
from tests.server.reading.reading import here, lists, read
from tests.server.reading.test_npz import deflated_zeros

pytestmark = pytest.mark.process

h5: Any = h5py
Fill = Callable[[Any], object]


def hdf5_file(fill: Fill) -> bytes:
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


def test_groups_of_one_name_and_numbers_in_a_group_are_episodes(tmp_path: Path) -> None:
    found = here(hdf5, tmp_path, hdf5_file(robomimic))
    assert found.lists == {
        "rewards": [1, 2, 3],
        "actions": [[2, 0], [2, 1], [10, 0]],
        "obs.state": [[2], [2.25], [10]],
        "episode": [2, 2, 10],
    }
    assert "Left out, beside the episodes: 'mask'." in found.notes


def test_groups_at_the_top_are_episodes_by_the_steps_in_them_whatever_their_name(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        for number in range(2):
            file[f"traj_{number}/actions"] = [number] * (number + 1)
            file[f"traj_{number}/obs"] = range(number + 2)
        file["camera_0/pose"] = [1]

    found = here(hdf5, tmp_path, hdf5_file(fill))
    assert found.lists == {
        "actions": [0, 1, 1],
        "obs": [0, 0, 1],
        "next_obs": [1, 1, 2],
        "episode": [0, 1, 1],
    }


def test_numbered_datasets_are_episodes_and_one_flag_tells_how_each_ends(tmp_path: Path) -> None:
    found = here(hdf5, tmp_path, hdf5_file(d3rlpy_2))
    assert found.lists == {
        "actions": [[20], [21], [100]],
        "rewards": [[1], [2], [3]],
        "observations.0": [[2], [2], [10]],
        "observations.1": [[2, 1], [2, 1], [10, 1]],
        "terminated": [False, False, True],
        "truncated": [False, True, False],
        "num_episodes": 2,
        "episode": [2, 2, 10],
    }
    assert (
        "One flag an episode: it stands at the last row here, and where it is false, 'truncated' does: 'terminated'."
    ) in found.notes


def test_numbered_datasets_of_one_length_are_agents_unless_the_file_counts_episodes(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        file["actions_0"], file["actions_1"] = [1, 2], [3, 4]

    assert set(here(hdf5, tmp_path, hdf5_file(fill)).lists) == {"actions_0", "actions_1"}


def test_single_numbers_and_attributes_tell_of_flat_rows_and_objects_are_left_alone(tmp_path: Path) -> None:
    found = here(hdf5, tmp_path, hdf5_file(tianshou))
    assert found.lists == {
        "_meta.act": [1, 2, 0],
        "_meta.rew": [0.5, 1, 0],
        "_lengths": [2],
        "_size": 2,
        "_meta.full": False,
    }
    assert found.notes == ["Left out, a Python object as a pickle, which could run any code: '_random_state'."]


def test_flat_datasets_keep_their_names_and_values(tmp_path: Path) -> None:
    found = here(hdf5, tmp_path, hdf5_file(d4rl))
    assert found.lists == {
        "actions": [[0.5], [1.5]],
        "rewards": [1, -1],
        "terminals": [False, True],
        "observations": [[1, 2], [3, 4]],
        "next_observations": [[5, 6], [7, 8]],
        "infos.qpos": [[9], [10]],
    }
    assert found.notes == ["Left out, of dtype |O: 'metadata.algorithm'."]


def test_episodes_are_joined_in_order_of_their_numbers(tmp_path: Path) -> None:
    """Steps of episode 2, then of 10; its observations at t and at t+1, with no step from one episode to the next."""
    content = hdf5_file(minari)
    assert lists(tmp_path, content) == {
        "rewards": [1, 2, 3],
        "actions": [20, 21, 100],
        "terminations": [False, False, False],
        "truncations": [False, True, True],
        "observations.pos": [[2], [2.25], [10]],
        "next_observations.pos": [[2.25], [2.5], [10.25]],
        "infos.n": [0, 1, 0],
        "next_infos.n": [1, 2, 1],
        "episode": [2, 2, 10],
    }
    assert read(tmp_path, content).notes == (
        "One row more than steps: without the last here, without the first with next_ in front: "
        "'infos.n', 'observations.pos'.",
        "The number of the episode that each row is of: 'episode'.",
    )


def test_what_not_every_episode_has_alike_is_left_out_and_said(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        minari(file)
        file["episode_2/only"] = [1, 2]
        for episode, size in (("episode_2", 2), ("episode_10", 3)):
            file[f"{episode}/wide"] = np.zeros((len(file[f"{episode}/rewards"]), size))
            file[f"{episode}/long"] = np.zeros(9)
            file[f"{episode}/seed"] = 7
        file["beside"] = [1]

    found = here(hdf5, tmp_path, hdf5_file(fill))
    assert not {"only", "wide", "long", "seed", "beside"} & set(found.lists)
    assert set(found.notes) >= {
        "Left out, beside the episodes: 'beside'.",
        "Left out, a single value: 'seed'.",
        "Left out, not a row per step: 'long'.",
        "Left out, not the same in every episode: 'only', 'wide'.",
    }


def test_episodes_without_steps_are_told(tmp_path: Path) -> None:
    content = hdf5_file(lambda file: file.create_dataset("episode_0/observations", data=[1, 2]))
    assert "episodes without 'rewards' and 'actions'" in here(hdf5, tmp_path, content).refused


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("packed", [{}, {"chunks": (70_001,), "compression": "gzip", "shuffle": True}])
def test_every_type_comes_out_bit_for_bit(dtype: str, packed: dict[str, Any], tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 2, 300_000).astype(dtype)
    content = hdf5_file(lambda file: file.create_dataset("x", data=values, **packed))
    found = here(hdf5, tmp_path, content).tensors["x"].numpy()
    assert (found.dtype, found.tobytes()) == (values.dtype, values.tobytes())


def virtual(file: Any, secret: Path) -> None:
    layout = h5.VirtualLayout((2,), "f8")
    layout[:] = h5.VirtualSource(secret, "x", (2,))
    file.create_virtual_dataset("odd", layout)


OUTSIDE: dict[str, tuple[Callable[[Any, Path], object], str]] = {
    "an external link": (lambda file, secret: file.update(odd=h5.ExternalLink(secret, "x")), "a link"),
    "an external link to a group": (lambda file, secret: file.update(odd=h5.ExternalLink(secret, "/")), "a link"),
    "a soft link": (lambda file, _: file.update(odd=h5.SoftLink("/rewards")), "a link"),
    "a soft link to nothing": (lambda file, _: file.update(odd=h5.SoftLink("/nowhere")), "a link"),
    "external storage": (
        lambda file, secret: file.create_dataset("odd", (2,), "f8", external=[(str(secret), 0, 16)]),
        "its data in another file",
    ),
    "a virtual dataset": (virtual, "its data in another file"),
}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_nothing_outside_of_the_file_is_read(kind: str, tmp_path: Path) -> None:
    with h5.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = [42.0, 42.0]
    fill, why = OUTSIDE[kind]

    def filled(file: Any) -> None:
        file["rewards"] = [1.0, 2.0]
        fill(file, tmp_path / "secret.h5")

    found = here(hdf5, tmp_path, hdf5_file(filled))
    assert found.lists == {"rewards": [1, 2]}
    assert found.notes == [f"Left out, {why}: 'odd'."]


def test_an_episode_that_is_a_link_is_left_out(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        minari(file)
        file["episode_3"] = h5.ExternalLink("secret.h5", "/")

    found = here(hdf5, tmp_path, hdf5_file(fill))
    assert found.lists["episode"] == [2, 2, 10]
    assert "Left out, a link: 'episode_3'." in found.notes


FILTER = "packed by another filter than gzip, lzf or shuffle"
ODD: list[tuple[Fill, str]] = [
    (lambda file: file.update(odd=["a", "b"]), "of dtype |O"),
    (lambda file: file.create_dataset("odd", (2,), h5.vlen_dtype("i4")), "of dtype |O"),
    (lambda file: file.create_dataset("odd", (2,), h5.ref_dtype), "of dtype |O"),
    (lambda file: file.update(odd=np.zeros(2, [("x", "f4")])), "of dtype |V4"),
    (lambda file: file.update(odd=np.zeros(2, "S3")), "of dtype |S3"),
    (lambda file: file.update(odd=np.zeros(2, ">f4")), "of dtype >f4"),
    (lambda file: file.update(odd=np.zeros(2, "c8")), "of dtype <c8"),
    (lambda file: file.update(odd=h5.Empty("f4")), "without a value"),
    (lambda file: file.create_dataset("odd", data=[1, 2], chunks=(2,), fletcher32=True), FILTER),
    (lambda file: file.create_dataset("odd", data=[1, 2], chunks=(2,), scaleoffset=0), FILTER),
]


@pytest.mark.parametrize(("make", "why"), ODD)
def test_what_is_no_array_is_left_out_and_said(make: Fill, why: str, tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        file["rewards"] = [1.0, 2.0]
        make(file)

    found = here(hdf5, tmp_path, hdf5_file(fill))
    assert found.lists == {"rewards": [1, 2]}
    assert found.notes == [f"Left out, {why}: 'odd'."]


def loops(file: Any) -> None:
    file["a"] = file["/"]
    file["b"] = file["/"]


BROKEN: dict[str, tuple[Fill, str]] = {
    "groups that hold themselves": (loops, "(left out, another name of a group that is read already: 'a', 'b')"),
    "nothing": (lambda _: None, "no field of numbers, expected"),
    "a giant that was never written": (
        lambda file: file.create_dataset("x", (1 << 20, 1 << 20), "f8", chunks=(1, 1)),
        "unpacked",
    ),
    "more zeros than the file holds": (
        lambda file: file.create_dataset("x", (1 << 24,), "f8", chunks=(1 << 10,)),
        "bytes packed into",
    ),
    "a bomb": (
        lambda file: file.create_dataset("x", data=np.zeros(1 << 24), chunks=(1 << 20,), compression="gzip"),
        "bytes packed into",
    ),
    "two of one name": (lambda file: file.update({"a.b": [1], "a/b": [2]}), "two fields of the name 'a.b'"),
    "a name of 10 kB": (lambda file: file.update({"x" * 10_000: [1]}), "printable characters"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_hostile_file_is_told_apart(kind: str, tmp_path: Path) -> None:
    fill, said = BROKEN[kind]
    assert said in here(hdf5, tmp_path, hdf5_file(fill)).refused


def test_a_chunk_that_inflates_to_more_memory_than_there_is_ends_its_reader_alone(tmp_path: Path) -> None:
    """The chunk says 16 bytes, and its stream goes on for 16 GiB: the library inflates until there is no more."""

    def fill(file: Any) -> None:
        dataset = file.create_dataset("x", (2,), "f8", chunks=(2,), compression="gzip")
        dataset.id.write_direct_chunk((0,), b"\x78\x9c" + deflated_zeros(16 << 10))

    with pytest.raises(ApiError, match=r"damage|memory"):
        read(tmp_path, hdf5_file(fill))
