"""Files of other libraries over HTTP: kept, described, previewed, mapped, remembered, and reproduced in a script."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors import safe_open
from starlette.testclient import TestClient
from tensordict import TensorDict

from mouse.batch import load_batch, save_batch
from mouse.losses.fields import names
from mouse.mapping import Mapping, apply
from tests.mapping.files import ARRIVED, Q_TARGET, Q, gymnasium, heads, minari
from tests.server.files import entry, safetensors, saved_batch, send
from tests.server.imports.rollouts import MAPPING, NAMES, TWINS, mapped, numpy_file, rollout

pytestmark = pytest.mark.usefixtures("in_this_process")

HALF = {"dqn": {"gamma": 0.5}}
TD_ERRORS = [1.5, 2.5, -2.0, 2.5, -4.0]
"""As tests/mapping/test_apply.py works them out."""


def test_a_file_of_other_names_waits_with_what_was_found_and_what_is_asked(
    client: TestClient, waiting: dict[str, Any]
) -> None:
    assert waiting["id"] == hashlib.sha256(rollout()).hexdigest()
    assert waiting["name"] == "rollout.npz"
    assert {"name": "dqn", "dtype": "float32", "shape": [6, 2]} in waiting["fields"]
    assert waiting["mapping"]["fields"] == NAMES | TWINS
    assert (waiting["mapping"]["layout"], waiting["mapping"]["length"]) == ("flat", 6)
    assert [question["part"] for question in waiting["questions"]] == ["alignment"]
    assert not waiting["remembered"]
    assert client.get(f"/api/imports/{waiting['id']}").json() == waiting
    assert client.get("/api/batches").json() == {"batches": []}


@pytest.mark.parametrize(
    "content",
    [
        safetensors({"a": entry(shape=[6], offsets=[0, 24])}, bytes(24)),
        safetensors({"a": entry(), "b": entry(shape=[3, 2], offsets=[24, 48])}, bytes(48)),
        safetensors({"a": entry(), "step_stream.a": entry(offsets=[24, 48])}, bytes(48)),
        safetensors({"s": entry(), "r": entry(offsets=[24, 48])}, bytes(48)),
    ],
)
def test_fields_that_are_no_batch_and_have_no_known_name_wait_too(client: TestClient, content: bytes) -> None:
    answer = send(client, content)
    assert answer.status_code == 202
    assert answer.json()["questions"][0]["part"] == "fields"


def test_a_preview_shows_what_moves_where(client: TestClient, waiting: dict[str, Any]) -> None:
    told = client.post(f"/api/imports/{waiting['id']}/preview", json={"mapping": MAPPING}).json()
    assert (told["B"], told["S"]) == (1, 6)
    fields = {field["name"]: field for field in told["fields"]}
    assert fields["done"]["sources"] == ["terminations", "truncations"]
    assert (fields["reward"]["shifted"], fields["reward"]["dtype"], fields["reward"]["shape"]) == (
        True,
        "float64",
        [1, 6],
    )
    assert (fields["dqn"]["group"], fields["dqn"]["shape"], fields["dqn"]["shifted"]) == ("out", [1, 6, 2], False)
    assert {loss["name"] for loss in told["losses"] if loss["runs"]} == {"dqn"}
    before, after = told["before"], told["after"]
    assert before["columns"] == ["observations", "actions", "rewards", "terminations", "truncations"]
    assert after["columns"] == ["observations", "action", "reward", "done"]
    assert [row["cells"] for row in before["rows"]][2] == ["12", "1", "3", "true", "false"]
    assert [row["cells"] for row in after["rows"]][3] == ["20", "1", "3", "1"]
    assert [(row["state"], row["led_by"]) for row in after["rows"]][:3] == [("0", None), ("1", "0"), ("2", "1")]
    assert any("shifted by one" in note for note in told["notes"])
    unshifted = client.post(
        f"/api/imports/{waiting['id']}/preview", json={"mapping": MAPPING | {"alignment": "next_state"}}
    ).json()
    assert [row["cells"] for row in unshifted["after"]["rows"]][2] == ["12", "1", "3", "1"]


def test_a_preview_shows_a_field_of_several_numbers_where_there_is_no_other(client: TestClient) -> None:
    told = send(client, numpy_file({"q": torch.arange(6.0).view(2, 3)})).json()
    mapping = {"fields": {"q_star": "q"}, "layout": "flat"}
    shown = client.post(f"/api/imports/{told['id']}/preview", json={"mapping": mapping}).json()
    assert [row["cells"] for row in shown["before"]["rows"]] == [["0, 1, …"], ["3, 4, …"]]
    assert shown["after"]["columns"] == ["q_star"]


def test_a_preview_shows_a_field_of_the_file_once_for_all_that_is_made_of_it(
    client: TestClient, waiting: dict[str, Any]
) -> None:
    mapping = MAPPING | {"fields": {"reward": "rewards", "xformed_reward": "rewards"}}
    shown = client.post(f"/api/imports/{waiting['id']}/preview", json={"mapping": mapping}).json()
    for sample in (shown["before"], shown["after"]):
        assert {len(row["cells"]) for row in sample["rows"]} == {len(sample["columns"])}
    assert shown["before"]["columns"] == ["observations", "rewards"]


def test_a_preview_names_places_in_the_files_own_dimensions(client: TestClient) -> None:
    told = send(client, numpy_file(gymnasium(3, 2) | {"wide": torch.arange(18.0).view(3, 2, 3)})).json()
    mapping = told["mapping"] | {"layout": "time_major"}
    shown = client.post(f"/api/imports/{told['id']}/preview", json={"mapping": mapping}).json()
    assert [(row["state"], row["led_by"]) for row in shown["after"]["rows"]] == [
        ("[0, 0]", None), ("[1, 0]", "[0, 0]"), ("[2, 0]", "[1, 0]"),
    ]  # fmt: skip
    only_wide = {"fields": {"q_star": "wide"}, "layout": "time_major"}
    shown = client.post(f"/api/imports/{told['id']}/preview", json={"mapping": only_wide}).json()
    assert shown["after"]["columns"] == ["observations"]


@pytest.mark.parametrize("route", ["preview", "batch"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"fields": {"reward": "nowhere"}}, "mapping.fields.reward"),
        ({"layout": "sequences"}, "mapping.layout"),
        ({"length": 7}, "mapping.length"),
        ({"length": 0}, "mapping.length"),
        ({"alignment": "none"}, "mapping.alignment"),
        ({"fields": {"rewards": "rewards"}}, "mapping.fields.rewards"),
        ({"surplus": 1}, "mapping.surplus"),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_with_its_part(
    client: TestClient, waiting: dict[str, Any], route: str, change: dict[str, Any], field: str
) -> None:
    answer = client.post(f"/api/imports/{waiting['id']}/{route}", json={"mapping": MAPPING | change})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert client.get("/api/batches").json() == {"batches": []}


def test_the_batch_is_the_one_worked_by_hand(client: TestClient, waiting: dict[str, Any], tmp_path: Path) -> None:
    info = mapped(client, waiting)
    assert info["id"] != waiting["id"]
    assert info["mapped_from"]["file"] == "rollout.npz"
    assert info["mapped_from"]["mapping"] == Mapping(**MAPPING).__dict__ | {
        "shifted": [],
        "inverted": [],
        "step_types": [],
        "num_envs": 1,
        "next_states": {},
        "left_out": [],
    }
    assert any("shifted by one" in note for note in info["mapped_from"]["notes"])
    assert client.get(f"/api/batches/{info['id']}").json() == info
    (tmp_path / "batch.safetensors").write_bytes(client.get(f"/api/batches/{info['id']}/file").content)
    step_stream, out = load_batch(tmp_path / "batch.safetensors")
    assert {name: step_stream[name][0].tolist() for name in ARRIVED} == ARRIVED
    assert (out["dqn"][0].tolist(), out["dqn_target"][0].tolist()) == (Q, Q_TARGET)
    with safe_open(tmp_path / "batch.safetensors", "pt") as file:  # pyright: ignore[reportUnknownVariableType]
        assert json.loads(cast("dict[str, str]", file.metadata())["mapping"]) == info["mapped_from"]["mapping"]
    for step, expected in enumerate(TD_ERRORS):
        body = {"configs": HALF, "loss": "dqn", "term": "td_error", "rows": [0, 1], "steps": [step, step + 1]}
        terms = client.post(f"/api/batches/{info['id']}/transition", json=body).json()["terms"]
        assert next(term["value"] for term in terms if term["name"] == "td_error") == expected


def test_a_batch_names_its_file_for_as_long_as_that_can_be_mapped_otherwise(
    client: TestClient, waiting: dict[str, Any]
) -> None:
    info = mapped(client, waiting)
    assert info["mapped_from"]["import_id"] == waiting["id"]
    client.delete(f"/api/imports/{waiting['id']}")
    assert client.get(f"/api/batches/{info['id']}").json()["mapped_from"] == info["mapped_from"] | {"import_id": None}


def test_a_batch_that_was_one_is_mapped_from_nothing(stored: dict[str, Any]) -> None:
    assert stored["mapped_from"] is None


def test_the_same_mapping_again_is_the_same_batch_and_another_is_another(
    client: TestClient, waiting: dict[str, Any]
) -> None:
    first = mapped(client, waiting)
    again = client.post(f"/api/imports/{waiting['id']}/batch", json={"mapping": MAPPING})
    assert (again.status_code, again.json()) == (200, first)
    other = mapped(client, waiting, MAPPING | {"alignment": "next_state"})
    assert other["id"] != first["id"]
    client.delete(f"/api/batches/{first['id']}")
    assert mapped(client, waiting)["id"] == first["id"]


def test_a_mapping_is_remembered_for_files_with_these_fields(client: TestClient, waiting: dict[str, Any]) -> None:
    chosen = MAPPING | {"alignment": "next_state", "length": 5}
    mapped(client, waiting, chosen)
    longer = numpy_file({name: torch.cat([value, value]) for name, value in {**gymnasium(), **heads()}.items()})
    told = send(client, longer, "longer.npz").json()
    assert (told["remembered"], told["questions"], told["mapping"]["length"]) == (True, [], 5)
    assert told["mapping"]["alignment"] == "next_state"
    assert any("last file with these fields" in note for note in told["notes"])
    shorter = numpy_file({**gymnasium(), **heads()}, slice(3))
    assert not send(client, shorter).json()["remembered"], "windows of 5 do not fit into 3 rows"
    assert not send(client, numpy_file(minari())).json()["remembered"]


@pytest.mark.process
def test_the_script_reads_the_users_own_file_and_prints_what_the_screen_shows(
    client: TestClient, waiting: dict[str, Any], tmp_path: Path
) -> None:
    info = mapped(client, waiting)
    (tmp_path / "rollout.npz").write_bytes(rollout())
    text = client.post(f"/api/batches/{info['id']}/script", json={"configs": HALF, "loss": "dqn"}).json()["text"]
    assert "load_batch" not in text
    keep = "\nfrom mouse.batch import save_batch\nsave_batch('again.safetensors', step_stream, out)\n"
    told = subprocess.run(
        [sys.executable, "-c", text + keep], cwd=tmp_path, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    shown = client.post(f"/api/batches/{info['id']}/evaluate", json={"configs": HALF}).json()
    assert f"dqn = {shown['losses']['dqn']['loss']}\n" in told.stdout
    (tmp_path / "shown.safetensors").write_bytes(client.get(f"/api/batches/{info['id']}/file").content)
    again, stored = (load_batch(tmp_path / name) for name in ("again.safetensors", "shown.safetensors"))
    for mine, theirs in zip(again, stored, strict=True):
        assert names(mine) == names(theirs)
        assert all(mine[n].equal(theirs[n]) and mine[n].dtype == theirs[n].dtype for n in names(mine))


def test_a_mapped_batch_sent_again_is_a_batch_of_its_own(client: TestClient, waiting: dict[str, Any]) -> None:
    info = mapped(client, waiting)
    again = send(client, client.get(f"/api/batches/{info['id']}/file").content)
    assert (again.status_code, again.json()["mapped_from"]) == (201, None)
    assert again.json()["fields"] == info["fields"]


def test_a_saved_batch_with_other_names_is_a_batch(client: TestClient, tmp_path: Path) -> None:

    save_batch(tmp_path / "file", TensorDict(gymnasium(1, 6), [1, 6]), TensorDict({}, [1, 6]))
    assert send(client, (tmp_path / "file").read_bytes()).status_code == 201
    assert send(client, saved_batch()).status_code == 201


def test_the_form_names_every_target_and_documents_every_part(client: TestClient) -> None:
    form = client.get("/api/mapping").json()
    assert [target["name"] for target in form["targets"]][:3] == ["action", "reward", "done"]
    assert {target["group"] for target in form["targets"]} == {"step_stream", "out"}
    assert form["parts"]["properties"].keys() == Mapping().__dict__.keys()


def test_apply_is_what_the_server_does(client: TestClient, waiting: dict[str, Any], tmp_path: Path) -> None:
    info = mapped(client, waiting)
    (tmp_path / "batch").write_bytes(client.get(f"/api/batches/{info['id']}/file").content)
    for mine, stored in zip(
        apply({**gymnasium(), **heads()}, Mapping(**MAPPING)), load_batch(tmp_path / "batch"), strict=True
    ):
        assert (mine == stored).all()
