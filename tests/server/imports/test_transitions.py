"""A flat sample of a replay buffer over HTTP: proposed, previewed and opened as transitions without order."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from mouse.batch import load_batch
from mouse.transition_batch import holds_transitions
from mouse_dashboard.cli.main import cli
from tests.mapping.test_transitions import sample
from tests.server.files import send
from tests.server.imports.rollouts import mapped, numpy_file

pytestmark = pytest.mark.process  # readers of files work in a process of their own


@pytest.fixture
def waiting(client: TestClient) -> dict[str, Any]:
    answer = send(client, numpy_file(sample()), "sample.npz")
    assert answer.status_code == 202
    return answer.json()


def test_rows_that_do_not_follow_one_another_are_proposed_as_transitions(waiting: dict[str, Any]) -> None:
    assert waiting["mapping"]["layout"] == "transitions"
    assert waiting["mapping"]["fields"]["dqn_target"] == "q_target_next"
    assert waiting["questions"] == []
    assert "the rows do not follow one another in time" in waiting["notes"][-1]


def test_the_preview_shows_transitions_with_both_of_their_states(client: TestClient, waiting: dict[str, Any]) -> None:
    told = client.post(f"/api/imports/{waiting['id']}/preview", json={"mapping": waiting["mapping"]}).json()
    assert (told["B"], told["S"]) == (6, 2)
    assert {loss["name"] for loss in told["losses"] if loss["runs"]} == {"dqn"}
    before, after = told["before"], told["after"]
    assert before["columns"] == [
        "observations",
        "next_observations",
        "actions",
        "rewards",
        "terminations",
        "truncations",
    ]
    assert [row["cells"][:4] for row in before["rows"]] == [
        ["10", "31", "1", "1"],
        ["11", "13", "0", "2"],
        ["12", "99", "1", "3"],
    ]
    assert [(row["state"], row["led_by"]) for row in after["rows"]][:3] == [("0", None), ("0 next", "0"), ("1", None)]
    assert [row["cells"] for row in after["rows"]][:2] == [["10", "0", "0", "0"], ["31", "1", "1", "0"]]


def test_the_batch_holds_as_many_transitions_as_the_file_has_rows(client: TestClient, waiting: dict[str, Any]) -> None:
    batch = mapped(client, waiting, waiting["mapping"])
    assert (batch["B"], batch["S"]) == (6, 2)
    assert batch["mapped_from"]["mapping"]["layout"] == "transitions"


@pytest.mark.parametrize("flags", [[], ["--layout", "transitions"]])
def test_the_command_line_needs_no_flag_for_such_a_file(tmp_path: Path, flags: list[str]) -> None:
    file, target = tmp_path / "sample.npz", tmp_path / "batch.safetensors"
    file.write_bytes(numpy_file(sample()))
    result = CliRunner().invoke(cli, ["convert", str(file), str(target), *flags])
    assert result.exit_code == 0, result.output
    assert "each is one transition" in result.output
    assert holds_transitions(load_batch(target)[0])
