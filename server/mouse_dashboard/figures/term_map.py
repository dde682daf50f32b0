"""A term over sequences and time: where in the batch the numbers are large."""

from typing import Any

import torch
from torch import Tensor

from mouse.wording import counted, every_one
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, TermSlice, not_finite
from mouse_dashboard.figures.pooling import MAX_ROWS, Pooled, fold_column, pool
from mouse_dashboard.figures.style import whole_ticks
from mouse_dashboard.figures.symlog import Symlog, symlog_of

DIVERGING = [[0, "#2166ac"], [0.25, "#92c5de"], [0.5, "#f7f7f7"], [0.75, "#f4a582"], [1, "#b2182b"]]
SEQUENTIAL = "Viridis"
NOT_FINITE = "#ff00ff"
"""On neither scale, so that it cannot be taken for a value."""
INVALID = "#858c9659"
"""A translucent grey: nothing is there to be a value."""


def _info(part: TermSlice) -> Pooled:
    return _pooled(part, part.floats, part.left_out)


def _pooled(part: TermSlice, values: Tensor, outside: Tensor | None) -> Pooled:
    """Cells of the map; those of a folded one are counted along its lines."""
    if not part.fold:
        return pool(values, outside=outside)
    return fold_column(pool(values, max_rows=MAX_ROWS * MAX_ROWS, outside=outside))


def _draw(part: TermSlice, info: Pooled) -> FigureOutput:
    shown: Tensor = getattr(info, part.pool)
    scale = symlog_of(shown) if part.colours == "symlog" else None
    data = [_heatmap(part, info, shown) if scale is None else _symlog_heatmap(part, info, shown, scale)]
    if bool(info.non_finite.any()):
        data.append(_marks(part, info))
    if part.invalid:
        data.append(_invalid(part, info))
    layout = {
        "xaxis": {"title": {"text": f"{part.unit} t"}, "range": [part.steps[0] - 0.5, part.steps[1] - 0.5]}
        | whole_ticks(part.steps[1] - part.steps[0]),
        "yaxis": {"title": {"text": "sequence b"}, "range": [part.rows[1] - 0.5, part.rows[0] - 0.5]}
        | whole_ticks(part.rows[1] - part.rows[0]),
    }
    fold = _line(part, info) if part.fold else None
    if fold is not None:
        last = part.rows[0] + fold * info.mean.shape[0]
        layout["xaxis"] = {"title": {"text": "offset in the row"}, "range": [-0.5, fold - 0.5]}
        layout["yaxis"] = {
            "title": {"text": f"first {part.unit} of the row"},
            "range": [last - fold / 2, part.rows[0] - fold / 2],
        }
    scale_note = f"; colours log beyond {scale.unit:.3g}, the median size" if scale else ""
    return FigureOutput(_note(part, info) + scale_note, data, layout, _cell(part, info), fold)


def _cell(part: TermSlice, info: Pooled) -> tuple[int, int]:
    """Rows and columns that one cell stands for, those that were left out of an estimate too."""
    return info.cell[0] * part.stride, info.cell[1]


def _line(part: TermSlice, info: Pooled) -> int:
    """How many places stand in a line of a folded map."""
    return info.mean.shape[1] * _cell(part, info)[0]


def _where(part: TermSlice) -> str:
    """The place under the pointer, for people."""
    if part.fold:
        return f"{part.unit} n = %{{text}}"
    return f"sequence %{{y:.0f}}, {part.unit} %{{x:.0f}}"


def _numbers(part: TermSlice, info: Pooled) -> dict[str, Any]:
    """Number of the first place of each cell of a folded map."""
    if not part.fold or part.brief:
        return {}
    first = part.rows[0] + torch.arange(info.mean.numel()) * _cell(part, info)[0]
    return {"text": first.view_as(info.mean).tolist()}


def _heatmap(part: TermSlice, info: Pooled, shown: Tensor) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "type": "heatmap",
        "z": typed_array(shown),
        **_grid(part, info),
        **_numbers(part, info),
        "colorscale": DIVERGING if part.signed else SEQUENTIAL,
        "colorbar": {"title": {"text": part.label}},
        "hoverongaps": False,
    }
    if part.signed:
        trace |= _centred_on_zero(shown)
    where = f"{_where(part)}<br>"
    if _cell(part, info) == (1, 1):
        return trace | {"hovertemplate": f"{where}{part.label} = %{{z}}<extra></extra>"}
    if part.brief:
        return trace | {"hovertemplate": f"around {where}{part.pool} %{{z:.6g}}<extra></extra>"}
    around = f"around {where}{part.pool} %{{z:.6g}}<br>min %{{customdata[0]:.6g}}, max %{{customdata[1]:.6g}}"
    return trace | {
        "customdata": typed_array(torch.stack((info.min, info.max), dim=-1)),
        "hovertemplate": f"{around}<extra></extra>",
    }


def _symlog_heatmap(part: TermSlice, info: Pooled, shown: Tensor, scale: Symlog) -> dict[str, Any]:
    """The same map with other colours: who points at a cell is told its own value."""
    plain = _heatmap(part, info, shown)
    places = scale.of(shown)
    ticks, texts = scale.ticks()
    trace = plain | {"z": typed_array(places), "colorbar": plain["colorbar"] | {"tickvals": ticks, "ticktext": texts}}
    if part.signed:
        trace |= _centred_on_zero(places)
    if part.brief:
        return trace | {"hoverinfo": "skip"}
    exact = shown.unsqueeze(-1) if _cell(part, info) == (1, 1) else torch.stack((info.min, info.max, shown), dim=-1)
    own = f"%{{customdata[{exact.shape[-1] - 1}]:.6g}}"
    hover = plain["hovertemplate"].replace("%{z:.6g}", own).replace("%{z}", own)
    return trace | {"customdata": typed_array(exact), "hovertemplate": hover}


def _grid(part: TermSlice, info: Pooled) -> dict[str, Any]:
    """Cell centres in sequences and transitions."""
    height, width = _cell(part, info)
    if part.fold:
        return {"x0": (height - 1) / 2, "dx": height, "y0": part.rows[0], "dy": _line(part, info)}
    return {
        "x0": part.steps[0] + (width - 1) / 2,
        "dx": width,
        "y0": part.rows[0] + (height - 1) / 2,
        "dy": height,
    }


def _centred_on_zero(shown: Tensor) -> dict[str, Any]:
    finite = shown[shown.isfinite()]
    reach = float(finite.abs().max()) if finite.numel() else 0.0
    return {"zmin": -reach or -1.0, "zmax": reach or 1.0}


def _marks(part: TermSlice, info: Pooled) -> dict[str, Any]:
    """Cells that hold something not finite, whatever else is in them."""
    count = info.non_finite.to(torch.float32)
    return {
        "type": "heatmap",
        "name": "not finite",
        "z": typed_array(count.masked_fill(count == 0, torch.nan)),
        **_grid(part, info),
        "colorscale": [[0, NOT_FINITE], [1, NOT_FINITE]],
        "showscale": False,
        "hoverongaps": False,
        **_numbers(part, info),
        "hovertemplate": f"{_where(part)}<br>%{{z:.0f}} not finite<extra></extra>",
    }


def _invalid(part: TermSlice, info: Pooled) -> dict[str, Any]:
    """Cells that hold placeholders only."""
    assert part.placeholder is not None, "whoever counts placeholders has some"  # noqa: S101
    some = _pooled(part, part.placeholder.to(torch.float32), part.outside).max > 0
    empty = some & info.max.isnan() & (info.non_finite == 0)
    return {
        "type": "heatmap",
        "name": "invalid",
        **_numbers(part, info),
        "z": typed_array(torch.where(empty, 1.0, torch.nan)),
        **_grid(part, info),
        "colorscale": [[0, INVALID], [1, INVALID]],
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": f"{_where(part)}<br>{part.placeholder_name}: no value here<extra></extra>",
    }


def _note(part: TermSlice, info: Pooled) -> str:
    height, width = _cell(part, info)
    count = counted(part.values.numel(), part.unit)
    size = counted(height, part.unit) if part.fold else f"{counted(height, 'sequence')} x {counted(width, part.unit)}"
    looked_at = "in all" if part.stride == 1 else "looked at"
    pooled = f"1 cell = {size}, {part.pool}; {count} {looked_at}"
    text = every_one(part.values.numel(), part.unit) if (height, width) == (1, 1) else pooled
    if part.outside is not None:
        text += f"; {counted(int((~part.outside).sum()), part.unit)} of the slice, the others blank"
    if part.invalid:
        text += f"; {part.invalid:,} {part.placeholder_name}, in grey or left out of their cell"
    bad = not_finite(part.inside) if bool(info.non_finite.any()) else ""
    return f"{text}; {bad} in magenta" if bad else text


TERM_MAP = Figure(
    name="map",
    title="Map",
    doc="The term over sequences and time: where in the batch its values are large.",
    scope="term",
    panel="term",
    info=_info,
    draw=_draw,
)
