"""A batch as a file: exact there and back, and clear about what it cannot read."""

import json
import stat
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict
from torch import Tensor

from mouse.batch import is_saved_batch, load_batch, save_batch
from mouse.errors import BatchError, MissingFieldError
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse.losses.fields import names
from tests.mouse.batches import Recipe

DTYPES = [
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.bool),
    *(torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64),
    *(torch.float8_e4m3fn, torch.float8_e5m2),
]
field_names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8) | st.sampled_from(
    ["out.dqn", "step_stream/x", "a,b", "sp", "dqn", "__metadata__ ", "ü"]
)


def bits(value: Tensor) -> bytes:
    """The memory of a tensor, in which NaN equals NaN and -0 differs from 0."""
    return value.contiguous().flatten().view(torch.uint8).numpy().tobytes() if value.numel() else b""


def assert_same(found: TensorDict, expected: TensorDict) -> None:
    assert found.batch_size == expected.batch_size
    assert names(found) == names(expected)
    for name in names(expected):
        assert found[name].dtype == expected[name].dtype
        assert found[name].shape == expected[name].shape
        assert bits(found[name]) == bits(expected[name])


def there_and_back(folder: Path, step_stream: TensorDict, out: TensorDict) -> None:
    path = folder / "batch.safetensors"
    save_batch(path, step_stream, out)
    found = load_batch(path)
    assert_same(found[0], step_stream)
    assert_same(found[1], out)
    assert [entry.name for entry in folder.iterdir()] == [path.name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@given(data=st.data())
def test_all_types_shapes_and_names_come_back_exactly(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shape = torch.Size(data.draw(st.tuples(st.integers(1, 3), st.integers(1, 4))))
    tails = st.lists(st.integers(0, 3), max_size=3)
    groups = data.draw(
        st.dictionaries(field_names, st.tuples(st.booleans(), st.sampled_from(DTYPES), tails), min_size=1, max_size=6)
    )
    step_stream, out = TensorDict({}, shape), TensorDict({}, shape)
    for name, (in_out, dtype, tail) in groups.items():
        width = torch.empty((), dtype=dtype).element_size()
        raw = torch.randint(2 if dtype == torch.bool else 256, (*shape, *tail, width), dtype=torch.uint8)
        (out if in_out else step_stream)[name] = raw.view(dtype).squeeze(-1)
    there_and_back(tmp_path_factory.mktemp("batch"), step_stream, out)


def test_a_whole_batch_gives_the_same_loss_after_a_file(folder: Path) -> None:
    step_stream, out = Recipe().make(torch.float32)
    save_batch(folder / "b", step_stream, out)
    assert dqn_loss(*load_batch(folder / "b"), DqnLossConfig()) == dqn_loss(step_stream, out, DqnLossConfig())


def test_nan_infinities_and_signed_zero_keep_their_bits(folder: Path) -> None:
    odd = torch.tensor([[float("nan"), float("-nan"), float("inf"), float("-inf"), 0.0, -0.0, 5e-324]])
    there_and_back(folder, TensorDict({"reward": odd}, [1, 7]), TensorDict({"sp": odd.double()}, [1, 7]))


def test_views_of_shared_memory_with_gradient_are_saved_as_they_look(folder: Path) -> None:
    memory = torch.arange(24.0, requires_grad=True)
    rows = memory.view(2, 12)
    step_stream = TensorDict({"reward": rows[:, ::3], "q_star": rows.view(2, 3, 4).transpose(1, 2)}, [2, 4])
    out = TensorDict({"dqn": rows.view(2, 4, 3), "sp": torch.ones(1, 1, 3).expand(2, 4, 3)}, [2, 4])
    there_and_back(folder, step_stream, out)
    assert memory.requires_grad


def test_the_metadata_tells_format_version_and_size(folder: Path) -> None:
    save_batch(folder / "b", *Recipe(batch=2, steps=5).make())
    raw = (folder / "b").read_bytes()
    metadata = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]
    assert metadata["format"] == "mouse-batch"
    assert (metadata["version"], metadata["B"], metadata["S"]) == ("1", "2", "5")


def test_equal_batches_make_equal_files(folder: Path) -> None:
    for name in ("a", "b"):
        save_batch(folder / name, *Recipe().make())
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


def test_a_file_name_may_be_as_long_as_the_file_system_allows(folder: Path) -> None:
    save_batch(folder / ("b" * 255), *Recipe().make())
    assert load_batch(folder / ("b" * 255))[0].batch_size == (2, 4)


def test_an_empty_name_is_not_read_out_of_an_empty_list_of_outputs(folder: Path) -> None:
    save_file({"": torch.zeros(2, 3)}, folder / "b", {"format": "mouse-batch", "version": "1", "out": ""})
    step_stream, out = load_batch(folder / "b")
    assert (names(step_stream), names(out)) == ({""}, set())


def test_a_path_may_be_a_string(folder: Path) -> None:
    save_batch(str(folder / "b"), *Recipe().make())
    assert load_batch(str(folder / "b"))[0].batch_size == (2, 4)


def test_a_saved_file_can_be_read_by_whom_the_umask_allows(folder: Path) -> None:
    (folder / "plain").touch()
    save_batch(folder / "b", *Recipe().make())
    assert stat.S_IMODE((folder / "b").stat().st_mode) == stat.S_IMODE((folder / "plain").stat().st_mode)


def test_loading_maps_the_file_and_writing_leaves_it_alone(folder: Path) -> None:
    path = folder / "b"
    save_batch(path, *Recipe(batch=16, steps=16).make())
    before = path.read_bytes()
    step_stream, out = load_batch(path)
    maps = Path("/proc/self/maps")
    if maps.exists():
        spans = [line.split()[0].split("-") for line in maps.read_text().splitlines() if line.endswith(str(path))]
        assert any(int(low, 16) <= out["dqn"].data_ptr() < int(high, 16) for low, high in spans)
    out["dqn"].zero_()
    step_stream["reward"] += 1
    assert path.read_bytes() == before


def test_a_save_over_a_loaded_file_leaves_what_was_loaded(folder: Path) -> None:
    path = folder / "b"
    first = Recipe(seed=1).make()
    save_batch(path, *first)
    loaded = load_batch(path)
    save_batch(path, *Recipe(seed=2).make())
    assert_same(loaded[1], first[1])


PLAIN = {"action": torch.zeros(2, 3, dtype=torch.int64), "dqn": torch.zeros(2, 3, 4), "note": torch.zeros(2, 3)}


@pytest.mark.parametrize("separator", [".", "/"])
def test_prefixes_of_other_writers_name_the_group(folder: Path, separator: str) -> None:
    prefixed = {
        f"step_stream{separator}action": PLAIN["action"],
        f"out{separator}dqn": PLAIN["dqn"],
        f"out{separator}note": PLAIN["note"],
    }
    save_file(prefixed, folder / "b")
    step_stream, out = load_batch(folder / "b")
    assert names(step_stream) == {"action"}
    assert names(out) == {"dqn", "note"}


def test_without_prefix_the_heads_are_the_output(folder: Path) -> None:
    save_file(PLAIN, folder / "b")
    step_stream, out = load_batch(folder / "b")
    assert names(step_stream) == {"action", "note"}
    assert names(out) == {"dqn"}


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({"reward": (5, 6), "obs": (5, 6, 7)}, (5, 6)),
        ({"obs_continuous": (5, 6, 7), "dqn": (5, 6, 2)}, (5, 6)),
        ({"obs_continuous": (5, 6, 7)}, (5, 6)),
        ({"a": (5, 6)}, (5, 6)),
    ],
)
def test_sizes_are_read_from_the_fields(
    folder: Path, fields: dict[str, tuple[int, ...]], shape: tuple[int, int]
) -> None:
    save_file({name: torch.zeros(size) for name, size in fields.items()}, folder / "b")
    assert [group.batch_size for group in load_batch(folder / "b")] == [shape, shape]


def test_a_field_of_another_size_is_named(folder: Path) -> None:
    save_file({**PLAIN, "scale": torch.zeros(3)}, folder / "b")
    with pytest.raises(
        ValueError, match=r"^step_stream\.scale: found shape \[3\], expected \[B, S, \.\.\.\] = \[2, 3\]"
    ):
        load_batch(folder / "b")


def test_a_field_that_stands_twice_is_named(folder: Path) -> None:
    save_file({"action": torch.zeros(2, 3), "step_stream.action": torch.ones(2, 3)}, folder / "b")
    with pytest.raises(ValueError, match=r"^step_stream\.action: found two tensors of that name, expected one; "):
        load_batch(folder / "b")


@pytest.mark.parametrize("fields", [{}, {"x": torch.zeros(3)}, {"y": torch.zeros(()), "x": torch.zeros(3)}])
def test_a_file_without_sequences_is_refused(folder: Path, fields: dict[str, Tensor]) -> None:
    save_file(fields, folder / "b")
    present = ", ".join(sorted(fields)) or "no tensor"
    with pytest.raises(
        KeyError, match=rf"^batch: found {present}, expected fields of shape \[B, S, \.\.\.\]; "
    ) as error:
        load_batch(folder / "b")
    assert isinstance(error.value, MissingFieldError)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 100, b'{"a": 1}', b"\xff" * 64])
def test_what_is_no_batch_file_is_called_so(folder: Path, content: bytes) -> None:
    (folder / "b.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"^b\.safetensors: found no safetensors file \(.+\), expected ") as error:
        load_batch(folder / "b.safetensors")
    assert isinstance(error.value, BatchError)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_file_cut_off_in_the_middle_is_refused(folder: Path, keep: float) -> None:
    save_batch(folder / "b", *Recipe().make())
    whole = (folder / "b").read_bytes()
    (folder / "b").write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(ValueError, match=r"^b: found no safetensors file"):
        load_batch(folder / "b")


def test_a_missing_file_is_a_missing_file(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_batch(folder / "nowhere")


def test_a_newer_version_is_refused(folder: Path) -> None:
    save_file(PLAIN, folder / "b", {"format": "mouse-batch", "version": "2"})
    with pytest.raises(ValueError, match=r"^b: found format version 2, expected version 1; update mouse\.$"):
        load_batch(folder / "b")


def test_the_version_of_another_format_is_not_ours(folder: Path) -> None:
    save_file(PLAIN, folder / "b", {"format": "pt", "version": "2"})
    assert names(load_batch(folder / "b")[1]) == {"dqn"}


def test_a_file_says_whether_mouse_wrote_it(folder: Path) -> None:
    save_batch(folder / "own.safetensors", *Recipe().make())
    save_file({"reward": torch.zeros(1, 2)}, folder / "other.safetensors")
    assert is_saved_batch(folder / "own.safetensors")
    assert not is_saved_batch(folder / "other.safetensors")
