"""A zipped TensorDict memmap gives its tensors under dotted names; its pickles stay closed."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tensordict import LazyStackedTensorDict, TensorDict

from mouse_dashboard.schema.errors import ApiError
from tests.server.reading.reading import lists, read, read_in_this_process, refused, tensors, zipped
from tests.server.reading.test_formats import Trap

pytestmark = pytest.mark.process

SHAPE = {"dtype": "torch.float32", "shape": [2], "device": "cpu", "is_nested": False}


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of a file is the same in a process of its own, which some of the tests start."""
    read_in_this_process(monkeypatch)


def memmap(folder: Path, td: TensorDict, *, below: str = "") -> bytes:
    """What a user makes of a TensorDict: a folder, and a zip of it or of what is `below` a folder."""
    td.memmap(str(folder / "made" / below))
    return Path(shutil.make_archive(str(folder / "made"), "zip", folder / "made")).read_bytes()


def rollout() -> TensorDict:
    """As collectors of torchrl make them: what a step leads to lies under `next`."""
    after = TensorDict(
        {"reward": torch.tensor([[[1.5], [2.5]]]), "done": torch.tensor([[[False], [True]]])}, batch_size=[1, 2]
    )
    return TensorDict({"action": torch.tensor([[3, 4]]), "next": after}, batch_size=[1, 2])


def level(**entries: Any) -> dict[str, bytes]:
    """A level with entries of one's own."""
    said = {"shape": [2], "device": "cpu", "_type": "<class 'tensordict._td.TensorDict'>", **entries}
    return {"meta.json": json.dumps(said).encode()}


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("below", ["", "td", "two/levels"])
def test_nested_names_are_joined_by_dots(below: str, tmp_path: Path) -> None:
    assert lists(tmp_path, memmap(tmp_path, rollout(), below=below)) == {
        "action": [[3, 4]],
        "next.reward": [[[1.5], [2.5]]],
        "next.done": [[[False], [True]]],
    }


def test_every_type_comes_out_bit_for_bit(tmp_path: Path) -> None:
    types = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16,
             torch.float32, torch.float64]  # fmt: skip
    values = {str(dtype): torch.arange(6).reshape(2, 3).to(dtype) for dtype in types} | {"empty": torch.zeros(2, 3, 0)}
    found = tensors(read(tmp_path, memmap(tmp_path, TensorDict(dict(values), batch_size=[2, 3]))))
    for name, value in values.items():
        assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape)
        assert found[name].equal(value)


@pytest.mark.usefixtures("in_this_process")
def test_names_that_no_file_may_have_are_found(tmp_path: Path) -> None:
    td = TensorDict({"a/b": torch.ones(2), "50%": torch.zeros(2), "c d": TensorDict({"*": torch.ones(2)}, [2])}, [2])
    assert set(lists(tmp_path, memmap(tmp_path, td))) == {"a/b", "50%", "c d.*"}


@pytest.mark.usefixtures("in_this_process")
def test_names_written_as_they_are_by_older_versions_are_found(tmp_path: Path) -> None:
    assert lists(tmp_path, zipped(level(**{"c d": SHAPE}) | {"c d.memmap": bytes(8)})) == {"c d": [0, 0]}


def test_what_is_no_tensor_is_left_out_and_said(tmp_path: Path) -> None:
    td = rollout()
    td["name"] = "CartPole"
    td["complex"] = torch.ones(1, 2, dtype=torch.complex64)
    found = read(tmp_path, memmap(tmp_path, td))
    assert set(tensors(found)) == {"action", "next.reward", "next.done"}
    assert set(found.notes) == {
        "Dropped, of dtype torch.complex64: 'complex'.",
        "Dropped, a NonTensorData: 'name'.",
    }


def test_a_pickle_beside_it_is_not_opened(tmp_path: Path) -> None:
    trap = Trap(tmp_path / "sprung")
    meta = b'{"_type": "<class \'tensordict.tensorclass.NonTensorData\'>", "_is_non_tensor": true}'
    members = level(a=SHAPE, obj={"type": "NonTensorData"}) | {"a.memmap": bytes(8), "obj/meta.json": meta}
    found = read(tmp_path, zipped(members | {"obj/other.pickle": pickle.dumps(trap)}))
    assert list(tensors(found)) == ["a"]
    assert found.notes == ("Dropped, a NonTensorData: 'obj'.",)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.usefixtures("in_this_process")
def test_a_lazy_stack_is_told_how_to_be_saved(tmp_path: Path) -> None:
    stack = LazyStackedTensorDict(rollout(), rollout())
    stack.memmap(str(tmp_path / "made"))
    content = Path(shutil.make_archive(str(tmp_path / "made"), "zip", tmp_path / "made")).read_bytes()
    assert "found a 'LazyStackedTensorDict', expected a TensorDict; zip what td.contiguous()" in refused(
        tmp_path, content
    )


DEEP = {
    "/".join(["a"] * depth + ["meta.json"]).lstrip("/"): level(a={"type": "TensorDict"})["meta.json"]
    for depth in range(40)
}
BROKEN = {
    "no JSON": ({"meta.json": b"{nope"}, "not JSON"),
    "no UTF-8": ({"meta.json": b'{"\xff": 1}'}, "not JSON"),
    "nested JSON": ({"meta.json": b"[" * 100_000}, "not JSON"),
    "no object": ({"meta.json": b"[1]"}, "not an object"),
    "another class": ({"meta.json": b'{"_type": "<class \'x.Evil\'>"}'}, "found a 'Evil'"),
    "no class": ({"meta.json": b"{}"}, "found a 'None'"),
    "no tensor": (level(), "no field of numbers"),
    "a missing file": (level(a=SHAPE), "found 0 bytes of 'a', expected 8 for its shape"),
    "a file too short": (level(a=SHAPE) | {"a.memmap": bytes(7)}, "found 7 bytes of 'a'"),
    "a file too long": (level(a=SHAPE) | {"a.memmap": bytes(9)}, "found 9 bytes of 'a'"),
    "a giant": (level(a=SHAPE | {"shape": [1 << 40, 1 << 40]}) | {"a.memmap": bytes(8)}, "found 8 bytes of 'a'"),
    "an empty giant": (level(a=SHAPE | {"shape": [0, 1 << 40]}), "more than the file's 0 bytes"),
    "a negative size": (level(a=SHAPE | {"shape": [-1, -2]}), "malformed entry"),
    "a size that is a bool": (level(a=SHAPE | {"shape": [True, 2]}), "malformed entry"),
    "a shape that is text": (level(a=SHAPE | {"shape": "22"}), "malformed entry"),
    "many sizes": (level(a=SHAPE | {"shape": [1] * 99}), "malformed entry"),
    "a missing folder": (level(a={"type": "TensorDict"}), "no folder of 'a'"),
    "deep nesting": (DEEP, "nested too deep"),
    "a name of 10 kB": (level(**{"x" * 10_000: SHAPE | {"shape": [0]}}), "printable characters"),
    "a name with NUL": (level(**{"a\0": SHAPE | {"shape": [0]}}), "printable characters"),
    "two of one name": (
        level(**{"a.b": SHAPE | {"shape": [0]}, "a": {"type": "TensorDict"}})
        | {"a/meta.json": level(b=SHAPE | {"shape": [0]})["meta.json"]},
        "two fields of the name 'a.b'",
    ),
}  # fmt: skip


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_folder_is_told_apart(kind: str, tmp_path: Path) -> None:
    members, said = BROKEN[kind]
    message = refused(tmp_path, zipped(members))
    assert said in message
    assert len(message) < 400


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("key", ["../../secret", "/etc/passwd", "..", "..\\up", "C:up"])
def test_names_that_climb_open_nothing_outside_of_the_zip(key: str, tmp_path: Path) -> None:
    (tmp_path / "secret.memmap").write_bytes(bytes(8))
    assert f"found 0 bytes of {key!r}" in refused(tmp_path, zipped(level(**{key: SHAPE})))


def test_members_that_climb_are_never_written(tmp_path: Path) -> None:
    members = level(a=SHAPE) | {"a.memmap": bytes(8), "../up.memmap": b"up", "/tmp/readers-absolute": b"up"}  # noqa: S108
    before = set(tmp_path.parent.iterdir())
    assert list(tensors(read(tmp_path, zipped(members)))) == ["a"]
    assert set(tmp_path.parent.iterdir()) == before


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    size = 1 << 26
    with pytest.raises(ApiError, match="bytes packed into"):
        read(tmp_path, zipped(level(a=SHAPE | {"shape": [size // 4]}) | {"a.memmap": bytes(size)}))
    assert not (tmp_path / "scratch" / "converted.safetensors").exists()
