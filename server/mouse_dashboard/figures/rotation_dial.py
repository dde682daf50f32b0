"""The rotation of the target vector by the reward, and the distance of the taken action's vector from the result.

Vectors of more than two dimensions turn in several planes at once, by the same angle: one dial for each. A vector is
drawn as long as its share of length in the plane, on a unit circle.
"""

import math
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from mouse.losses.reward import RewardConfig
from mouse_dashboard.figures.figure import Figure, FigureOutput, not_finite
from mouse_dashboard.figures.inputs import TransitionInput
from mouse_dashboard.figures.style import BLUE, GREEN, GREY, ORANGE, PINK

MOST_PLANES = 4
MOST_ACTIONS = 32
"""Of more actions the first are drawn, and the one executed."""
ARC_POINTS = 33


@dataclass(frozen=True)
class RotationDial:
    """Unit vectors by plane: ``[..., plane, 2]``."""

    actions: Tensor
    """Online vector of each action."""
    v_taken: Tensor
    v_greedy: Tensor
    v_rotated: Tensor
    theta: float
    remaining: float
    """Angle between v_taken and v_rotated: acos(cosine), in radians."""
    executed: int
    greedy: int


def _info(part: TransitionInput) -> RotationDial:
    terms = part.terms
    return RotationDial(
        actions=_planes(part.heads["vec_dqn"]),
        v_taken=_planes(terms.v_taken),
        v_greedy=_planes(terms.v_greedy),
        v_rotated=_planes(terms.v_rotated),
        theta=float(terms.theta),
        remaining=float(terms.cosine.double().clamp(-1, 1).acos()),
        executed=int(terms.action),
        greedy=int(terms.greedy_action),
    )


def _planes(vectors: Tensor) -> Tensor:
    """Unit vectors, in pairs of consecutive dimensions."""
    unit = torch.nn.functional.normalize(vectors.double(), dim=-1)
    return unit.view(*unit.shape[:-1], -1, 2)


def _draw(part: TransitionInput, info: RotationDial) -> FigureOutput:
    planes = info.v_taken.shape[0]
    shown = min(planes, MOST_PLANES)
    data = [trace for plane in range(shown) for trace in _dial(info, plane, planes)]
    layout: dict[str, Any] = {
        "height": 430 if shown == 1 else 310 if shown == 2 else 560,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
        "shapes": [_circle(plane) for plane in range(shown)],
    }
    for plane in range(shown):
        layout |= _panel(info, plane, shown)
    return FigureOutput(_note(part, info, planes), data, layout)


def _panel(info: RotationDial, plane: int, shown: int) -> dict[str, Any]:
    """Axes of one dial: alone, or two beside each other with the share of length that each vector has in the plane."""
    number = plane + 1 if plane else ""
    row, column = divmod(plane, 2)
    left, width = 0.52 * column, 1.0 if shown == 1 else 0.48
    top, height = 1 - 0.54 * row, 1.0 if shown <= 2 else 0.42
    axis = {"range": [-1.25, 1.25], "showgrid": False, "tickvals": [-1, 0, 1], "constrain": "domain"}
    titles = [f"dimension {2 * plane}", f"dimension {2 * plane + 1}"]
    if shown > 1:
        taken, greedy = (math.hypot(*_pair(vector[plane])) for vector in (info.v_taken, info.v_greedy))
        axis |= {"range": [-1.1, 1.1], "showticklabels": False, "showline": False, "ticks": ""}
        titles = [f"dimensions {2 * plane}, {2 * plane + 1}<br>v_taken {taken:.2f}<br>v_greedy {greedy:.2f}", ""]
    across = {
        "domain": [left, left + width],
        "anchor": f"y{number}",
        "title": {"text": titles[0], "font": {"size": 11}},
    }
    up = {"domain": [top - height, top], "anchor": f"x{number}", "title": {"text": titles[1]}}
    return {f"xaxis{number}": axis | across, f"yaxis{number}": axis | up | {"scaleanchor": f"x{number}"}}


def _circle(plane: int) -> dict[str, Any]:
    corners = {"x0": -1, "x1": 1, "y0": -1, "y1": 1}
    return {"type": "circle", **corners, **_axes(plane, "ref"), "line": {"color": GREY, "width": 1}}


def _axes(plane: int, suffix: str = "axis") -> dict[str, str]:
    number = plane + 1 if plane else ""
    return {f"x{suffix}": f"x{number}", f"y{suffix}": f"y{number}"}


def _dial(info: RotationDial, plane: int, planes: int) -> list[dict[str, Any]]:
    others = [action for action in range(min(len(info.actions), MOST_ACTIONS)) if action != info.executed]
    arrows = [
        _others(info, others, plane),
        _arrow("v_greedy", "v_greedy", info.v_greedy[plane], GREEN, 5),
        _arrow("v_rotated", "v_rotated", info.v_rotated[plane], ORANGE, 2.5),
        _arrow(f"v_taken, action {info.executed}", "v_taken", info.v_taken[plane], BLUE, 2.5),
        _arc("theta", info.v_greedy[plane], info.theta, 0.45, ORANGE),
    ]
    if planes == 1:
        turn = _signed_angle(info.v_rotated[plane], info.v_taken[plane])
        arrows.append(_arc("remaining", info.v_rotated[plane], turn, 0.62, PINK))
    first = {trace["legendgroup"]: index for index, trace in reversed(list(enumerate(arrows)))}
    return [
        trace | _axes(plane) | {"showlegend": plane == 0 and first[trace["legendgroup"]] == index}
        for index, trace in enumerate(arrows)
    ]


def _arrow(label: str, group: str, tip: Tensor, colour: str, width: float) -> dict[str, Any]:
    x, y = _pair(tip)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": group,
        "legendgroup": group,
        "x": [0, _finite(x)],
        "y": [0, _finite(y)],
        "line": {"color": colour, "width": width},
        "marker": {"symbol": "arrow", "angleref": "previous", "size": [0, 5 + 3 * width], "color": colour},
        "hovertemplate": f"{label}<br>%{{x:.4g}}, %{{y:.4g}}<extra></extra>",
    }


def _others(info: RotationDial, others: list[int], plane: int) -> dict[str, Any]:
    """Arrows of all other actions as one trace, from the middle out and back."""
    tips = [_pair(info.actions[action, plane]) for action in others]
    arrow = _arrow("other actions", "other actions", torch.zeros(2), GREY, 1.5)
    size: list[float] = arrow["marker"]["size"]
    return arrow | {
        "x": [at for x, _ in tips for at in (0, _finite(x), None)],
        "y": [at for _, y in tips for at in (0, _finite(y), None)],
        "marker": arrow["marker"] | {"size": [*size, 0] * len(tips)},
        "text": [f"action {action}" for action in others for _ in range(3)],
        "hovertemplate": "%{text}<br>%{x:.4g}, %{y:.4g}<extra></extra>",
    }


def _arc(name: str, start: Tensor, turn: float, radius: float, colour: str) -> dict[str, Any]:
    """From the start by an angle, at most one full turn drawn."""
    x, y = _pair(start)
    text = f"{name} {turn:.4g} rad"
    points: list[tuple[float, float]] = []
    if math.isfinite(turn) and math.isfinite(x) and math.isfinite(y):
        drawn = max(-math.tau, min(math.tau, turn))
        angles = [math.atan2(y, x) + drawn * i / (ARC_POINTS - 1) for i in range(ARC_POINTS)]
        points = [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": text,
        "legendgroup": name,
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "line": {"color": colour, "width": 2, "dash": "dot"},
        "hovertemplate": f"{text}<extra></extra>",
    }


def _signed_angle(start: Tensor, end: Tensor) -> float:
    (x0, y0), (x1, y1) = _pair(start), _pair(end)
    return math.atan2(x0 * y1 - y0 * x1, x0 * x1 + y0 * y1)


def _pair(vector: Tensor) -> tuple[float, float]:
    return float(vector[0]), float(vector[1])


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _note(part: TransitionInput, info: RotationDial, planes: int) -> str:
    text = (
        f"sequence {part.row}, transition {part.step}: {_reward(part)} turns v_greedy by theta = {info.theta:.4g} rad, "
        f"{info.remaining:.4g} rad remain, a loss of {float(part.terms.loss):.4g}"
    )
    if planes > 1:
        text += f"; {min(planes, MOST_PLANES)} of {planes} planes, an arrow is as long as its share of length there"
    if len(info.actions) > MOST_ACTIONS:
        text += f"; of {len(info.actions):,} actions the first {MOST_ACTIONS} are drawn"
    bad = not_finite(torch.cat([info.actions.flatten(), info.v_taken.flatten(), info.v_greedy.flatten()]))
    return f"{text}; {bad} left out" if bad else text


def _reward(part: TransitionInput) -> str:
    """What theta is made of, as far as it is more than the reward itself."""
    raw, normalized = float(part.terms.reward_raw), float(part.terms.reward_normalized)
    cfg = cast("RewardConfig", part.cfg)
    scale, shift = cfg.reward_scale, cfg.reward_shift
    text = f"reward {raw:.4g}"
    if normalized != raw:
        text += f", normalised to {normalized:.4g},"
    if scale != 1:
        text += f" * {scale:.4g}"
    return text if shift == 0 else f"{text} {'-' if shift < 0 else '+'} {abs(shift):.4g}"


ROTATION_DIAL = Figure(
    name="rotation_dial",
    title="Rotation",
    doc="The target head's greedy vector turned by the reward, and the online vector that is pulled towards it, on the "
    "unit circle among the vectors of the other actions.",
    scope="transition",
    panel="transition",
    info=_info,
    draw=_draw,
    terms=("action", "v_taken", "greedy_action", "v_greedy", "theta", "v_rotated", "cosine"),
)
