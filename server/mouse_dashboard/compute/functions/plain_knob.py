"""A knob as plain values: its Python type stays in the process of the function."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Interval
from pydantic import Strict

from mouse.losses.config import Slider
from mouse.tracing.knobs import Knob

TYPES = {"bool": bool, "int": int, "float": float, "str": str}
BOUNDS = ("ge", "gt", "le", "lt")


@dataclass(frozen=True)
class PlainKnob:
    """A parameter that a form can set."""

    name: str
    default: bool | int | float | str
    doc: str
    kind: Literal["bool", "int", "float", "str", "choice"]
    choices: tuple[bool | int | str, ...] = ()
    bounds: dict[str, float] | None = None
    """By their names: ge, gt, le, lt."""
    slider: tuple[float, float, Literal["linear", "log", "one_minus_log"]] | None = None

    @classmethod
    def of(cls, knob: Knob) -> "PlainKnob":
        """The plain values of a knob."""
        kind, *extras = get_args(knob.annotation) if get_origin(knob.annotation) is Annotated else (knob.annotation,)
        if get_origin(kind) is Literal:
            return cls(knob.name, knob.default, knob.doc, "choice", get_args(kind))
        notes = [note for extra in extras for note in getattr(extra, "metadata", (extra,))]
        bounds = {name: value for note in notes for name in BOUNDS if (value := getattr(note, name, None)) is not None}
        slider = next((each for each in extras if isinstance(each, Slider)), None)
        drawn = None if slider is None else (slider.low, slider.high, slider.scale)
        return cls(knob.name, knob.default, knob.doc, kind.__name__, (), bounds, drawn)

    def knob(self) -> Knob:
        """Rebuild the knob, as far as a config needs it."""
        if self.kind == "choice":
            return Knob(self.name, Literal[self.choices], self.default, self.doc)
        extras: list[Any] = [Strict()]
        if self.bounds:
            extras.append(Interval(**self.bounds))
        if self.slider:
            extras.append(Slider(*self.slider))
        default = float(self.default) if self.kind == "float" else self.default
        return Knob(self.name, Annotated[(TYPES[self.kind], *extras)], default, self.doc)
