"""What a file's own next observations prove of its rows."""

import pytest
import torch

from mouse.mapping import plan
from mouse.mapping.evidence import is_observation
from tests.mapping.files import GYMNASIUM, gymnasium


@pytest.mark.parametrize(
    ("last", "said"), [(21.0, "in 2 of 3 running steps: where they differ"), (20.5, "in 2 of 3"), (11.0, "in 3 of 3")]
)
def test_next_observations_prove_the_order_of_rows(last: float, said: str) -> None:
    fields = gymnasium() | {"next_observations": torch.tensor([last, 12, 99, 21, 99, 31]).view(6, 1)}
    assert said in " ".join(plan(fields, GYMNASIUM).notes)


def test_next_observations_of_one_number_prove_it_too() -> None:
    """As those of FrozenLake are."""
    fields = gymnasium() | {"next_observations": torch.tensor([11, 12, 99, 21, 99, 31])}
    fields["observations"] = fields["observations"].flatten().long()
    assert "in 3 of 3" in " ".join(plan(fields, GYMNASIUM).notes)


def test_next_observations_of_another_type_prove_it_too() -> None:
    fields = gymnasium() | {"next_observations": torch.tensor([11, 12, 99, 21, 99, 31], dtype=torch.uint16).view(6, 1)}
    fields["observations"] = fields["observations"].to(torch.uint8)
    assert "in 3 of 3" in " ".join(plan(fields, GYMNASIUM).notes)


def test_next_observations_of_no_numbers_prove_nothing() -> None:
    empty = torch.zeros(6, 0)
    notes = " ".join(plan(gymnasium() | {"observations": empty, "next_observations": empty}, GYMNASIUM).notes)
    assert "running steps" not in notes


@pytest.mark.parametrize("name", ["obs", "observations", "_meta.obs", "obs.state", "observation.state", "data/state"])
def test_observations_are_known_in_any_group(name: str) -> None:
    assert is_observation(name)


@pytest.mark.parametrize("name", ["obs_next", "next_obs", "new_obs", "next.observation.state", "state_value", "jobs"])
def test_next_observations_and_other_words_are_none(name: str) -> None:
    assert not is_observation(name)
