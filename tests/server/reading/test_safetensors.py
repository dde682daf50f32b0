"""A safetensors header is held to what the file holds, before the library sees it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouse.batch import load_batch
from mouse.errors import BatchError, MissingFieldError
from mouse_dashboard.reading.safetensors import MAX_HEADER_BYTES, MAX_TENSORS, check_safetensors
from mouse_dashboard.schema.errors import ApiError
from tests.server.files import entry, safetensors, saved_batch

DATA = bytes(24)
BIG = 1 << 62
BROKEN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "0 bytes"),
    "half a prefix": (b"\0\0\0", "3 bytes"),
    "a header longer than the file": (safetensors({"a": entry()}, DATA)[:20], "at least"),
    "a giant header": ((BIG).to_bytes(8, "little") + b"{}", f"at most {MAX_HEADER_BYTES}"),
    "no JSON": (safetensors(b"{nope"), "not JSON"),
    "no UTF-8": (safetensors(b'{"\xff": 1}'), "not JSON"),
    "deep nesting": (safetensors(b'{"a":' + b"[" * 100_000), "not JSON"),
    "a giant number": (safetensors(b'{"a":' + b"9" * 5000 + b"}"), "not JSON"),
    "NaN": (safetensors(b'{"a": NaN}'), "NaN in the header"),
    "no object": (safetensors(b"[1]"), "not an object"),
    "no tensor": (safetensors({}), "0 tensors"),
    "too many tensors": (safetensors({str(i): entry() for i in range(MAX_TENSORS + 1)}, DATA), "4097 tensors"),
    "duplicate keys": (safetensors(b'{"a": 1, "a": 2}'), "two entries of one name"),
    "duplicate keys inside": (safetensors(b'{"a": {"dtype": "F32", "dtype": "F64"}}'), "two entries of one name"),
    "metadata that is no object": (safetensors({"__metadata__": [], "a": entry()}, DATA), "not text"),
    "metadata that is no text": (safetensors({"__metadata__": {"B": 1}, "a": entry()}, DATA), "not text"),
    "an unknown dtype": (safetensors({"a": entry("F8_E4M3")}, DATA), "F8_E4M3"),
    "a dtype that is no text": (safetensors({"a": entry(7)}, DATA), "malformed entry"),  # type: ignore[arg-type]
    "an entry that is no object": (safetensors({"a": 1}, DATA), "malformed entry"),
    "an entry with strides": (safetensors({"a": entry() | {"strides": [0, 0]}}, DATA), "malformed entry"),
    "a negative size": (safetensors({"a": entry(shape=[-2, -3])}, DATA), "malformed entry"),
    "a size that is a bool": (safetensors({"a": entry(shape=[True, 6])}, DATA), "malformed entry"),
    "a size that is a float": (safetensors({"a": entry(shape=[2.0, 3])}, DATA), "malformed entry"),
    "too many sizes": (safetensors({"a": entry(shape=[1] * 99)}, DATA), "malformed entry"),
    "three offsets": (safetensors({"a": entry(offsets=[0, 24, 24])}, DATA), "malformed entry"),
    "offsets back to front": (safetensors({"a": entry(offsets=[24, 0])}, DATA), "-24 bytes"),
    "a giant": (safetensors({"a": entry(shape=[BIG, BIG], offsets=[0, 24])}, DATA), "more than the file's 24 bytes"),
    "an empty giant": (
        safetensors({"a": entry(shape=[0, BIG], offsets=[0, 0])}, DATA),
        "more than the file's 24 bytes",
    ),
    "a shape of another size": (safetensors({"a": entry(shape=[2, 2])}, DATA), "16 for its shape"),
    "an overlap": (safetensors({"a": entry(), "b": entry()}, DATA), "right after"),
    "a hole": (safetensors({"a": entry(), "b": entry(offsets=[32, 56])}, bytes(56)), "byte 24, right after"),
    "trailing bytes": (safetensors({"a": entry()}, DATA + b"x"), "25 bytes of data"),
    "missing bytes": (safetensors({"a": entry()}, DATA[:-1]), "more than the file's 23 bytes"),
    "a name of 10 kB": (safetensors({"x" * 10_000: entry()}, DATA), "printable characters"),
    "a name with NUL": (safetensors({"a\0b": entry()}, DATA), "printable characters"),
    "no name": (safetensors({"": entry()}, DATA), "printable characters"),
    "a lone surrogate as name": (safetensors(b'{"\\ud800": 1}'), "printable characters"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_told_apart_in_one_short_sentence(kind: str, tmp_path: Path) -> None:
    content, said = BROKEN[kind]
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ApiError) as error:
        check_safetensors(tmp_path / "file")
    assert error.value.body.status == 422
    assert said in error.value.body.message
    assert len(error.value.body.message) < 300


@pytest.mark.parametrize("shape", [{}, {"rows": 1, "steps": 1}, {"rows": 64, "steps": 33}])
def test_what_save_batch_writes_passes(shape: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(saved_batch(**shape))
    check_safetensors(tmp_path / "file")


def test_an_empty_field_beside_others_passes(tmp_path: Path) -> None:
    header = {"a": entry(), "none": entry(shape=[2, 3, 0], offsets=[24, 24])}
    (tmp_path / "file").write_bytes(safetensors(header, DATA))
    check_safetensors(tmp_path / "file")


entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "I64", "BOOL", "F8_E5M2", "", "F64"]) | st.integers(),
        "shape": st.lists(st.integers(-1, 4) | st.just(BIG) | st.none() | st.booleans(), max_size=4),
        "data_offsets": st.lists(st.integers(-1, 60) | st.just(BIG), max_size=3),
    },
    optional={"strides": st.lists(st.integers(0, 3))},
)
headers: st.SearchStrategy[Any] = st.dictionaries(st.text(max_size=4), entries | st.integers(), max_size=4)
mutations = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6)


def judge(path: Path, content: bytes) -> None:
    """Only the declared errors, and what is accepted can be read."""
    path.write_bytes(content)
    try:
        check_safetensors(path)
        load_batch(path)
    except (ApiError, BatchError, MissingFieldError) as error:
        assert str(error)  # noqa: PT017


@given(header=headers, data=st.binary(max_size=64))
def test_any_header_gives_a_batch_or_a_declared_error(
    header: Any, data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    judge(tmp_path_factory.getbasetemp() / "any_header", safetensors(header, data))


@given(mutations=mutations, cut=st.integers(0, 40))
def test_a_damaged_file_gives_a_batch_or_a_declared_error(
    mutations: list[tuple[int, int]], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(WHOLE)
    for place, byte in mutations:
        content[place % len(content)] = byte
    judge(tmp_path_factory.getbasetemp() / "damaged", bytes(content[: len(content) - cut]))


WHOLE = saved_batch(rows=1, steps=2)
