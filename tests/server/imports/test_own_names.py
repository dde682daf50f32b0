"""Fields that a registered loss function reads by their names in the file keep these names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mouse.mapping import detect
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.compute.functions.file_names import keep_names
from tests.server.files import npz, send
from tests.server.functions.own import dashboard_with, evaluated

SOURCE = """
def td_loss(q_values, actions, rewards):
    q = q_values.gather(-1, actions[..., None]).squeeze(-1)
    return ((q - rewards) ** 2).mean()

def whole(batch):
    return batch["q_values"].mean()
"""


def arrays(*shape: int, **more: Any) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    return {
        "q_values": generator.normal(size=(*shape, 4)).astype(np.float32),
        "actions": generator.integers(0, 4, shape),
        "rewards": generator.normal(size=shape).astype(np.float32),
        **more,
    }


def tensors(found: dict[str, Any]) -> dict[str, Tensor]:
    return {name: torch.as_tensor(value) for name, value in found.items()}


@pytest.fixture
def functions(tmp_path: Path) -> dict[str, FunctionAddress]:
    (tmp_path / "own.py").write_text(SOURCE)
    return {name: FunctionAddress(tmp_path / "own.py", name) for name in ("td_loss", "whole")}


def test_without_functions_nothing_changes() -> None:
    detected = detect(tensors(arrays(64)))
    assert keep_names(detected, ()) == detected


def test_what_a_function_reads_is_not_renamed_and_rows_without_time_are_items(
    functions: dict[str, FunctionAddress],
) -> None:
    detected = keep_names(detect(tensors(arrays(64))), [functions["td_loss"]])
    assert (detected.mapping.fields, detected.mapping.layout, detected.certain) == ({}, "items", True)


def test_what_it_does_not_read_is_mapped_and_asked_for_as_before(functions: dict[str, FunctionAddress]) -> None:
    fields = tensors(arrays(6, 9, dones=np.zeros((6, 9), np.bool_)))
    detected = keep_names(detect(fields), [functions["td_loss"]])
    assert detected.mapping.fields == {"done": "dones"}
    assert detected.questions.keys() == detect(fields).questions.keys()


def test_a_name_that_the_user_gives_wins(functions: dict[str, FunctionAddress]) -> None:
    fields, named = tensors(arrays(64)), {"reward": "rewards"}
    detected = keep_names(detect(fields, named), [functions["td_loss"]], named)
    assert detected.mapping.fields == named


def test_a_function_of_the_whole_batch_may_read_any_output(functions: dict[str, FunctionAddress]) -> None:
    detected = keep_names(detect(tensors(arrays(64))), [functions["whole"]])
    assert detected.mapping.fields == {"action": "actions", "reward": "rewards"}


@pytest.mark.process
def test_a_file_that_is_dropped_on_the_page_is_mapped_for_the_function(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(SOURCE)
    found = arrays(64)
    with dashboard_with(tmp_path, "own.py:td_loss") as client:
        waiting = send(client, npz(**found), "replay.npz").json()
        assert waiting["mapping"]["fields"] == {}
        batch = client.post(f"/api/imports/{waiting['id']}/batch", json={"mapping": waiting["mapping"]}).json()
        loss = evaluated(client, batch["id"], "td_loss")["losses"]["td_loss"]["loss"]
    taken = np.take_along_axis(found["q_values"], found["actions"][:, None], 1)[:, 0]
    assert loss == pytest.approx(float(((taken - found["rewards"]) ** 2).mean()), rel=1e-5)
