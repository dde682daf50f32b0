"""A choice among texts is a knob, with or without anything else in its annotation."""

from collections.abc import Callable
from typing import Annotated, Literal

import pytest
import torch
from pydantic import Field

import mouse
from mouse.errors import BatchError

BATCH = {"x": torch.tensor([[1.0, 2.0], [3.0, 4.0]])}


def chosen(x: torch.Tensor, *, kind: Literal["sum", "mean"] = "mean") -> torch.Tensor:
    return x.sum() if kind == "sum" else x.mean()


def annotated(
    x: torch.Tensor, *, kind: Annotated[Literal["sum", "mean"], Field(description="Which.")] = "mean"
) -> torch.Tensor:
    return x.sum() if kind == "sum" else x.mean()


@pytest.mark.parametrize("function", [chosen, annotated])
def test_a_choice_is_validated_and_handed_on(function: Callable[..., torch.Tensor]) -> None:
    assert mouse.explain(function, BATCH, kind="sum").loss.item() == 10
    assert mouse.explain(function, BATCH).loss.item() == 2.5
    with pytest.raises(BatchError, match=r"\(kind\): found 'median', expected 'sum' or 'mean'; change it\."):
        mouse.explain(function, BATCH, kind="median")
