import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict
from typer.testing import CliRunner, Result

from mouse.batch import load_batch, save_batch
from mouse_dashboard.cli.main import cli
from mouse_dashboard.scan import chunks, local, task
from mouse_dashboard.scan.block import summarise_block
from mouse_dashboard.scan.folder import MARKER
from mouse_dashboard.scan.shard import Chunk
from mouse_dashboard.scan.summary import Summary
from tests.recordings.files import parquet, tensors
from tests.recordings.layouts import lerobot, rllib
from tests.recordings.worlds import play
from tests.server.reading.hdf5_files import hdf5_file, minari
from tests.server.reading.reading import read_in_this_process
from tests.server.scan.shards import write, write_four_broken

RUNNER = CliRunner()
DQN = ("--config", '{"dqn": {}}')


def scan(*arguments: str | Path) -> Result:
    return RUNNER.invoke(cli, ["scan", *map(str, arguments), "--processes", "1"])


def told(*arguments: str | Path) -> dict[str, Any]:
    result = scan(*arguments, "--json")
    assert result.exit_code in (0, 1), result.stderr
    return json.loads(result.stdout)


def rows(path: Path) -> list[dict[str, Any]]:
    tables: Any = import_module("pyarrow.parquet")  # which has no types
    return tables.read_table(path).to_pylist()


@pytest.mark.slow
def test_the_first_screen_names_the_four_bad_shards_of_twenty(tmp_path: Path) -> None:
    write_four_broken(tmp_path, 20, (3, 7, 13, 16))
    result = scan(tmp_path)
    assert result.exit_code == 1
    screen = result.stdout.splitlines()[:24]
    assert screen[0].startswith("4 of 20 shards stand out")
    assert {line.rpartition("/")[2] for line in screen if line.startswith(str(tmp_path))} == {
        "03.safetensors", "07.safetensors", "13.safetensors", "16.safetensors"
    }  # fmt: skip
    reasons = "\n".join(screen)
    for reason in ("reward: median -1000", "stand a row late", "ends with done = 1", "send the whole file"):
        assert reason in reasons


@pytest.mark.parametrize("next_obs", [True, False])
def test_a_shard_whose_rows_are_shifted_is_named_with_its_cause(tmp_path: Path, *, next_obs: bool) -> None:
    for shard in range(3):
        steps = play("FrozenLake-v1", 900, seed=shard)
        fields = (
            rllib(steps) if next_obs else {name: value for name, value in rllib(steps).items() if name != "new_obs"}
        )
        if shard == 1:
            moved = ("actions", "rewards", "terminateds", "truncateds")
            fields |= {name: np.roll(fields[name], 1) for name in moved}
        save_file(tensors(fields), tmp_path / f"{shard}.safetensors")
    found = {Path(each["shard"]).stem: each["issues"] for each in told(tmp_path)["shards"]}
    message = found["1"][0]["message"]
    assert "ends of episodes stand a row late, in the first row of the next episode by `eps_id`" in message
    assert "Not scanned: mapping.windows" in message


def test_files_of_one_episode_each_are_read_whatever_its_length(tmp_path: Path) -> None:
    steps = play("CartPole-v1", 400)
    parts = [steps.at(steps.episode == episode) for episode in range(6)]
    lengths = [len(part) for part in parts]
    for episode, part in enumerate(parts):
        save_file(tensors(lerobot(part)), tmp_path / f"{episode}.safetensors")
    found = told(tmp_path)
    assert not any(issue["severity"] == "error" for each in found["shards"] for issue in each["issues"])
    assert min(lengths) < lengths[0] < max(lengths)
    assert found["steps"] == sum(min(length, lengths[0]) for length in lengths)


def test_gpus_without_a_cluster_are_refused(tmp_path: Path) -> None:
    result = scan(tmp_path, "--gpus", "0.5")
    assert result.exit_code == 2
    assert "--gpus: found 0.5 without --ray" in result.stderr


def test_what_is_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 3)
    out = tmp_path / "out"
    first = scan(tmp_path / "*.safetensors", *DQN, "--out", out)
    files = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    monkeypatch.setattr(local, "run_task", None)
    assert scan(tmp_path / "*.safetensors", *DQN, "--out", out).stdout == first.stdout
    assert {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()} == files


def test_the_worst_transitions_are_batches_to_open(tmp_path: Path) -> None:
    write(tmp_path, 2)
    out = tmp_path / "out"
    scan(tmp_path / "*.safetensors", *DQN, "--out", out)
    worst = rows(out / "worst.parquet")
    assert len(worst) == 20
    for each in worst:
        step_stream, _heads = load_batch(out / each["window"])
        original, _ = load_batch(Path(each["shard"]))
        assert step_stream["reward"][0].equal(original["reward"][each["row"]])
        assert each["window_step"] == each["step"]


@pytest.mark.process
def test_other_configs_make_other_results(tmp_path: Path) -> None:
    write(tmp_path, 1)
    losses = [
        told(tmp_path, "--config", f'{{"dqn": {{"gamma": {gamma}}}}}', "--out", tmp_path / "out")["losses"]["dqn"][
            "mean"
        ]
        for gamma in (0.5, 0.9)
    ]
    assert losses[0] != losses[1]


def test_a_folder_with_other_files_is_not_written_into(tmp_path: Path) -> None:
    write(tmp_path, 1)
    result = scan(tmp_path, "--out", tmp_path)
    assert result.exit_code == 2
    assert "it holds other files" in result.stderr


@pytest.mark.parametrize("of_user", [{}, {"tasks/todo.json": "{}"}, {"tasks/0123.json": '{"summary": 1}'}])
def test_a_folder_of_the_user_that_only_looks_like_one_of_a_scan_is_not_written_into(
    tmp_path: Path, of_user: dict[str, str]
) -> None:
    (shard,) = write(tmp_path / "data", 1)
    out = tmp_path / "project"
    (out / "tasks").mkdir(parents=True)
    for name, text in ({"shards.parquet": "mine"} | of_user).items():
        (out / name).write_text(text)
    before = {path: path.is_file() and path.read_bytes() for path in out.rglob("*")}
    result = scan(shard, "--out", out)
    assert result.exit_code == 2
    assert "it holds other files" in result.stderr
    assert {path: path.is_file() and path.read_bytes() for path in out.rglob("*")} == before


def test_a_folder_of_a_scan_without_a_marker_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shard,) = write(tmp_path / "data", 1)
    out = tmp_path / "out"
    scan(shard, *DQN, "--out", out)
    (out / MARKER).unlink()  # as versions before it left the folder
    monkeypatch.setattr(local, "run_task", None)
    assert scan(shard, *DQN, "--out", out).exit_code == 0


def test_two_scans_are_compared(tmp_path: Path) -> None:
    first, other, second = write(tmp_path, 3)
    scan(first, other, second, *DQN, "--out", tmp_path / "before")
    step_stream, out = load_batch(second)
    save_batch(second, TensorDict({**step_stream, "reward": step_stream["reward"] * 9}, step_stream.batch_size), out)
    told = scan(first, other, second, *DQN, "--against", tmp_path / "before").stdout.partition("Against ")[2]
    assert f"  {second}: dqn" in told
    assert str(first) not in told.partition("new:")[0]
    assert f"new: {second} shard-drift reward" in told
    refused = scan(first, "--against", tmp_path)
    assert refused.exit_code == 2
    assert "found no scan there" in refused.stderr


def test_an_own_loss_is_scanned(tmp_path: Path) -> None:
    write(tmp_path, 2)
    function = tmp_path / "own.py"
    function.write_text("def squared(dqn, reward):\n    return ((dqn.mean(-1) - reward) ** 2).mean()\n")
    found = told(tmp_path, "--loss", f"{function}:squared")
    batches = [load_batch(path) for path in sorted(tmp_path.glob("*.safetensors"))]
    expected = np.mean([float(((out["dqn"].mean(-1) - each["reward"]) ** 2).mean()) for each, out in batches])
    assert found["losses"]["squared"]["mean"] == pytest.approx(expected)


def test_what_mouse_did_not_foresee_is_an_entry_of_its_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = write(tmp_path / "data", 2)

    def fails(chunk: Chunk, *arguments: Any) -> Summary:
        if float(chunk.take(0, 1)[0]["reward"][0, 0]) == float(load_batch(second)[0]["reward"][0, 0]):
            raise ZeroDivisionError("nothing to divide by")
        return summarise_block(chunk, *arguments)

    monkeypatch.setattr(task, "summarise_block", fails)
    found = {each["shard"]: each["issues"] for each in told(first, second)["shards"]}
    assert all(issue["severity"] == "info" for issue in found[str(first)])
    (issue,) = found[str(second)]
    assert issue["check"] == "shard-unreadable"
    assert "mouse failed on it: ZeroDivisionError: nothing to divide by" in issue["message"]


@pytest.mark.process
def test_files_of_minari_and_lerobot_are_scanned_without_a_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "minari" / "data"
    folder.mkdir(parents=True)
    (folder / "main_data.hdf5").write_bytes(hdf5_file(minari))
    (folder / "metadata.json").write_text("{}")
    in_folder = told(tmp_path / "minari")
    assert in_folder["steps"] > 0
    read_in_this_process(monkeypatch)
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    assert told("minari:minari") == in_folder
    folder = tmp_path / "lerobot" / "data" / "chunk-000"
    folder.mkdir(parents=True)
    for number in range(2):
        parquet(folder / f"file-{number:03}.parquet", lerobot(play("CartPole-v1", 200, seed=number)))
    (tmp_path / "lerobot" / "meta").mkdir()
    (tmp_path / "lerobot" / "meta" / "info.json").write_text("{}")
    found = told(tmp_path / "lerobot")
    assert len(found["shards"]) == 2
    assert found["steps"] > 0


@pytest.mark.process
def test_processes_find_the_same(tmp_path: Path) -> None:
    write(tmp_path, 3)
    one = scan(tmp_path / "*.safetensors", *DQN, "--out", tmp_path / "one")
    two = RUNNER.invoke(
        cli, ["scan", str(tmp_path / "*.safetensors"), *DQN, "--processes", "2", "--out", str(tmp_path / "two")]
    )
    assert two.exit_code == one.exit_code == 0
    for path in (tmp_path / "one").rglob("*"):
        if path.is_file():
            assert (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes() == path.read_bytes()


@pytest.mark.process
def test_a_shard_that_ends_its_process_is_an_entry(tmp_path: Path) -> None:
    write(tmp_path, 3)
    function = tmp_path / "own.py"
    function.write_text(
        "import os\n"
        "def loss(reward):\n"
        f"    if float(reward[0, 0]) == {float(load_batch(tmp_path / '01.safetensors')[0]['reward'][0, 0])!r}:\n"
        "        os._exit(9)\n"
        "    return reward.mean()\n"
    )
    result = RUNNER.invoke(
        cli, ["scan", str(tmp_path / "*.safetensors"), "--loss", f"{function}:loss", "--processes", "2", "--json"]
    )
    found = {each["shard"]: each["issues"] for each in json.loads(result.stdout)["shards"]}
    assert result.exit_code == 1
    bad = [shard for shard, issues in found.items() if any(issue["check"] == "shard-unreadable" for issue in issues)]
    assert bad == [str(tmp_path / "01.safetensors")]


def test_the_command_says_which_rows_its_mapping_is_proposed_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_STEPS", 300)
    save_file(tensors(rllib(play("FrozenLake-v1", 900, seed=0))), tmp_path / "0.safetensors")
    result = scan(tmp_path, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert "The file is read in 3 chunks of rows; notes on rows tell of the first one." in found["shards"][0]["notes"]
    assert found["steps"] > 700
    assert "The mapping is proposed from the first 300 of 900 rows." in result.stderr
