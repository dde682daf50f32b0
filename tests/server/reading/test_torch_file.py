"""A .pt is refused with the way to convert it; where the operator allows it, tensors are read and nothing else runs."""

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from tensordict import TensorDict

from mouse_dashboard.reading.sandbox import torch_file
from mouse_dashboard.schema.errors import ApiError
from tests.server.reading.reading import ALLOWED, LIMITS, here, lists, read
from tests.server.reading.test_formats import Trap, torchscript


def pt(content: Any, *, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
def test_without_the_operators_leave_it_is_refused_with_both_ways_out(zipped: bool, tmp_path: Path) -> None:
    with pytest.raises(
        ApiError, match=r"m\.save_batch.*set MOUSE_ALLOW_PT=1, or start the dashboard with --allow-pt"
    ) as error:
        read(tmp_path, pt({"a": torch.ones(2)}, zipped=zipped), limits=LIMITS)
    assert error.value.body.status == 415


@pytest.mark.parametrize("zipped", [True, False])
def test_nested_dicts_and_tensordicts_give_dotted_names(zipped: bool, tmp_path: Path) -> None:
    after = TensorDict({"reward": torch.tensor([0.5]), "name": "CartPole"}, batch_size=[1])
    content = pt({"step": {"action": torch.tensor([3])}, "next": after, 7: torch.tensor(2.5)}, zipped=zipped)
    assert here(torch_file, tmp_path, content).lists == {"step.action": [3], "next.reward": [0.5], "7": 2.5}


def test_every_type_and_every_stride_comes_out_in_order(tmp_path: Path) -> None:
    types = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16,
             torch.float32, torch.float64]  # fmt: skip
    values = {str(dtype): torch.arange(6).reshape(2, 3).to(dtype) for dtype in types}
    values |= {
        "turned": torch.arange(6).reshape(2, 3).T,
        "repeated": torch.ones(1).expand(4),
        "part": torch.arange(9)[3:5],
    }
    values["long"] = torch.arange(1_000_000).reshape(10, -1).T
    found = here(torch_file, tmp_path, pt(values)).tensors
    assert {name: value.tolist() for name, value in found.items()} == {
        name: value.tolist() for name, value in values.items()
    }
    assert {name: value.dtype for name, value in found.items()} == {name: value.dtype for name, value in values.items()}


def test_a_parameter_is_read_without_its_gradient(tmp_path: Path) -> None:
    assert here(torch_file, tmp_path, pt({"w": torch.nn.Parameter(torch.ones(2))})).lists == {"w": [1, 1]}


def test_a_tensor_alone_is_called_tensor(tmp_path: Path) -> None:
    assert here(torch_file, tmp_path, pt(torch.tensor([1, 2]))).lists == {"tensor": [1, 2]}


def test_what_is_no_dense_tensor_is_left_out_and_said(tmp_path: Path) -> None:
    content = {
        "a": torch.ones(1),
        "list": [torch.ones(1)],
        "text": "x",
        "complex": torch.ones(1, dtype=torch.complex64),
        "sparse": torch.eye(2).to_sparse(),
    }
    found = here(torch_file, tmp_path, pt(content))
    assert found.lists == {"a": [1]}
    assert found.notes == [
        "Dropped, not a tensor: 'list', 'text'.",
        "Dropped, a tensor of torch.complex64 and torch.strided: 'complex'.",
        "Dropped, a tensor of torch.float32 and torch.sparse_coo: 'sparse'.",
    ]


def test_strides_that_repeat_one_number_are_held_to_the_file(tmp_path: Path) -> None:
    assert "bytes packed into" in here(torch_file, tmp_path, pt({"a": torch.ones(1).expand(1 << 25)})).refused
    assert "unpacked" in here(torch_file, tmp_path, pt({"a": torch.ones(1).expand(1 << 40)})).refused


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1) if depth else torch.ones(1)}


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_would_run_code_runs_nothing(zipped: bool, tmp_path: Path) -> None:
    content = pt({"a": torch.ones(1), "trap": Trap(tmp_path / "sprung")}, zipped=zipped)
    assert "more in it than torch opens safely" in here(torch_file, tmp_path, content).refused
    assert not (tmp_path / "sprung").exists()


@pytest.mark.process
def test_it_runs_in_a_sandbox_where_the_operator_allows_it(tmp_path: Path) -> None:
    assert lists(tmp_path, pt({"a": torch.ones(2)}), limits=ALLOWED) == {"a": [1, 1]}
    with pytest.raises(ApiError, match="more in it than torch opens safely"):
        read(tmp_path, pt(Trap(tmp_path / "sprung"), zipped=False), limits=ALLOWED)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pt({}), "no field of numbers"),
        (pt(nested(40)), "nested too deep"),
        (pt({"a": {"b": torch.ones(1)}, "a.b": torch.ones(1)}), "two fields of the name 'a.b'"),
        (pt({"x" * 10_000: torch.ones(1)}), "printable characters"),
        (torchscript(), "a damaged file"),
        (b"\x80\x02.", "damaged file"),
        (pt({"a": torch.ones(100)})[:-200], "a damaged file"),
        (pt({"a": torch.ones(100)}, zipped=False)[:-200], "a damaged file"),
    ],
)
def test_a_broken_file_is_told_apart(content: bytes, said: str, tmp_path: Path) -> None:
    assert said in here(torch_file, tmp_path, content).refused


def test_an_old_torch_does_not_open_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "2.9.1")
    assert "found a pickle (.pt) and torch 2.9.1, expected torch 2.10" in here(torch_file, tmp_path, pt({})).refused
