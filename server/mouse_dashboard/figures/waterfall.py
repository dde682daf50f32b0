"""A waterfall from the stored reward to the TD error."""

import math
from dataclasses import dataclass
from typing import Any, cast

from mouse.losses.dqn import DqnLossConfig
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import TransitionInput
from mouse_dashboard.figures.style import BLUE, GREEN, GREY, ORANGE, PINK


@dataclass(frozen=True)
class Step:
    """A bar from one number to another."""

    label: str
    start: float
    end: float
    number: float
    """What the bar is labelled with: a term, or what the step adds to one."""
    said: str
    """How it is made, with its numbers."""
    colour: str
    level: bool = False
    """Whether it tells what is reached, not what is added."""


def _info(part: TransitionInput) -> list[Step]:
    terms, cfg = part.terms, cast("DqnLossConfig", part.cfg)
    names = ("reward_raw", "reward_normalized", "reward", "discount", "q_next_max", "bootstrap")
    raw, normalized, reward, discount, best, bootstrap = (float(getattr(terms, name)) for name in names)
    target, taken, error = (float(getattr(terms, name)) for name in ("td_target", "q_taken", "td_error"))
    scaled = f"{normalized:.6g} * {cfg.reward_scale:g} + {cfg.reward_shift:g} = {reward:.6g}"
    ahead = f"{discount:.6g} * {best:.6g} = {bootstrap:.6g}"
    return [
        Step("reward_raw", 0, raw, raw, _source(cfg), GREY, level=True),
        Step("normalised", raw, normalized, normalized - raw, f"{_switches(cfg)}: {normalized:.6g}", GREY),
        Step("scaled, shifted", normalized, reward, reward - normalized, scaled, GREY),
        Step("+ discount * max Q", reward, target, bootstrap, ahead, GREEN),
        Step("td_target", 0, target, target, f"{reward:.6g} + {bootstrap:.6g} = {target:.6g}", ORANGE, level=True),
        Step("q_taken", 0, taken, taken, f"q[action {int(terms.action)}] = {taken:.6g}", BLUE, level=True),
        Step("td_error", taken, target, error, f"{target:.6g} - {taken:.6g} = {error:.6g}", PINK),
    ]


def _source(cfg: DqnLossConfig) -> str:
    return "xformed_reward[t+1]" if cfg.use_xformed_reward else "reward[t+1]"


def _switches(cfg: DqnLossConfig) -> str:
    """What the normalisation does, as the config has it."""
    done = {
        "minus the mean of the sequence": cfg.normalize_reward_mean,
        "divided by its standard deviation": cfg.normalize_reward_std,
    }
    return ", ".join(name for name, on in done.items() if on) or "both switches are off"


def _draw(part: TransitionInput, info: list[Step]) -> FigureOutput:
    shown = [step for step in info if math.isfinite(step.start) and math.isfinite(step.end)]
    if not shown:
        return FigureOutput(_note(part, info))
    ends = [edge for step in info for edge in (step.start, step.end) if math.isfinite(edge)]
    room = 0.45 * (max(*ends, 0) - min(*ends, 0)) or 1.0  # for the labels
    last = len(info) - 0.5
    layout = {
        "height": 270,
        "xaxis": {"title": {"text": "scaled reward units"}, "range": [min(*ends, 0) - room, max(*ends, 0) + room]},
        "yaxis": {
            "tickvals": list(range(len(info))),
            "ticktext": [step.label for step in info],
            "range": [last, -0.5],
            "showgrid": False,
        },
        "shapes": [_line(0, -0.5, last, "zero"), *_links(info)],
        "showlegend": False,
        "hovermode": "closest",
    }
    return FigureOutput(_note(part, info), [_bars(info)], layout)


def _bars(info: list[Step]) -> dict[str, Any]:
    """What is not finite has no bar; its label stands at zero all the same."""
    bars = [(step.start, step.end - step.start) for step in info]
    bars = [bar if math.isfinite(sum(bar)) else (0.0, 0.0) for bar in bars]
    return {
        "type": "bar",
        "name": "waterfall",
        "orientation": "h",
        "y": list(range(len(info))),
        "base": [start for start, _ in bars],
        "x": [length for _, length in bars],
        "text": [f"{step.number:.4g}" if step.level else f"{step.number:+.4g}" for step in info],
        "textposition": "outside",
        "constraintext": "none",
        "cliponaxis": False,
        "width": 0.62,
        "marker": {"color": [step.colour for step in info]},
        "customdata": [[step.label, step.said] for step in info],
        "hovertemplate": "%{customdata[0]}: %{text}<br>%{customdata[1]}<extra></extra>",
    }


def _links(info: list[Step]) -> list[dict[str, Any]]:
    """From the end of each bar to where the next one starts; the target's level goes on to the gap that it leaves."""
    ends = [(step.end, place, place + 1) for place, step in enumerate(info[:4])]
    ends += [(info[4].end, 4, 6), (info[5].end, 5, 6)]
    return [_line(end, upper + 0.31, lower + 0.31, "link") for end, upper, lower in ends if math.isfinite(end)]


def _line(at: float, top: float, bottom: float, name: str) -> dict[str, Any]:
    """In the page's own ink."""
    line = {"width": 1, "dash": "solid" if name == "zero" else "dot"}
    return {"type": "line", "name": name, "x0": at, "x1": at, "y0": top, "y1": bottom, "line": line}


def _note(part: TransitionInput, info: list[Step]) -> str:
    target, taken, error = (f"{step.number:.6g}" for step in info[-3:])
    text = f"sequence {part.row}, transition {part.step}: td_error = {target} - {taken} = {error}"
    bad = [step.label for step in info if not math.isfinite(step.number)]
    return f"{text}; no bar for what is not finite: {', '.join(bad)}" if bad else text


WATERFALL = Figure(
    name="waterfall",
    title="From reward to TD error",
    doc="What each step adds: the reward as stored, normalised, scaled and shifted, plus the discounted best next "
    "value, is the target; the gap to q_taken is the TD error.",
    scope="transition",
    panel="transition",
    info=_info,
    draw=_draw,
    terms=("reward_raw", "reward_normalized", "reward", "bootstrap", "td_target", "q_taken", "td_error"),
)
