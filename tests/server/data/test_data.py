"""The batch as it is: bad entries, episodes, maps of fields, steps and images, against plain loops and numpy."""

import io
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient
from tensordict import TensorDict

import mouse
from mouse.batch import save_batch
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.data.batch_data import CHUNK, episodes, first_bad_places, read_batch_data
from mouse_dashboard.data.images import is_image, to_pixels
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded
from tests.server.files import send

GENERATOR = torch.Generator().manual_seed(3)
IMAGES = torch.randint(0, 256, (3, 5, 3, 4, 6), generator=GENERATOR, dtype=torch.uint8)
STACK = torch.rand(3, 5, 7, 5, 4, generator=GENERATOR)


@pytest.fixture(scope="module")
def batch_id(dashboard: TestClient) -> str:
    batch: Any = random_batch(rows=3, steps=5)
    batch.step_stream["reward"][1, 3] = math.nan
    batch.step_stream["obs_image"] = IMAGES
    batch.step_stream["my_image_stack"] = STACK
    batch.step_stream["big"] = torch.arange(15).reshape(3, 5) + (1 << 25)
    batch.step_stream["obs_continuous"] = torch.randn(3, 5, 2, 3, generator=GENERATOR)
    with tempfile.TemporaryDirectory() as folder:
        save_batch(Path(folder) / "b.safetensors", batch.step_stream, batch.out)
        return send(dashboard, (Path(folder) / "b.safetensors").read_bytes()).json()["id"]


def episodes_by_loop(done: list[list[int]]) -> tuple[list[int], list[int]]:
    """Lengths and ends, step by step; 0 is an end of a sequence."""
    lengths: list[int] = []
    ends: list[int] = []
    for row in done:
        length = 0
        for step, code in enumerate(row):
            length += 1
            if code or step == len(row) - 1:
                lengths.append(length)
                ends.append(code)
                length = 0
    return lengths, ends


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (4, 9), (5, 40)])
@pytest.mark.parametrize("seed", range(4))
def test_episodes_are_those_of_a_plain_loop(shape: tuple[int, int], seed: int) -> None:
    codes = torch.tensor([0, 0, 0, 0, 1, 2, 7, -1])
    done = codes[torch.randint(0, len(codes), shape, generator=torch.Generator().manual_seed(seed))]
    found = episodes(Batch("x", TensorDict({"done": done}, batch_size=shape), TensorDict({}, batch_size=shape)))
    assert found is not None
    lengths, ends = episodes_by_loop(plain(done))
    assert (found.count, found.shortest, found.longest) == (len(lengths), min(lengths), max(lengths))
    assert found.median == float(np.median(lengths))
    assert [found.terminal, found.truncated, found.unfinished] == [ends.count(code) for code in (1, 2, 0)]
    assert found.unknown == len([code for code in ends if code not in {0, 1, 2}])


def test_without_whole_numbers_in_done_there_are_no_episodes() -> None:
    for fields in ({}, {"done": torch.zeros(2, 3)}, {"done": torch.zeros(2, 3, 1, dtype=torch.int64)}):
        stream = TensorDict(fields, batch_size=[2, 3])
        assert episodes(Batch("x", stream, TensorDict({}, batch_size=[2, 3]))) is None


def test_the_first_bad_entry_of_each_kind_is_found_beyond_the_first_chunk() -> None:
    value = torch.zeros(2, CHUNK // 2 + 5, 2)
    value[1, 7, 1] = value[1, 9, 0] = math.nan
    value[1, 8, 0] = -math.inf
    assert first_bad_places(value, CancelToken(60)) == {"nan": [1, 7, 1], "neg_inf": [1, 8, 0]}


def test_what_stands_for_an_unknown_state_of_a_transition_is_no_bad_entry() -> None:
    q = torch.zeros(4, 3)
    q[2, 1] = math.nan
    reward, action = torch.ones(4), torch.zeros(4, dtype=torch.int64)
    made = mouse.transitions(obs=torch.ones(4, 2), action=action, reward=reward, done=action, dqn=q, q_star=q)
    found = read_batch_data(Batch("x", *made), CancelToken(60)).first_bad
    assert {(each.name, each.kind): each.place for each in found} == {
        ("q_star", "nan"): [2, 0, 1], ("dqn", "nan"): [2, 0, 1],
    }  # fmt: skip


def test_a_field_of_transitions_without_a_finite_entry_is_bad() -> None:
    none, action = torch.full((4,), math.nan), torch.zeros(4, dtype=torch.int64)
    made = mouse.transitions(action=action, reward=none, done=action, dqn=torch.full((4, 3), math.inf))
    found = read_batch_data(Batch("x", *made), CancelToken(60)).first_bad
    assert [(each.name, each.kind, each.place) for each in found] == [
        ("reward", "nan", [0, 1]), ("dqn", "pos_inf", [0, 0, 0]),
    ]  # fmt: skip


def test_the_batch_tells_where_to_look_first(dashboard: TestClient, batch_id: str) -> None:
    told = dashboard.get(f"/api/batches/{batch_id}/data").json()
    bad = {(found["name"], found["kind"]): found["place"] for found in told["first_bad"]}
    assert bad == {("reward", "nan"): [1, 3], ("q_star", "neg_inf"): [0, 0, 2]}
    assert told["episodes"]["count"] >= 3


def figures(dashboard: TestClient, batch_id: str, **request: Any) -> Any:
    answer = dashboard.post(f"/api/batches/{batch_id}/field", json={"group": "step_stream"} | request)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_field_is_drawn_as_it_is(dashboard: TestClient, batch_id: str) -> None:
    field = figures(dashboard, batch_id, name="obs_image", index=[2, 1, 5])
    assert field["index"] == [2, 1, 5]
    heat, bars = field["figures"]
    assert (heat["kind"], heat["loss"], heat["term"]) == ("map", "data", "step_stream.obs_image[2][1][5]")
    assert (heat["rows"], heat["steps"]) == ([0, 3], [0, 5])
    assert np.array_equal(decoded(heat["figure"]["data"][0]["z"]), IMAGES[:, :, 2, 1, 5].numpy())
    assert bars["note"].startswith("15 steps in ")


def test_a_part_of_a_field_is_drawn(dashboard: TestClient, batch_id: str) -> None:
    heat = figures(dashboard, batch_id, name="my_image_stack", rows=[1, 3], steps=[2, 4])["figures"][0]
    assert np.array_equal(decoded(heat["figure"]["data"][0]["z"]), STACK[1:3, 2:4, 0, 0, 0].numpy())


def test_large_whole_numbers_stay_exact(dashboard: TestClient, batch_id: str) -> None:
    heat = figures(dashboard, batch_id, name="big")["figures"][0]
    assert np.ravel(decoded(heat["figure"]["data"][0]["z"])).tolist() == [(1 << 25) + index for index in range(15)]


def test_what_is_not_finite_is_marked_in_the_map(dashboard: TestClient, batch_id: str) -> None:
    heat = figures(dashboard, batch_id, name="reward")["figures"][0]
    assert heat["note"] == "every one of 15 steps; 1 NaN in magenta"


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [
        ({"name": "nothing"}, "unknown_field", "name"),
        ({"name": "reward", "index": [0]}, "bad_index", "index"),
        ({"name": "obs_image", "index": [3]}, "bad_index", "index"),
        ({"name": "reward", "rows": [2, 2]}, "bad_range", "rows"),
        ({"name": "reward", "steps": [0, 6]}, "bad_range", "steps"),
    ],
)
def test_a_wrong_part_is_told(dashboard: TestClient, batch_id: str, request_: Any, code: str, field: str) -> None:
    answer = dashboard.post(f"/api/batches/{batch_id}/field", json={"group": "step_stream"} | request_)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


def test_a_step_holds_every_field(dashboard: TestClient, batch_id: str) -> None:
    told = dashboard.get(f"/api/batches/{batch_id}/step", params={"row": 1, "step": 3}).json()
    fields = {entry["name"]: entry for entry in told["fields"]}
    batch: Any = random_batch(rows=3, steps=5)
    assert fields["reward"]["values"] == ["NaN"]
    assert fields["q_star"]["values"] == [*plain(batch.step_stream["q_star"][1, 3, :2]), "-Infinity"]
    assert fields["vec_dqn"]["shape"] == [3, 2]
    assert fields["vec_dqn"]["values"] == batch.out["vec_dqn"][1, 3].flatten().tolist()
    assert fields["action"]["values"] == [int(batch.step_stream["action"][1, 3])]
    assert fields["obs_image"]["values"] == []
    assert fields["obs_image"]["picture"] == {"width": 6, "height": 4, "note": "RGB"}
    assert fields["my_image_stack"]["picture"] == {"width": 20, "height": 7, "note": "4 channels side by side"}
    assert fields["obs_continuous"]["picture"] is None


def image(dashboard: TestClient, batch_id: str, name: str, row: int, step: int) -> Any:
    query = {"group": "step_stream", "name": name, "row": row, "step": step}
    answer = dashboard.get(f"/api/batches/{batch_id}/image", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    with Image.open(io.BytesIO(answer.content)) as picture:
        return np.asarray(picture)


def test_an_image_has_the_pixels_of_the_batch(dashboard: TestClient, batch_id: str) -> None:
    shown = image(dashboard, batch_id, "obs_image", 2, 4)
    assert np.array_equal(shown, IMAGES[2, 4].permute(1, 2, 0).numpy())


def test_other_channels_stand_side_by_side_in_grey(dashboard: TestClient, batch_id: str) -> None:
    shown = image(dashboard, batch_id, "my_image_stack", 0, 1)
    assert shown.shape == (7, 20, 3)
    for channel in range(4):
        expected = np.rint(STACK[0, 1, :, :, channel].numpy() * 255)
        assert np.array_equal(shown[:, 5 * channel : 5 * channel + 5, 0], expected)


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"name": "reward", "row": 0, "step": 0}, "no_image", "name"),
        ({"name": "nothing", "row": 0, "step": 0}, "unknown_field", "name"),
        ({"name": "obs_image", "row": 3, "step": 0}, "bad_range", "row"),
        ({"name": "obs_image", "row": 0, "step": 5}, "bad_range", "step"),
        ({"name": "obs_image", "row": -1, "step": 0}, "invalid_value", "row"),
    ],
)
def test_what_is_no_image_is_told(dashboard: TestClient, batch_id: str, query: Any, code: str, field: str) -> None:
    answer = dashboard.get(f"/api/batches/{batch_id}/image", params={"group": "step_stream"} | query)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


def test_floats_that_no_pixel_can_show_are_told() -> None:
    entry = torch.tensor([[0.0, 0.5, 1.0], [2.0, -1.0, math.nan], [math.inf, 0.25, 1.5]])
    shown = to_pixels(entry)
    assert shown.note == "grey; 3 outside 0 to 1 clipped; 1 NaN, 1 +inf in magenta"
    assert shown.pixels[0, :, 0].tolist() == [0, 128, 255]
    assert shown.pixels[1, :2, 0].tolist() == [255, 0]
    assert shown.pixels[1, 2].tolist() == shown.pixels[2, 0].tolist() == [255, 0, 255]


@pytest.mark.parametrize(
    ("name", "dtype", "entry", "told"),
    [
        ("obs_image", torch.uint8, (84, 84), True),
        ("frames", torch.uint8, (4, 84, 84), True),
        ("obs_image", torch.float32, (84, 84, 3), True),
        ("obs_continuous", torch.float32, (8, 8), False),
        ("obs_image", torch.int64, (8, 8), False),
        ("obs_image", torch.uint8, (12,), False),
        ("obs_image", torch.uint8, (8, 1), False),
        ("obs_image", torch.uint8, (0, 8, 8), False),
    ],
)
def test_which_fields_are_images(name: str, dtype: torch.dtype, entry: tuple[int, ...], told: bool) -> None:
    assert is_image(name, torch.zeros(1, 1, *entry, dtype=dtype)) is told
