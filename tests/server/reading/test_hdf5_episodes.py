"""Episodes of an HDF5 file, each a group or numbered datasets, are read one after the other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouse_dashboard.reading.sandbox import hdf5
from tests.server.reading.hdf5_files import d3rlpy_2, h5, hdf5_file, minari, robomimic
from tests.server.reading.reading import here, lists, read

pytestmark = pytest.mark.process


def test_groups_of_one_name_and_numbers_in_a_group_are_episodes(tmp_path: Path) -> None:
    found = here(hdf5, tmp_path, hdf5_file(robomimic))
    assert found.lists == {
        "rewards": [1, 2, 3],
        "actions": [[2, 0], [2, 1], [10, 0]],
        "obs.state": [[2], [2.25], [10]],
        "episode": [2, 2, 10],
    }
    assert "Dropped, beside the episodes: 'mask'." in found.notes


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
        "Dropped, beside the episodes: 'beside'.",
        "Dropped, a single value: 'seed'.",
        "Dropped, not one row per step: 'long'.",
        "Dropped, not the same in every episode: 'only', 'wide'.",
    }


def test_episodes_without_steps_are_told(tmp_path: Path) -> None:
    content = hdf5_file(lambda file: file.create_dataset("episode_0/observations", data=[1, 2]))
    assert "episodes without 'rewards' and 'actions'" in here(hdf5, tmp_path, content).refused


def test_an_episode_that_is_a_link_is_left_out(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        minari(file)
        file["episode_3"] = h5.ExternalLink("secret.h5", "/")

    found = here(hdf5, tmp_path, hdf5_file(fill))
    assert found.lists["episode"] == [2, 2, 10]
    assert "Dropped, a link: 'episode_3'." in found.notes
