"""The term map shows the term's own numbers, centred on zero where signs matter, and marks what is not finite."""

import base64
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mouse.losses.term import TermInfo
from mouse_dashboard.figures.figure import FigureOutput, TermSlice
from mouse_dashboard.figures.term_map import TERM_MAP
from mouse_dashboard.schema.requests import Colours


def drawn(
    values: Tensor,
    *,
    signed: bool = True,
    pool: str = "mean",
    start: int = 0,
    brief: bool = False,
    colours: Colours = "linear",
) -> FigureOutput:
    term = TermInfo("formula", "doc", signed, name="td_error", dims=("batch", "time"))
    rows, steps = (0, values.shape[0]), (start, start + values.shape[1])
    return TERM_MAP.make(TermSlice(term, values, rows, steps, 0, pool, brief=brief, colours=colours))


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


@pytest.mark.parametrize(("shape", "ticks"), [((1, 2), (1, 1)), ((9, 10), (None, 1))])
def test_few_places_are_numbered_in_whole_numbers(shape: tuple[int, int], ticks: tuple[int | None, int | None]) -> None:
    layout = drawn(torch.zeros(shape)).layout
    assert (layout["xaxis"].get("dtick"), layout["yaxis"].get("dtick")) == ticks


def test_a_map_of_one_place_says_so() -> None:
    assert drawn(torch.zeros(1, 1)).note == "1 transition"


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


def test_symlog_colours_keep_the_order_and_the_values_of_cells() -> None:
    values = torch.tensor([[-900.0, -1.0, 0.0], [0.5, 1.0, 99.0]])
    figure = drawn(values, colours="symlog")
    (heatmap,) = figure.data
    expected = [[-math.log10(901), -math.log10(2), 0], [math.log10(1.5), math.log10(2), 2]]
    assert np.allclose(decoded(heatmap["z"]), expected)  # the median size is 1
    assert (heatmap["zmin"], heatmap["zmax"]) == (pytest.approx(-math.log10(901)), pytest.approx(math.log10(901)))
    assert decoded(heatmap["customdata"])[..., 0].tolist() == values.tolist()
    assert heatmap["hovertemplate"].endswith("td_error = %{customdata[0]:.6g}<extra></extra>")
    assert figure.note == "every one of 6 transitions; colours log beyond 1, the median size"


def test_symlog_ticks_stand_where_their_values_do() -> None:
    (heatmap,) = drawn(torch.tensor([[-900.0, -1.0, 1.0, 2.0]]), colours="symlog").data
    bar = heatmap["colorbar"]
    assert bar["ticktext"] == ["-100", "-10", "-1", "0", "1", "10", "100"]
    for place, text in zip(bar["tickvals"], bar["ticktext"], strict=True):
        value = float(text)
        assert place == pytest.approx(math.copysign(math.log10(1 + abs(value)), value))


def test_symlog_of_a_pooled_map_tells_mean_and_extremes_of_a_cell() -> None:
    values = torch.arange(200 * 2.0).reshape(200, 2)
    plain, symlog = (drawn(values, signed=False, colours=colours).data[0] for colours in ("linear", "symlog"))
    extremes = decoded(plain["customdata"])
    assert decoded(symlog["customdata"])[..., :2].tolist() == extremes.tolist()
    assert decoded(symlog["customdata"])[..., 2].tolist() == decoded(plain["z"]).tolist()
    assert "mean %{customdata[2]:.6g}<br>min %{customdata[0]:.6g}" in symlog["hovertemplate"]


@pytest.mark.parametrize("values", [[0.0, 0.0], [math.nan, math.inf]])
def test_symlog_of_nothing_but_zeros_is_the_plain_map(values: list[float]) -> None:
    plain, symlog = (drawn(torch.tensor([values]), colours=colours) for colours in ("linear", "symlog"))
    assert symlog == plain


@pytest.mark.parametrize("values", [[1e-320, 1e308], [-1e308, 5.0], [3.0, 3.0], [1e-45, 2e-45]])
def test_symlog_holds_whatever_a_float_holds(values: list[float]) -> None:
    (heatmap,) = drawn(torch.tensor([values], dtype=torch.float64), colours="symlog").data
    assert np.isfinite(decoded(heatmap["z"])).all()
    assert np.isfinite(heatmap["colorbar"]["tickvals"]).all()
    assert len(set(heatmap["colorbar"]["ticktext"])) == len(heatmap["colorbar"]["ticktext"])


def test_while_a_slider_is_dragged_a_symlog_map_has_no_hover() -> None:
    (heatmap,) = drawn(torch.tensor([[1.0, 2.0]]), colours="symlog", brief=True).data
    assert heatmap["hoverinfo"] == "skip"
    assert "customdata" not in heatmap


def test_places_without_order_are_folded_into_a_near_square_that_counts_n() -> None:
    values = torch.arange(10.0).view(10, 1)
    term = TermInfo("", "Doc.", name="loss", dims=("batch", "time"))
    drawn = TERM_MAP.make(TermSlice(term, values, (0, 10), (0, 1), 0, "mean", fold=True))
    trace = drawn.data[0]
    assert (drawn.fold, drawn.cell) == (4, (1, 1))
    assert (trace["x0"], trace["dx"], trace["y0"], trace["dy"]) == (0, 1, 0, 4)
    assert trace["text"] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert "n = %{text}" in trace["hovertemplate"]
    assert drawn.note == "every one of 10 transitions"


def test_many_places_without_order_are_pooled_along_the_lines() -> None:
    term = TermInfo("", "Doc.", name="loss", dims=("batch", "time"))
    count = 3 * 96 * 96
    drawn = TERM_MAP.make(TermSlice(term, torch.ones(count, 1), (0, count), (0, 1), 0, "mean", fold=True))
    assert (drawn.cell, drawn.fold) == ((3, 1), 3 * 96)
    assert drawn.note == f"1 cell = 3 transitions, mean; {count:,} transitions in all"
