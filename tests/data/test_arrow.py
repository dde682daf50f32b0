"""Steps in pyarrow tables, Parquet files and Hugging Face datasets: the same batches as from plain arrays."""

from pathlib import Path
from typing import Any

import datasets  # pyright: ignore[reportMissingTypeStubs]  # it has none, neither has pyarrow
import numpy as np
import pyarrow  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]
import pytest
import torch
from torch.testing import assert_close

from mouse.data import PrefetchBatchifier
from mouse.errors import BatchError

pa: Any = pyarrow
pq: Any = pyarrow.parquet
COLUMNS: dict[str, Any] = {
    "action": np.arange(12, dtype=np.int64),
    "reward": np.linspace(0, 1, 12, dtype=np.float32),
    "done": np.arange(12) % 5 == 0,
    "obs": np.arange(36, dtype=np.float64).reshape(12, 3),
    "episode": np.repeat([3, 7], 6),
}
HOW: dict[str, Any] = {"batch_size": 3, "length": 2, "sequence_id": "episode", "shuffle": True, "seed": 4}


def table() -> Any:
    columns = {name: values.tolist() if values.ndim > 1 else values for name, values in COLUMNS.items()}
    whole = pa.table(columns)
    return pa.concat_tables([whole.slice(0, 5), whole.slice(5)])  # more than one chunk


def parquet(folder: Path) -> Path:
    pq.write_table(table(), folder / "steps.parquet", row_group_size=4)
    return folder / "steps.parquet"


@pytest.mark.parametrize("kind", ["table", "parquet", "path as text", "dataset", "dataset in another order"])
def test_the_batches_are_those_of_the_arrays(kind: str, tmp_path: Path) -> None:
    dataset: Any = datasets.Dataset(table())
    steps = {
        "table": table,
        "parquet": lambda: parquet(tmp_path),
        "path as text": lambda: str(parquet(tmp_path)),
        "dataset": lambda: dataset,
        "dataset in another order": lambda: dataset.select(range(11, -1, -1)).select(range(11, -1, -1)),
    }[kind]()
    found, expected = list(PrefetchBatchifier(steps, **HOW)), list(PrefetchBatchifier(COLUMNS, **HOW))
    assert len(found) == len(expected) == 2
    for one, other in zip(found, expected, strict=True):
        assert_close(one.to_dict(), other.to_dict(), rtol=0, atol=0)


def test_a_dataset_of_python_values_is_read_in_its_own_order() -> None:
    dataset: Any = datasets.Dataset.from_dict({"action": [4, 5, 6, 7], "who": ["a", "a", "b", "b"]})
    (batch,) = PrefetchBatchifier(dataset.select([2, 3, 0, 1]), batch_size=2, length=2, sequence_id="who")
    assert batch["action"].tolist() == [[6, 7], [4, 5]]
    assert batch["who"].tolist() == [[0, 0], [1, 1]]


def test_the_arrays_of_a_dataset_keep_type_and_shape() -> None:
    images = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3)
    features = datasets.Features({"image": datasets.Array2D((2, 3), "uint8")})
    dataset: Any = datasets.Dataset.from_dict({"image": images}, features=features)
    (batch,) = PrefetchBatchifier(dataset, batch_size=2, length=2)
    assert_close(batch["image"], torch.from_numpy(images).reshape(2, 2, 2, 3), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, 2], pa.int8()), torch.tensor([1, 2], dtype=torch.int8)),
        (pa.array([1, 2], pa.uint16()), torch.tensor([1, 2], dtype=torch.uint16)),
        (pa.array(np.array([1, 2], np.float16)), torch.tensor([1, 2], dtype=torch.float16)),
        (pa.array([1.5, 1.5]).dictionary_encode(), torch.tensor([1.5, 1.5], dtype=torch.float64)),
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.int32(), 2)), torch.tensor([[1, 2], [3, 4]], dtype=torch.int32)),
        (pa.array([[1], [3]], pa.large_list(pa.int32())), torch.tensor([[1], [3]], dtype=torch.int32)),
        (pa.array([[], []], pa.list_(pa.list_(pa.int32()))), torch.zeros(2, 0, 0, dtype=torch.int32)),
    ],
)
def test_columns_keep_their_type(column: Any, expected: torch.Tensor) -> None:
    (batch,) = PrefetchBatchifier(pa.table({"x": column}), batch_size=1, length=2)
    assert_close(batch["x"][0], expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([1, None], "x: found 1 missing values"),
        ([[1], [None]], "x: found 1 missing values"),
        ([[1], [1, 2]], "x: found lists of 1 to 2 entries"),
        (["a", "b"], "x: found a column of string, expected numbers"),
        ([{"a": 1}, {"a": 2}], "x: found a column of struct"),
    ],
)
def test_a_column_that_is_no_tensor_is_named(column: list[Any], said: str) -> None:
    with pytest.raises(BatchError, match=rf"steps\.{said}"):
        PrefetchBatchifier(pa.table({"x": column}), batch_size=1, length=2)


@pytest.mark.parametrize(
    ("column", "said"),
    [(["a", None], "1 missing values"), ([1, None], "1 missing values"), ([0.5, 1.0], "torch.float64")],
)
def test_sequences_that_cannot_be_told_apart_are_named(column: list[Any], said: str) -> None:
    with pytest.raises(BatchError, match=rf"steps\.x: found {said}"):
        PrefetchBatchifier(pa.table({"x": column}), batch_size=1, length=1, sequence_id="x")


def test_text_of_a_dictionary_tells_sequences_apart() -> None:
    column = pa.array(["a", "a", "b"]).dictionary_encode()
    (batch,) = PrefetchBatchifier(pa.table({"x": column}), batch_size=1, length=2, sequence_id="x")
    assert batch["x"].tolist() == [[0, 0]]
