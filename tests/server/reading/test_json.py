"""JSON gives the fields of an object of lists, or the columns of a list of rows."""

import json
from pathlib import Path

import pytest
import torch

from mouse_dashboard.reading.sandbox import json_text
from mouse_dashboard.schema.errors import ApiError
from tests.server.reading.reading import here, lists, read, tensors

pytestmark = pytest.mark.process


def test_an_object_of_lists_gives_its_fields(tmp_path: Path) -> None:
    content = json.dumps(
        {"action": [[0, 1]], "reward": [[0.5, -1.0]], "done": [[False, True]], "next": {"obs": [[[1, 2], [3, 4]]]}}
    )
    found = tensors(read(tmp_path, content.encode()))
    assert {name: (value.dtype, value.tolist()) for name, value in found.items()} == {
        "action": (torch.int64, [[0, 1]]),
        "reward": (torch.float32, [[0.5, -1.0]]),
        "done": (torch.bool, [[False, True]]),
        "next.obs": (torch.int64, [[[1, 2], [3, 4]]]),
    }


def test_a_list_of_rows_gives_its_columns(tmp_path: Path) -> None:
    rows = [{"reward": 1.5, "obs": {"x": [1, 2]}}, {"reward": 2.5, "obs": {"x": [3, 4]}}]
    content = " \n" + json.dumps(rows)
    assert lists(tmp_path, content.encode()) == {"reward": [1.5, 2.5], "obs.x": [[1, 2], [3, 4]]}


def test_nan_and_infinity_as_python_writes_them_are_kept(tmp_path: Path) -> None:
    content = json.dumps({"reward": [float("nan"), float("inf"), -float("inf"), -0.0]})
    assert content == '{"reward": [NaN, Infinity, -Infinity, -0.0]}'
    reward = tensors(read(tmp_path, content.encode()))["reward"]
    assert repr(reward.numpy()) == "array([ nan,  inf, -inf,  -0.], dtype=float32)"


def test_what_becomes_of_each_field_is_said(tmp_path: Path) -> None:
    content = {
        "a": [1, 2.5],
        "b": [0.1],
        "id": ["q", "p", "q"],
        "env": "CartPole",
        "none": [],
        "odd": [True, 2],
        "max": [2**63 - 1],
    }
    found = here(json_text, tmp_path, json.dumps(content).encode())
    assert found.lists == {
        "a": [1, 2.5],
        "b": [pytest.approx(0.1)],
        "id": [0, 1, 0],
        "max": [2**63 - 1],
    }
    assert found.notes == [
        "Whole numbers and decimals, stored as float32: 'a'.",
        "Decimals, stored as float32: 'b'.",
        "Text, stored as whole numbers in order of appearance: 'id'.",
        "Dropped, a single value: 'env'.",
        "Dropped, without a value: 'none'.",
        "Dropped, neither numbers nor booleans throughout: 'odd'.",
    ]


BROKEN = {
    "null": ('{"reward": [[1, 2], [3, null]]}', "null in 'reward' at [1, 1], expected a number"),
    "null in a row": ('[{"r": 1}, {"r": null}]', "null in 'r' at [1]"),
    "lists of two lengths": ('{"r": [[1, 2], [3]]}', "found 1 at 1 of level 1 of 'r', expected 2 values"),
    "a number among lists": ('{"r": [[1, 2], 3]}', "found no list at 1 of level 1 of 'r'"),
    "beyond int64": ('{"r": [9223372036854775808]}', "beyond int64"),
    "beyond float32": ('{"r": [0.5, 1e39]}', "beyond float32"),
    "beyond float64": ('{"r": [0.5, 1' + "0" * 400 + "]}", "beyond float64"),
    "too many digits": ('{"r": [1' + "0" * 5000 + "]}", "not JSON"),
    "rows without a field": ('[{"a": 1, "b": 2}, {"a": 3}]', "row 1 without 'b', unlike the rows before"),
    "rows with another field": ('[{"a": 1}, {"a": 3, "b": 2}]', "row 1 with 'b'"),
    "rows that are no objects": ("[1, 2]", "entry 0 is not an object"),
    "no rows": ("[]", "no field of numbers"),
    "no fields": ("{}", "no field of numbers"),
    "half a file": ('{"a": [1, 2', "not JSON at line 1, column 12"),
    "two of one name": ('{"a": [1], "a": [2]}', "two entries of one name"),
    "two of one dotted name": ('{"a.b": [1], "a": {"b": [2]}}', "two fields of one name"),
    "no name": ('{"": [1]}', "printable characters"),
    "a name of 10 kB": ('{"' + "x" * 10_000 + '": [1]}', "at most 1024 characters"),
    "a lone surrogate": ('{"\\ud800": [1]}', "printable characters"),
    "deep lists": ("[" * 100_000, "nested too deep"),
    "deep numbers": ('{"a": ' + "[" * 40 + "1" + "]" * 40 + "}", "'a' of 40 dimensions"),
    "deep objects": ('{"a":' * 60 + "1" + "}" * 60, "nested too deep"),
    "no UTF-8": (b'{"\xff": [1]}', "not JSON"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_told_apart(kind: str, tmp_path: Path) -> None:
    content, said = BROKEN[kind]
    assert said in here(json_text, tmp_path, content if isinstance(content, bytes) else content.encode()).refused


@pytest.mark.parametrize("form", [list, dict])
def test_fields_are_counted_before_any_becomes_an_array(
    form: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def content(count: int) -> bytes:
        fields = {f"f{number}": 1 if form is list else [1] for number in range(count)}
        return json.dumps([fields] if form is list else fields).encode()

    monkeypatch.setattr(json_text, "MAX_FIELDS", 3)
    assert len(here(json_text, tmp_path, content(3)).lists) == 3
    monkeypatch.delattr(json_text, "as_array")
    assert "found 4 fields, expected at most 3" in here(json_text, tmp_path, content(4)).refused


def test_more_than_64_megabytes_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    assert "of JSON, expected at most 67108864" in here(json_text, tmp_path, b"[" + b" " * (64 << 20)).refused


def test_it_runs_in_a_sandbox(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="null in 'r'"):
        read(tmp_path, b'{"r": [null]}')


def lines(*objects: object) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in objects).encode()


RLLIB = (
    {"type": "SampleBatch", "obs": [[1, 2], [3, 4]], "rewards": [0.5, 1.5], "eps_id": [7, 7]},
    {"type": "SampleBatch", "obs": [[5, 6]], "rewards": [2.5], "eps_id": [8]},
)


def test_lines_of_rllib_are_batches_one_after_the_other(tmp_path: Path) -> None:
    found = here(json_text, tmp_path, lines(*RLLIB))
    assert found.lists == {"obs": [[1, 2], [3, 4], [5, 6]], "rewards": [0.5, 1.5, 2.5], "eps_id": [7, 7, 8]}
    assert found.notes[0] == "Dropped, a single value: 'type'."


def test_lines_of_several_agents_have_nested_names(tmp_path: Path) -> None:
    agents = [{"type": "MultiAgentBatch", "count": 2, "policy_batches": {"p0": {"rewards": [1, 2]}}}] * 2
    assert here(json_text, tmp_path, lines(*agents)).lists == {"policy_batches.p0.rewards": [1, 2, 1, 2]}


def test_columns_that_rllib_packs_are_never_opened(tmp_path: Path) -> None:
    packed = lines({"type": "SampleBatch", "obs": "BCJNGGhAtwMAAAAAAABoawEAAGGABJWs", "rewards": [0.5, 1.5]})
    assert here(json_text, tmp_path, packed * 2).refused == (
        "file: found columns packed by RLlib, base64 of LZ4 of a pickle, which could run any code: 'obs', expected"
        " lists of numbers; write them plain: config.offline_data(output_compress_columns=[])."
    )
    assert "packed by RLlib" in here(json_text, tmp_path, packed).refused


def test_a_line_per_step_is_a_row(tmp_path: Path) -> None:
    found = here(json_text, tmp_path, lines({"obs": [1, 2], "reward": 0.5}, {"obs": [3, 4], "reward": 1.5}) + b"\n")
    assert found.lists == {"obs": [[1, 2], [3, 4]], "reward": [0.5, 1.5]}
    single = lines({"obs": [1], "reward": [0.5]}, {"obs": [2], "reward": [1.5]})
    assert here(json_text, tmp_path, single).lists == {"obs": [[1], [2]], "reward": [[0.5], [1.5]]}


@pytest.mark.parametrize("form", ["lines", "rows", "object"])
def test_entries_whose_lists_differ_in_length_are_episodes(form: str, tmp_path: Path) -> None:
    first = {"id": "x", "obs": [1, 2, 3], "actions": [1, 2], "rewards": [0.5, 1.5], "goal": [1, 2, 3, 4]}
    second = {"id": "y", "obs": [7, 8], "actions": [3], "rewards": [2.5], "goal": [5, 6, 7, 8]}
    content = {
        "lines": lines(first, second),
        "rows": json.dumps([first, second]).encode(),
        "object": json.dumps({name: [first[name], second[name]] for name in first}).encode(),
    }[form]
    found = here(json_text, tmp_path, content)
    assert found.lists == {
        "id": [0, 0, 1],
        "obs": [1, 2, 7],
        "next_obs": [2, 3, 8],
        "actions": [1, 2, 3],
        "rewards": [0.5, 1.5, 2.5],
        "episode": [0, 0, 1],
    }
    assert "Dropped, lists whose lengths are not those of the steps: 'goal'." in found.notes


def test_even_sequences_stay_as_they_are(tmp_path: Path) -> None:
    rows = [{"obs": [1, 2], "reward": [0.5, 1.5]}, {"obs": [3, 4], "reward": [2.5, 3.5]}]
    assert here(json_text, tmp_path, json.dumps(rows).encode()).lists["obs"] == [[1, 2], [3, 4]]
    assert here(json_text, tmp_path, lines(*rows)).lists["episode"] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": [1]}\n{"a": [1', "not JSON at line 2, column 9"),
        (b'{"a": [1]}\n[1]', "a list whose entry 1 is not an object"),
        (b'{"a": [1]}\n{"b": [1]}', "row 1 with"),
        (b'{"a": [1]}\n{"b": ' + b"[" * 100_000, "in line 2"),
    ],
)
def test_a_line_that_is_broken_is_told(content: bytes, message: str, tmp_path: Path) -> None:
    assert message in here(json_text, tmp_path, content).refused
