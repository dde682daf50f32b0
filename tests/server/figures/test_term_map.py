"""The term map shows the term's own numbers, centred on zero where signs matter, and marks what is not finite."""

import base64
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mouse.losses.term import TermInfo
from server.figures.figure import Drawn, TermSlice
from server.figures.term_map import TERM_MAP


def drawn(values: Tensor, *, signed: bool = True, pool: str = "mean", start: int = 0, brief: bool = False) -> Drawn:
    term = TermInfo("formula", "doc", signed, name="td_error", dims=("batch", "time"))
    rows, steps = (0, values.shape[0]), (start, start + values.shape[1])
    return TERM_MAP.make(TermSlice(term, values, rows, steps, 0, pool, brief=brief))


def decoded(array: dict[str, Any]) -> np.ndarray[Any, Any]:
    flat = np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"])
    return flat.reshape([int(n) for n in array["shape"].split(", ")])


def test_cells_hold_the_bits_of_the_term() -> None:
    values = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    (heatmap,) = drawn(values).data
    assert decoded(heatmap["z"]).tobytes() == values.numpy().tobytes()


def test_float64_terms_keep_their_precision() -> None:
    values = torch.tensor([[1 / 3, 2 / 3]], dtype=torch.float64)
    assert decoded(drawn(values).data[0]["z"]).tolist() == values.tolist()


def test_colours_of_a_signed_term_are_centred_on_zero() -> None:
    (heatmap,) = drawn(torch.tensor([[-1.0, 4.0]])).data
    assert (heatmap["zmin"], heatmap["zmax"]) == (-4.0, 4.0)


def test_a_zero_map_has_a_colour_range_too() -> None:
    (heatmap,) = drawn(torch.zeros(2, 2)).data
    assert heatmap["zmin"] < 0 < heatmap["zmax"]


def test_an_unsigned_term_uses_the_sequential_scale() -> None:
    (heatmap,) = drawn(torch.ones(2, 2), signed=False).data
    assert heatmap["colorscale"] == "Viridis"
    assert "zmin" not in heatmap


def test_non_finite_values_are_marked_and_counted_by_kind() -> None:
    figure = drawn(torch.tensor([[1.0, math.nan, -math.inf]]))
    heatmap, marks = figure.data
    assert np.isnan(decoded(heatmap["z"])).tolist() == [[False, True, True]]
    assert np.isfinite(decoded(marks["z"])).tolist() == [[False, True, True]]
    assert figure.note == "every one of 3 transitions; 1 NaN, 1 -inf in magenta"


def test_a_pooled_map_says_what_a_cell_is_and_keeps_its_extremes() -> None:
    values = torch.zeros(192, 384)
    values[0, 0] = -5.0
    figure = drawn(values, pool="peak")
    (heatmap,) = figure.data
    assert figure.cell == (2, 2)
    assert figure.note == "1 cell = 2 sequences x 2 transitions, peak; 73,728 transitions in all"
    assert decoded(heatmap["z"])[0, 0] == -5.0
    assert decoded(heatmap["customdata"])[0, 0].tolist() == [-5.0, 0.0]
    assert (heatmap["x0"], heatmap["dx"]) == (0.5, 2)


def test_a_zoomed_map_keeps_the_transitions_own_numbers_on_its_axis() -> None:
    (heatmap,) = drawn(torch.zeros(2, 3), start=40).data
    assert heatmap["x0"] == 40


def test_a_brief_map_has_the_same_colours_and_less_to_point_at() -> None:
    values = torch.randn(300, 400, generator=torch.Generator().manual_seed(0))
    whole, brief = (drawn(values, brief=brief) for brief in (False, True))
    assert brief.data[0]["z"] == whole.data[0]["z"]
    assert "customdata" not in brief.data[0]
    assert len(str(brief.data)) < 100_000
