"""Fields stored with the state that they leave are moved to the next one, wherever a batch is handed over."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from tensordict import TensorDict

from mouse.alignment import to_next_state
from mouse.batch import load_batch, save_batch
from mouse.errors import BatchError
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse.mapping import Mapping

# A walk to the right: from state t one step leads to state t + 1 and brings t + 1.
WITH_STATE: dict[str, Any] = {
    "observation": np.array([[0, 1, 2, 3]]),
    "action": np.array([[1, 1, 1, 1]]),
    "reward": np.array([[1.0, 2.0, 3.0, 4.0]]),
    "done": np.array([[0, 0, 2, 0]]),
    "truncated": [[False, False, True, False]],
}
Q = {"dqn": torch.arange(8.0).view(1, 4, 2), "dqn_target": torch.arange(8.0).view(1, 4, 2)}


def test_a_dict_of_arrays_as_a_loop_stores_it_is_saved_as_the_losses_read_it(tmp_path: Path) -> None:
    save_batch(tmp_path / "batch.safetensors", WITH_STATE, Q, alignment="state")
    step_stream, out = load_batch(tmp_path / "batch.safetensors")
    assert {name: value.tolist() for name, value in step_stream.items()} == {
        "observation": [[0, 1, 2, 3]],
        "action": [[0, 1, 1, 1]],
        "reward": [[0.0, 1.0, 2.0, 3.0]],
        "done": [[0, 0, 0, 2]],
        "truncated": [[False, False, False, True]],
    }
    # With gamma 0 a target is the reward: q[s_t, a] is 1, 3, 5 for the actions 1 that lead to rewards 1, 2, 3.
    cfg = DqnLossConfig(gamma=0.0, gamma_terminal=0.0, gamma_truncated=0.0)
    loss, _metrics = dqn_loss(step_stream, out, cfg)
    assert float(loss) == pytest.approx((0 + 1 + 4) / 3)


def test_without_a_model_apart_the_heads_are_found_by_their_names(tmp_path: Path) -> None:
    save_batch(tmp_path / "batch.safetensors", WITH_STATE | Q)
    step_stream, out = load_batch(tmp_path / "batch.safetensors")
    assert set(out.keys()) == {"dqn", "dqn_target"}
    assert step_stream["reward"].tolist() == WITH_STATE["reward"].tolist()


def test_a_batch_with_the_next_state_stays_the_very_object() -> None:
    batch = TensorDict({"reward": torch.ones(1, 2)}, batch_size=[1, 2])
    assert to_next_state(batch, "next_state") is batch


def test_the_names_of_earlier_versions_mean_the_same() -> None:
    batch = TensorDict({"reward": torch.tensor([[1.0, 2.0]])}, batch_size=[1, 2])
    assert to_next_state(batch, "arrives") is batch
    assert to_next_state(batch, "leaves")["reward"].tolist() == [[0.0, 1.0]]
    stored = '{"alignment": "leaves", "alignments": {"done": "arrives"}}'
    mapping = TypeAdapter(Mapping).validate_json(stored)
    assert mapping == Mapping(alignment="state", alignments={"done": "next_state"})


@pytest.mark.parametrize(
    ("shape", "alignment", "message"),
    [
        ([2, 1], "state", "alignment: found 'state' and sequences of one step, expected 2 steps or more; give seq"),
        ([2, 2], "left", "alignment: found 'left', expected 'next_state' or 'state'; say one of them."),
    ],
)
def test_what_cannot_be_moved_is_refused(shape: list[int], alignment: Any, message: str) -> None:
    with pytest.raises(BatchError) as raised:
        to_next_state(TensorDict({"reward": torch.ones(*shape)}, batch_size=shape), alignment)
    assert str(raised.value).startswith(message)


def test_arrays_without_order_in_time_are_no_sequences(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match=r"step_stream: found batch size \[3\], expected \[B, S\]"):
        save_batch(tmp_path / "batch.safetensors", {"reward": np.ones(3)}, {"dqn": np.ones((3, 2))})
    assert not any(tmp_path.iterdir())
