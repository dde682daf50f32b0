"""How a function takes a batch: which fields, or the whole of it."""

from __future__ import annotations

from typing import Any

import pytest
from tensordict import TensorDictBase
from torch import Tensor

from mouse.errors import BatchError
from mouse.tracing import explain
from mouse.tracing.signature import signature_of
from tests.tracing.batches import explained, fields, output


def test_a_parameter_annotated_as_a_dictionary_or_a_tensordict_takes_the_whole_batch() -> None:
    def of_dictionary(value: Tensor, data: dict[str, Tensor]) -> Tensor:
        return (value - data["reward"]).mean()

    def of_tensordict(value: Tensor, data: TensorDictBase) -> Tensor:
        return (value - data["reward"]).mean()

    for function in (of_dictionary, of_tensordict):
        assert signature_of(function).takes_whole_batch
        found = explained(function).loss
        assert float(found.detach()) == float((output()["value"] - fields()["reward"]).mean())


def test_a_lone_parameter_takes_the_whole_batch() -> None:
    def loss(anything, *more, **others):  # pyright: ignore
        assert not more
        assert not others
        return (anything["value"] - anything["reward"]).mean()  # pyright: ignore

    assert explained(loss).loss.isfinite()  # pyright: ignore


def test_annotations_that_cannot_be_resolved_leave_the_defaults() -> None:
    def loss(value: Unknown, *, clip: Unknown = 0.5) -> Tensor:  # pyright: ignore  # noqa: F821
        return (value * clip).mean()  # pyright: ignore

    assert explained(loss).loss.isfinite()  # pyright: ignore
    assert signature_of(loss).takes_whole_batch is False  # pyright: ignore


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({}, "found no field"),
        ({"q": object()}, "expected a tensor or an array"),
        ({"q": fields()["reward"], "r": fields()["reward"][:2]}, "first; reshape it, leave it out"),
    ],
)
def test_a_batch_that_is_none_is_refused(batch: dict[str, Any], message: str) -> None:
    def loss(q: Tensor) -> Tensor:
        return q.mean()

    with pytest.raises(BatchError, match=message):
        explain(loss, batch)
