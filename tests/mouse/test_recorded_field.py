"""A batch file may name the field that holds its loss per step."""

from pathlib import Path

import pytest
import torch
from tensordict import TensorDict

from mouse.batch import recorded_loss, save_batch
from mouse.errors import BatchError


def rollout() -> tuple[TensorDict, TensorDict]:
    fields = {name: torch.zeros(2, 3) for name in ("advantage", "clipped", "pg_loss", "ratio")}
    return TensorDict(fields | {"logits": torch.zeros(2, 3, 4)}, batch_size=[2, 3]), TensorDict({}, batch_size=[2, 3])


def test_a_file_says_which_field_is_its_loss(tmp_path: Path) -> None:
    save_batch(tmp_path / "with", *rollout(), loss="pg_loss")
    save_batch(tmp_path / "without", *rollout())
    assert recorded_loss(tmp_path / "with") == "pg_loss"
    assert recorded_loss(tmp_path / "without") is None


@pytest.mark.parametrize("name", ["logits", "nothing"])
def test_a_loss_that_is_no_number_per_step_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(BatchError, match="one number per step: advantage, clipped, pg_loss, ratio"):
        save_batch(tmp_path / "file", *rollout(), loss=name)
    assert not list(tmp_path.iterdir())
