"""Checks 11 to 16 and 18: files of strangers are refused or read, and nothing in them runs."""

import ast
import asyncio
import functools
import io
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

import mouse
import mouse_dashboard
from mouse_dashboard.reading.sandbox import torch_file as torch_reader
from mouse_dashboard.reading.sandbox import zip_file
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.security.living import OPERATIONS, Living, files
from tests.security.watching import watched
from tests.server.conftest import LOCAL
from tests.server.files import OCTETS, npz, saved_batch, send
from tests.server.reading.reading import here, read_in_this_process, zipped
from tests.server.reading.test_formats import Trap, object_array, torch_file, torchscript
from tests.server.reading.test_memmap import SHAPE, level
from tests.server.reading.test_npz import BROKEN as BROKEN_NPZ
from tests.server.reading.test_npz import deflated_zeros, described, member, npy
from tests.server.reading.test_safetensors import BROKEN as BROKEN_SAFETENSORS
from tests.server.test_formats import FILES

MIB = 1 << 20
META = b'{"_type": "<class \'tensordict.tensorclass.NonTensorData\'>", "_is_non_tensor": true}'
GIANT = 10**12


def memmap_with_pickles(trap: Trap) -> bytes:
    """A memmap with a pickle in each place where TensorDict looks for one."""
    members = level(a=SHAPE, obj={"type": "NonTensorData"}) | {"a.memmap": bytes(8), "obj/meta.json": META}
    names = ("obj/other.pickle", "other.pickle", "meta.pickle", "obj.pickle")
    return zipped(members | dict.fromkeys(names, pickle.dumps(trap)))


PICKLES: dict[str, Callable[[Trap], bytes]] = {
    "zip .pt": lambda trap: torch_file(trap, zipped=True),
    "legacy .pt": lambda trap: torch_file(trap, zipped=False),
    "pickle": pickle.dumps,
    "old pickle": lambda trap: pickle.dumps(trap, protocol=0),
    "TorchScript": lambda _trap: torchscript(),
    "object .npy": object_array,
    "object in .npz": lambda trap: npz(a=np.array([[trap]], dtype=object)),
    "memmap": memmap_with_pickles,
}


@pytest.mark.process
def test_check_11_no_pickle_runs(client: TestClient, tmp_path: Path) -> None:
    for kind, make in PICKLES.items():
        content = make(Trap(tmp_path / "sprung"))
        with watched() as seen:
            answer = send(client, content, kind)
        assert answer.status_code in ({202} if kind == "memmap" else {415, 422}), (kind, answer.text)
        assert [event for event in seen.run if event.startswith("pickle.")] == [], kind
        assert not (tmp_path / "sprung").exists(), kind


@pytest.mark.process
def test_check_11_no_pickle_runs_where_the_operator_allows_pt(tmp_path: Path) -> None:
    for kind in ("zip .pt", "legacy .pt", "pickle", "old pickle", "TorchScript"):
        found = here(torch_reader, tmp_path, PICKLES[kind](Trap(tmp_path / "sprung")))
        assert found.answer.error is not None, kind
        assert not (tmp_path / "sprung").exists(), kind


@functools.cache
def all_calls() -> list[tuple[str, dict[str | None, Any]]]:
    """Every call in our own code: the function, and the arguments that are constants."""
    files = [file for package in (mouse, mouse_dashboard) for file in Path(package.__path__[0]).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    return [
        (ast.unparse(node.func), {each.arg: getattr(each.value, "value", None) for each in node.keywords})
        for node in nodes
        if isinstance(node.func, ast.Attribute | ast.Name)
    ]


def calls(name: str) -> list[dict[str | None, Any]]:
    """Arguments of the calls of a function."""
    return [arguments for called, arguments in all_calls() if called == name or called.endswith(f".{name}")]


def test_check_11_nothing_of_ours_opens_a_pickle() -> None:
    for name in ("load_memmap", "pickle.load", "pickle.loads", "Unpickler", "joblib.load"):
        assert calls(name) == []
    for arguments in (*calls("np.load"), *calls("numpy.load")):
        assert arguments.get("allow_pickle") is not True


@pytest.mark.process
def test_check_12_pt_is_opened_with_weights_only_and_otherwise_refused_with_the_line_that_converts_it(
    client: TestClient, tmp_path: Path
) -> None:
    loads = [*calls("torch.load"), *calls("torch.jit.load")]
    assert loads
    assert all(arguments.get("weights_only") is True for arguments in loads)
    content = FILES[".pt"]()
    answer = send(client, content, "batch.pt")
    assert (answer.status_code, answer.json()["code"]) == (415, "pickle")
    assert "m.save_batch" in answer.json()["message"]
    with TestClient(create_app(Settings(data_dir=tmp_path / "allowed", allow_pt=True)), LOCAL) as allowing:
        with watched() as seen:
            assert send(allowing, content).status_code == 201
        assert [event for event in seen.run if event.startswith("pickle.")] == [], "it is read in another process"


def bomb() -> bytes:
    """A megabyte that inflates to a gigabyte."""
    packed = bytearray(member(deflated_zeros(1024), declared=1 << 30))
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", packed, packed.index(signature) + offset, zipfile.ZIP_DEFLATED)
    return bytes(packed)


def test_check_13_a_megabyte_that_inflates_to_a_gigabyte_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    content = bomb()
    assert len(content) < 2 * MIB
    tracemalloc.start()
    found = here(zip_file, tmp_path, content, Settings(data_dir=tmp_path).limits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "bytes packed into" in found.refused
    assert peak < 8 * MIB


NPY = {
    "lying shape": npy(described(shape="(2, 4)"), bytes(24)),
    "giant": npy(described(shape=f"({GIANT}, {GIANT})")),
    "object": npy(described("'|O'"), bytes(24)),
    "void": npy(described("'|V4'"), bytes(24)),
    "structured": npy(described("[('x', '<f4')]"), bytes(24)),
    "big-endian": npy(described("'>f4'"), bytes(24)),
    "header of 10 kB": npy(described() + " " * 10_000, bytes(24)),
}


@pytest.mark.process
def test_check_13_lying_odd_and_long_arrays_are_4xx_and_leave_nothing(
    living_dashboard: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_in_this_process(monkeypatch)
    broken = {kind: make() for kind, (make, *_) in BROKEN_NPZ.items()}
    assert_refused(living_dashboard, broken | {f"{kind} .npy": content for kind, content in NPY.items()})


@pytest.mark.process
def test_check_14_lying_safetensors_are_4xx_and_leave_nothing(living_dashboard: Living) -> None:
    assert_refused(living_dashboard, {kind: content for kind, (content, _) in BROKEN_SAFETENSORS.items()})


def assert_refused(dashboard: Living, broken: dict[str, bytes]) -> None:
    before = dashboard.state()
    for kind, content in broken.items():
        answer = send(dashboard.client, content)
        assert 400 <= answer.status_code < 500, kind
        assert len(answer.json()["message"]) < 400, kind
    assert dashboard.state() == before


def strided() -> bytes:
    file = io.BytesIO()
    torch.save({"a": torch.ones(1).expand(GIANT)}, file)
    return file.getvalue()


def unwritten() -> bytes:
    """A data set of which no chunk was ever written."""
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        made.create_dataset("a", (GIANT,), "f4", chunks=(1 << 20,))
    return file.getvalue()


GIANTS: dict[str, Callable[[], bytes]] = {
    "strides of a .pt": strided,
    "HDF5": unwritten,
    "safetensors": lambda: BROKEN_SAFETENSORS["a giant"][0],
    ".npy": lambda: NPY["giant"],
    ".npz": BROKEN_NPZ["a giant"][0],
    "memmap": lambda: zipped(level(a=SHAPE | {"shape": [GIANT]}) | {"a.memmap": bytes(8)}),
}


@pytest.mark.process
def test_check_15_what_is_declared_is_held_to_the_file_before_any_operation(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(data_dir=tmp_path, allow_pt=True)), LOCAL) as client:
        for kind, make in GIANTS.items():
            content = make()
            assert len(content) < 5000, kind
            answer = send(client, content)
            assert answer.status_code in {413, 422}, (kind, answer.text)
            assert "memory" not in answer.json()["message"], "it was not tried"


@pytest.mark.parametrize("chunked", [False, True])
def test_check_16_over_the_cap_is_413_however_it_is_sent(chunked: bool, settings: Settings) -> None:
    content = saved_batch()
    chunks = (content[start : start + 100] for start in range(0, len(content), 100))
    with TestClient(create_app(settings.model_copy(update={"max_upload_bytes": 1000})), LOCAL) as client:
        before = files(settings.data_dir)
        answer = send(client, chunks if chunked else content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert client.get("/api/batches").json() == {"batches": []}
        assert files(settings.data_dir) == before


def test_check_16_peak_memory_does_not_grow_with_the_body(client: TestClient) -> None:
    def peak_of(mebibytes: int) -> int:
        header = b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
        blocks = iter([struct.pack("<Q", len(header)) + header, *[bytes(MIB)] * mebibytes])
        sent: list[Any] = []

        async def receive() -> Any:
            block = next(blocks, None)
            return {"type": "http.request", "body": block or b"", "more_body": block is not None}

        async def answer(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"localhost"), *((key.lower().encode(), value.encode()) for key, value in OCTETS.items())]
        scope = {"type": "http", "method": "POST", "path": "/api/batches", "query_string": b"", "headers": headers}
        tracemalloc.start()
        asyncio.run(client.app(scope, receive, answer))  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert sent[0]["status"] == 422, "more data than it declares"
        return peak

    peak_of(1)
    assert peak_of(96) < peak_of(16) + 8 * MIB


@pytest.mark.process
@pytest.mark.parametrize("ending", FILES)
def test_check_18_the_first_bytes_decide_whatever_the_name_says(ending: str, tmp_path: Path) -> None:
    other = next(each for each in FILES if each != ending)
    with TestClient(create_app(Settings(data_dir=tmp_path, allow_pt=True)), LOCAL) as client:
        answer = send(client, FILES[ending](), f"batch{other}")
        assert send(client, b"<html>" + FILES[ending]()[:9], f"a{ending}").status_code == 415
    assert answer.status_code == 201, answer.text
    info = answer.json()
    if ending != ".safetensors":
        assert (info["B"], info["S"]) == (4, 7)
        assert {(field["group"], field["name"]) for field in info["fields"]} == {
            ("step_stream", "action"), ("step_stream", "reward"), ("step_stream", "done"), ("out", "sv"),
        }  # fmt: skip


@pytest.mark.process
def test_check_18_files_are_served_back_as_attachments_only(living_dashboard: Living) -> None:
    shown = {"application/json", "text/event-stream; charset=utf-8", "image/png"}
    served = 0
    for operation in OPERATIONS:
        if operation.method == "GET":
            answer = living_dashboard.call(operation)
            if answer.headers["content-type"] not in shown:
                served += 1
                assert answer.headers["content-disposition"].startswith("attachment;"), operation
                assert answer.headers["content-type"] in {"application/octet-stream", "text/csv; charset=utf-8"}
    assert served >= 2
