"""What files are recognised by: names of libraries, behind a group too, and of heads that hold a value per action."""

from typing import Any

import pytest
import torch
from torch import Tensor

from mouse.mapping import detect, plan
from mouse.mapping.names import short_names
from tests.mapping.files import gymnasium, torchrl


def test_names_behind_the_group_of_the_steps_are_known() -> None:
    fields = {f"_meta.{name}": value for name, value in gymnasium().items()} | {"_size": torch.tensor(6)}
    found = detect(fields).mapping.fields
    assert found == {
        "action": "_meta.actions",
        "reward": "_meta.rewards",
        "terminated": "_meta.terminations",
        "truncated": "_meta.truncations",
    }


@pytest.mark.parametrize("group", ["data/", "$store$_", "buffer.", "a/b/"])
def test_a_group_may_be_written_in_other_ways(group: str) -> None:
    """Dopamine's arrays are called `$store$_action`, those of a zarr `data/action`."""
    fields = {f"{group}{name}": value for name, value in gymnasium().items()} | {"add_count": torch.tensor(6)}
    mapping = detect(fields).mapping
    assert (mapping.fields["action"], mapping.fields["reward"]) == (f"{group}actions", f"{group}rewards")


def test_a_nested_name_may_be_written_with_slashes() -> None:
    fields = {name.replace(".", "/"): value for name, value in torchrl().items()}
    found = detect(fields)
    assert (found.mapping.fields["reward"], found.mapping.shifted) == ("next/reward", ("next/observation",))
    assert found.certain


@pytest.mark.parametrize(
    "names",
    [
        ["next_state.action", "next.rewards", "next.done"],
        ["agents.0.actions", "agents.0.rewards", "agents.1.actions", "agents.1.rewards"],
        ["actions", "infos.rewards", "infos.done"],
        ["infos.reward"],
    ],
    ids=["of the next state", "two groups", "known names outside", "one name alone"],
)
def test_a_group_is_taken_for_that_of_the_steps_only_where_that_is_certain(names: list[str]) -> None:
    assert short_names(names) == {name: name for name in names}


LIBRARIES: dict[str, dict[str, Any]] = {
    "LeRobot": {"names": ["action", "next.reward", "next.done", "episode_index", "frame_index"], "ends": {"done"}},
    "d3rlpy": {"names": ["actions", "rewards", "terminals", "episode_terminals"], "ends": {"terminated", "done"}},
    "RLlib": {
        "names": ["actions", "rewards", "terminateds", "truncateds", "new_obs", "eps_id"],
        "ends": {"terminated", "truncated"},
    },
    "Tianshou": {
        "names": ["m.act", "m.rew", "m.terminated", "m.truncated", "m.done", "m.obs_next"],
        "ends": {"terminated", "truncated"},
    },
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_known_by_its_names(library: str) -> None:
    values = torch.tensor([0, 1, 0, 0, 1, 0])
    found = detect(dict.fromkeys(LIBRARIES[library]["names"], values))
    assert found.notes[0].startswith(f"The names are {library}'s, which stores action, reward and done with the state")
    assert found.mapping.alignment == "state"
    assert found.mapping.fields.keys() == {"action", "reward"} | LIBRARIES[library]["ends"]


def head(*shape: int) -> Tensor:
    return torch.randn(6, *shape, generator=torch.Generator().manual_seed(0))


HEADS = [("q_values", "dqn"), ("action_value", "dqn"), ("logits", "sp"), ("target_q_values", "dqn_target")]


@pytest.mark.parametrize(("name", "target"), HEADS)
def test_what_others_call_a_head_is_proposed_and_said(name: str, target: str) -> None:
    fields = gymnasium() | {name: head(3)}
    detected = detect(fields)
    assert detected.mapping.fields[target] == name
    planned = plan(fields, detected.mapping)
    assert f"`{name}` holds one value per action: read as the head `{target}`." in planned.notes
    assert planned.batch()[1][target].shape[-1] == 3


@pytest.mark.parametrize(
    "fields",
    [
        gymnasium() | {"q_values": head()},
        gymnasium() | {"q_values": head(1)},
        gymnasium() | {"q_values": head(3).long()},
        gymnasium() | {"actions": torch.tensor([0, 3, 1, 2, 0, 1]), "q_values": head(3)},
        {name: value for name, value in gymnasium().items() if name != "actions"} | {"q_values": head(2)},
        {"action": torch.zeros(6).long(), "q_values": head(2), "obs": head(2)},
    ],
    ids=["of the action taken", "of one action", "integers", "of fewer actions", "two critics", "no reward"],
)  # fmt: skip
def test_what_holds_no_value_per_action_is_no_head(fields: dict[str, Tensor]) -> None:
    assert "dqn" not in detect(fields).mapping.fields


def test_a_file_of_mouses_own_names_keeps_every_other_name() -> None:
    fields = {"action": torch.zeros(2, 3).long(), "reward": torch.zeros(2, 3), "q_values": torch.zeros(2, 3, 2)}
    assert detect(fields).mapping.fields == {"action": "action", "reward": "reward"}


def test_a_one_hot_action_tells_how_many_values_a_head_has() -> None:
    one_hot = torch.nn.functional.one_hot(gymnasium()["actions"], 3)
    fields = gymnasium() | {"actions": one_hot}
    assert detect(fields | {"q_values": head(3)}).mapping.fields["dqn"] == "q_values"
    assert "dqn" not in detect(fields | {"q_values": head(2)}).mapping.fields
