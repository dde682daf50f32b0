"""Files of libraries through the upload route and the command: no question, or a refusal that names the cause."""

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from mouse.batch import load_batch
from mouse_dashboard.cli.main import cli
from tests.recordings import layouts
from tests.recordings.files import hdf5, json_lines, npz, parquet
from tests.recordings.worlds import agreement, play
from tests.server.files import send

pytestmark = pytest.mark.process

STEPS = play("CliffWalking-v1", 200).sorted()


def test_lines_of_rllib_wait_with_a_proposal_and_no_question(client: TestClient, tmp_path: Path) -> None:
    content = json_lines(tmp_path / "output.json", layouts.rllib(STEPS), 3).read_bytes()
    answer = send(client, content, "output.json")
    assert answer.status_code == 202
    told = answer.json()
    assert told["questions"] == []
    assert told["mapping"]["fields"] == {
        "action": "actions",
        "reward": "rewards",
        "terminated": "terminateds",
        "truncated": "truncateds",
    }
    batch = client.post(f"/api/imports/{told['id']}/batch", json={"mapping": told["mapping"]})
    assert batch.status_code == 201


def test_single_numbers_beside_the_rows_are_shown_and_used(client: TestClient, tmp_path: Path) -> None:
    fields = layouts.tianshou(STEPS, 300)
    file = hdf5(tmp_path / "buffer.hdf5", fields, separator=".", attributes=("_size", "_insertion_idx", "maxsize"))
    told = send(client, file.read_bytes(), "buffer.hdf5").json()
    assert told["questions"] == []
    assert {"name": "_size", "dtype": "int64", "shape": []} in told["fields"]
    preview = client.post(f"/api/imports/{told['id']}/preview", json={"mapping": told["mapping"]})
    assert preview.status_code == 200
    assert any("100 of 300 rows were never written" in note for note in preview.json()["notes"])


@pytest.mark.parametrize(
    ("content", "status", "cause"),
    [
        (b'{"type": "SampleBatch", "obs": "BCJNGGhAtwMAAAAAAABoawEAAGGABJWs"}\n', 422, "columns packed by RLlib"),
        (bytes.fromhex("540200000000000063b166fa0ad1040a"), 415, "a TFRecord, as TensorFlow and RLDS write it"),
        (b"\x80\x04\x95\x8c\x1dstable_baselines3.common", 415, "a pickle (a Stable-Baselines3 replay buffer)"),
    ],
    ids=["packed", "TFRecord", "pickle"],
)
def test_what_is_not_read_is_refused_by_its_name(client: TestClient, content: bytes, status: int, cause: str) -> None:
    answer = send(client, content, "steps")
    assert (answer.status_code, cause in answer.json()["message"]) == (status, True)


def test_a_folder_of_dreamers_episodes_is_one_recording(tmp_path: Path) -> None:
    folder, out = tmp_path / "episodes", tmp_path / "batch.safetensors"
    folder.mkdir()
    for number in np.unique(STEPS.episode):
        npz(folder / f"{number}.npz", layouts.dreamer(STEPS.at(STEPS.episode == number)))
    result = CliRunner().invoke(cli, ["convert", str(folder), str(out)])
    assert result.exit_code == 0, result.stderr
    found = agreement(load_batch(out)[0], STEPS, "obs")
    assert found.wrong == ()
    assert found.pairs >= 150


def test_a_folder_without_such_files_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["convert", str(tmp_path), str(tmp_path / "batch.safetensors")])
    assert result.exit_code == 2
    assert "found no .npz or .parquet file in the folder" in result.stderr


def test_a_folder_of_lerobots_tables_is_one_recording(tmp_path: Path) -> None:
    folder, out = tmp_path / "set", tmp_path / "batch.safetensors"
    (folder / "data" / "chunk-000").mkdir(parents=True)
    (folder / "meta").mkdir()
    for number in np.unique(STEPS.episode):
        fields = layouts.lerobot(STEPS.at(STEPS.episode == number))
        parquet(folder / "data" / "chunk-000" / f"episode_{number:06d}.parquet", fields)
    parquet(folder / "meta" / "tasks.parquet", {"task_index": np.array([0])})
    result = CliRunner().invoke(cli, ["convert", str(folder), str(out)])
    assert result.exit_code == 0, result.stderr
    found = agreement(load_batch(out)[0], STEPS, "observation.state", either_end=True)
    assert found.wrong == ()
    assert found.pairs >= 150
