"""Files of other libraries on the command line: what is certain is said, what is not is asked for, flags answer."""

import inspect
import json
import typing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from safetensors import safe_open
from torch import Tensor
from typer.testing import CliRunner, Result

from mouse.batch import load_batch
from mouse.mapping import Mapping
from mouse_dashboard.cli.main import cli
from mouse_dashboard.cli.mapping_options import parse_options
from mouse_dashboard.reading import FileLimits
from mouse_dashboard.store import BatchStore
from mouse_dashboard.web.loading import Load
from tests.mapping.files import ARRIVED, gymnasium, heads, minari
from tests.recordings import files, layouts
from tests.recordings.worlds import play
from tests.server.files import saved_batch

pytestmark = pytest.mark.usefixtures("in_this_process")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def refused(*arguments: str | Path) -> str:
    """The one line on stderr of a command that ends with exit code 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def saved(path: Path, fields: dict[str, Tensor]) -> Path:
    arrays: dict[str, Any] = {name: value.numpy() for name, value in fields.items()}
    np.savez(path, **arrays)
    return path


@pytest.fixture
def rollout(tmp_path: Path) -> Path:
    return saved(tmp_path / "rollout.npz", gymnasium() | heads())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "batch.safetensors"


def arrived(path: Path) -> dict[str, list[Any]]:
    step_stream, _out = load_batch(path)
    return {name: step_stream[name].flatten().tolist() for name in ARRIVED}


def test_a_certain_file_is_converted_and_said(tmp_path: Path, out: Path) -> None:
    result = run("convert", saved(tmp_path / "minari.npz", minari()), out)
    assert (result.exit_code, result.stdout) == (0, f"{out}\n")
    assert "minari.npz: Stored with the state they leave, so shifted by one" in result.stderr
    assert arrived(out) == ARRIVED
    with safe_open(out, "pt") as file:  # pyright: ignore[reportUnknownVariableType]
        mapping = typing.cast("dict[str, str]", file.metadata())["mapping"]
    assert TypeAdapter(Mapping).validate_json(mapping).alignment == "state"


@pytest.mark.parametrize("command", [["convert"], ["doctor"], ["dashboard", "--port", "0"]], ids=lambda each: each[0])
def test_what_is_not_certain_is_asked_with_the_flag_that_answers(command: list[str], rollout: Path, out: Path) -> None:
    target = {"convert": [out], "doctor": [], "dashboard": ["--data-dir", out.parent / "data"]}[command[0]]
    line = refused(*command, rollout, *target)
    assert line.startswith(f"mouse: {rollout}: Do action, reward and done of a row stand with the state they leave")
    assert line.endswith(" Add --alignment state or --alignment next_state.")
    assert not out.exists()


def test_a_flag_answers(rollout: Path, out: Path) -> None:
    assert run("convert", rollout, out, "--alignment", "state").exit_code == 0
    assert arrived(out) == ARRIVED
    assert run("convert", rollout, out, "--alignment", "next_state", "--force").exit_code == 0
    assert arrived(out)["reward"] == [1, 2, 3, 4, 5, 6]


def test_windows_are_proposed_for_the_alignment_of_the_flag(tmp_path: Path, out: Path) -> None:
    file = files.npz(tmp_path / "dreamer.npz", layouts.dreamer(play("FrozenLake-v1", 600)))
    for alignment in ("next_state", "state"):
        assert run("convert", file, out, "--alignment", alignment, "--force").exit_code == 0


def test_flags_of_earlier_versions_mean_the_same(rollout: Path, out: Path) -> None:
    assert run("convert", rollout, out, "--alignment", "leaves", "--align", "reward=arrives").exit_code == 0
    assert arrived(out) == ARRIVED | {"reward": [1, 2, 3, 4, 5, 6]}


def test_one_field_has_an_alignment_of_its_own(rollout: Path, out: Path) -> None:
    assert run("convert", rollout, out, "--alignment", "state", "--align", "reward=next_state").exit_code == 0
    assert arrived(out) == ARRIVED | {"reward": [1, 2, 3, 4, 5, 6]}
    again = (rollout, out, "--force", "--alignment", "state", "--align")
    assert "--align: found 'reward', expected such as done=next_state." in refused("convert", *again, "reward")
    assert "found 'left', expected 'next_state' or 'state'" in refused("convert", *again, "reward=left")


def test_the_alignment_of_done_is_that_of_every_field_of_ends(rollout: Path, out: Path) -> None:
    assert run("convert", rollout, out, "--alignment", "state", "--align", "done=next_state").exit_code == 0
    assert arrived(out) == ARRIVED | {"done": [0, 0, 1, 0, 2, 0]}


def test_an_alignment_of_a_field_that_the_file_lacks_is_refused(rollout: Path, out: Path) -> None:
    line = refused("convert", rollout, out, "--alignment", "state", "--align", "gamma_n=next_state")
    assert "--align gamma_n: found no field of the file that is mapped to gamma_n" in line
    assert "expected one of action, done, dqn, dqn_target, reward, terminated, truncated" in line


def test_what_is_open_of_one_field_is_answered_for_that_field_alone(tmp_path: Path, out: Path) -> None:
    """Rows of last observations hold the flags: that is proven, and an answer about the reward leaves it so."""
    steps = play("CartPole-v1", 600)
    rows = layouts.rlds(steps, counters=False)
    reward = rows["reward"] * (1.0 - rows["observation"][:, 2] ** 3)
    file = files.npz(tmp_path / "steps.npz", {**rows, "reward": reward})
    line = refused("convert", file, out)
    assert "Does `reward` stand with the state that the action leaves" in line
    assert line.endswith(" Add --align reward=state, or =next_state instead of =state.")
    assert run("convert", file, out, "--align", "reward=state").exit_code == 0
    with safe_open(out, "pt") as converted:  # pyright: ignore[reportUnknownVariableType]
        mapping = typing.cast("dict[str, str]", converted.metadata())["mapping"]
    alignments = TypeAdapter(Mapping).validate_json(mapping).alignments
    assert alignments == {"reward": "state", "done": "next_state", "terminated": "next_state"}


def test_rows_of_environments_in_turn_are_put_together(tmp_path: Path, out: Path) -> None:
    rewards, who = torch.tensor([1.0, 10, 2, 20, 3, 30]), torch.arange(2).repeat(3)
    file = saved(tmp_path / "vector.npz", {"rewards": rewards, "who": who})
    flags = ("--environment", "who", "--alignment", "next_state", "--length", "3")
    result = run("convert", file, out, *flags)
    assert result.exit_code == 0, result.stderr
    assert load_batch(out)[0]["reward"].tolist() == [[1, 2, 3], [10, 20, 30]]
    assert "mapping.environment: found 'nobody'" in refused(
        "convert", file, out, "--force", "--environment", "nobody", *flags[2:]
    )


def test_unknown_names_are_named_by_flags(tmp_path: Path, out: Path) -> None:
    fields = gymnasium()
    file = saved(tmp_path / "odd.npz", {"a": fields["actions"], "r": fields["rewards"], "d": fields["terminations"]})
    assert "Add such as --map action=NAME" in refused("convert", file, out)
    named = ("--map", "action=a", "--map", "reward=r", "--map", "done=d")
    assert "Add --alignment" in refused("convert", file, out, *named)
    assert run("convert", file, out, *named, "--alignment", "state", "--length", "3").exit_code == 0
    assert load_batch(out)[0]["reward"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_two_dimensions_are_asked_for(tmp_path: Path, out: Path) -> None:
    file = saved(tmp_path / "rollout.npz", {"rewards": gymnasium(3, 2)["rewards"]})
    assert "--alignment next_state and --layout sequences or --layout time_major" in refused("convert", file, out)
    flags = ("--alignment", "state", "--layout", "time_major")
    assert run("convert", file, out, *flags).exit_code == 0
    assert load_batch(out)[0]["reward"].tolist() == [[0, 1, 3], [0, 2, 4]]


def test_a_layout_that_is_said_takes_back_what_was_proposed_for_another(tmp_path: Path, out: Path) -> None:
    fields = {"reward": gymnasium(6, 1)["rewards"], "episode": minari()["episode"].view(6, 1)}
    flags = ("--alignment", "next_state", "--layout", "sequences")
    assert run("convert", saved(tmp_path / "rows.npz", fields), out, *flags).exit_code == 0
    assert load_batch(out)[0].batch_size == (6, 1)


@pytest.mark.parametrize("inline", [True, False])
def test_a_whole_mapping_answers_everything(inline: bool, rollout: Path, out: Path, tmp_path: Path) -> None:
    text = json.dumps({"fields": {"reward": "rewards"}, "layout": "flat", "length": 2})
    (tmp_path / "mapping.json").write_text(text)
    assert run("convert", rollout, out, "--mapping", text if inline else tmp_path / "mapping.json").exit_code == 0
    assert load_batch(out)[0]["reward"].tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--map", "reward"], "--map: found 'reward', expected such as reward=rewards"),
        (["--map", "rewards=rewards"], "fields.rewards: found 'rewards', expected one of action, reward"),
        (["--map", "reward=nowhere"], "mapping.fields.reward: found 'nowhere', expected a field of the file"),
        (["--alignment", "left"], "alignment: found 'left', expected 'next_state' or 'state'"),
        (["--alignment", "state", "--length", "9"], "mapping.length: found 9, expected at most 6"),
        (["--mapping", "nowhere.json"], "--mapping: nowhere.json: No such file"),
        (["--mapping", "{}", "--length", "3"], "--mapping: found other mapping flags beside it"),
        (["--mapping", '{"fields": {}}'], "mapping.fields: found none, expected at least one"),
        (["--mapping", "{"], "--mapping: found no JSON in '{'"),
    ],
)
def test_flags_that_make_no_mapping_are_named(flags: list[str], said: str, rollout: Path, out: Path) -> None:
    assert said in refused("convert", rollout, out, *flags)


def test_a_batch_is_converted_as_it_is_or_as_the_flags_say(tmp_path: Path, out: Path) -> None:
    (tmp_path / "mine").write_bytes(saved_batch())
    assert run("convert", tmp_path / "mine", out).stderr == ""
    assert out.read_bytes() == saved_batch()
    reward = load_batch(out)[0]["reward"].clone()
    assert run("convert", tmp_path / "mine", out, "--alignment", "state", "--force").exit_code == 0
    assert load_batch(out)[0]["reward"][:, 1:].equal(reward[:, :-1])


def test_places_that_are_not_there_are_named(rollout: Path, out: Path, tmp_path: Path) -> None:
    assert refused("convert", tmp_path / "x", out).endswith("x: no such file.")
    assert "found no folder" in refused("convert", rollout, tmp_path / "nowhere" / "out")
    (tmp_path / "text").write_text("hello, this is text")
    assert f"{tmp_path / 'text'}: found another format" in refused("convert", tmp_path / "text", out)


def test_the_doctor_examines_what_is_mapped(rollout: Path) -> None:
    result = run("doctor", rollout, "--alignment", "state", "--rule", "alignment-off-by-one", "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["findings"] == []
    assert "shifted by one" in result.stderr


@pytest.mark.parametrize("remembered", [False, True])
def test_the_dashboard_maps_says_so_and_remembers(
    remembered: bool, rollout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(_settings: object, _socket: object, load: Load, *_: object, **__: object) -> None:
        """Nobody looks."""
        load(())

    monkeypatch.setattr("mouse_dashboard.cli.serving.serve", serve)
    flags = ("dashboard", rollout, "--port", "0", "--data-dir", tmp_path / "data")
    result = run(*flags, "--alignment", "state")
    if remembered:
        result = run(*flags)
        assert "The mapping is that of the last file with these fields." in result.stderr
    assert "shifted by one" in result.stderr
    with BatchStore(tmp_path / "data", FileLimits(1 << 20)) as store:
        (batch,) = store.batches()
        told = store.info(batch.id)
        assert told.mapped_from is not None
        assert (told.B, told.mapped_from.mapping.alignment) == (1, "state")
    assert list((tmp_path / "data" / "imports").iterdir()) == []


def test_every_flag_is_a_part_of_the_mapping_with_its_choices() -> None:
    parts = TypeAdapter(Mapping).json_schema()["properties"]
    for name, parameter in inspect.signature(parse_options).parameters.items():
        if name != "mapping":
            (option,) = parameter.annotation.__metadata__
            assert (option.metavar or "").split("|") == parts[name].get("enum", (option.metavar or "").split("|"))


def test_flags_that_may_mark_ends_are_asked_about(tmp_path: Path) -> None:
    out, flag = tmp_path / "batch.safetensors", torch.tensor([0, 0, 1, 0, 0, 1])
    file = saved(tmp_path / "flags.npz", {"rewards": torch.arange(6.0), "over": flag})
    flags = ("--alignment", "state", "--length", "3")
    asked = refused("convert", file, out, *flags)
    assert "Does `over` mark ends of episodes?" in asked
    assert "Add --map done=NAME" in asked
    assert run("convert", file, out, *flags, "--map", "done=over").exit_code == 0
    assert load_batch(out)[0]["done"].tolist() == [[0, 0, 0], [1, 0, 0]]


def test_environments_that_take_turns_are_asked_about_until_a_flag_says_how_many(tmp_path: Path, out: Path) -> None:
    file = files.npz(tmp_path / "rollout.npz", layouts.loop(play("CliffWalking-v1", 600, environments=3)))
    line = refused("convert", file, out)
    assert "Do 3 environments take turns row by row" in line
    assert "Add --num-envs and their number, or --num-envs 1 if they do not." in line
    assert run("convert", file, out, "--num-envs", "3").exit_code == 0
    rows = load_batch(out)[0]["obs"]
    assert run("convert", file, out, "--num-envs", "1", "--force").exit_code == 0
    assert load_batch(out)[0]["obs"].shape != rows.shape or not load_batch(out)[0]["obs"].equal(rows)


def test_next_states_that_only_a_name_tells_are_asked_about_until_a_flag_says_so(tmp_path: Path, out: Path) -> None:
    steps = play("CliffWalking-v1", 300)
    order = np.random.default_rng(0).permutation(300)
    fields = {"s": steps.obs, "action": steps.action, "reward": steps.reward, "s2": steps.next_obs, "done": steps.ended}
    file = files.npz(tmp_path / "sample.npz", {name: value[order] for name, value in fields.items()})
    line = refused("convert", file, out)
    assert "Is `s2` the next state of `s`, as its name may say?" in line
    assert "Add --next-state FIELD=NAME if it is, or the whole mapping" in line
    assert run("convert", file, out, "--next-state", "s=s2").exit_code == 0
    assert load_batch(out)[0]["s"].shape == (300, 2)
