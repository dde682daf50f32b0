"""Knobs: the config of a plain function, from its parameters with a default or the fields of its config class."""

import dataclasses
import inspect
import math
import re
import types
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import Field, Strict
from pydantic.dataclasses import dataclass as pydantic_dataclass

from mouse.errors import BatchError
from mouse.losses.config import STRICT, LossConfig, Slider

PLAIN = (bool, int, float, str)
MISSING: Any = inspect.Parameter.empty


@dataclasses.dataclass(frozen=True)
class Knob:
    """A parameter of a function that a form can set."""

    name: str
    annotation: Any
    """Its type, with bounds where they are annotated."""
    default: bool | float | str
    doc: str = ""


def hints_of(of: Callable[..., Any]) -> dict[str, Any]:
    """Annotations with what is written beside them; none where they name what cannot be found."""
    try:
        return get_type_hints(of, include_extras=True)
    except Exception:  # noqa: BLE001  whatever the user's annotations raise, the function itself still runs
        return {}


def knob_of(name: str, annotation: Any, default: Any, doc: str) -> Knob | None:
    """The knob of a parameter; None where its type or its default is none that a form knows: NaN, infinity, a tuple."""
    if default is MISSING:
        return None
    kind = _plain_type(annotation, default)
    if kind is None or not isinstance(default, PLAIN) or (isinstance(default, float) and not math.isfinite(default)):
        return None
    extras = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    if kind in (float, int) and not any(isinstance(extra, Slider) for extra in extras):
        extras = (*extras, slider_around(float(default), extras))
    strict = () if get_origin(kind) is Literal else (Strict(),)
    default = float(default) if kind is float else default
    return Knob(name, Annotated[(kind, *strict, *extras)] if strict or extras else kind, default, doc)


def _plain_type(annotation: Any, default: Any) -> Any:
    """bool, int, float, str or a Literal; from the default where nothing is annotated."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if annotation in (MISSING, Any, None):
        return type(default) if isinstance(default, PLAIN) else None
    if get_origin(annotation) in (Union, types.UnionType):
        of_default = [each for each in get_args(annotation) if each is type(default)]
        return of_default[0] if of_default else None
    if annotation in PLAIN or get_origin(annotation) is Literal:
        return annotation
    return None


def slider_around(default: float, extras: tuple[Any, ...] = ()) -> Slider:
    """The range worth dragging through: that of the bounds where there are some, else one around the default."""
    low, high = _bounds(extras)
    if low is None and high is None and 0 <= default <= 1:
        low, high = 0.0, 1.0
    if low == 0 and high == 1:
        return Slider(0, 1, scale="one_minus_log" if 0.9 <= default < 1 else "linear")
    size = abs(default) or 1.0
    if low is None:
        low = -4 * size if default < 0 else 0.0 if high is None or high > 0 else high - 4 * size
    if high is None:
        high = max(4 * size, low + size) if default >= 0 else max(0.0, low + size)
    return Slider(low, high)


def _bounds(extras: tuple[Any, ...]) -> tuple[float | None, float | None]:
    """Lower and upper bound that annotations tell: `annotated_types`, or a pydantic `Field`."""
    notes = [note for extra in extras for note in getattr(extra, "metadata", (extra,))]
    low = [float(value) for note in notes for name in ("ge", "gt") if (value := getattr(note, name, None)) is not None]
    high = [float(value) for note in notes for name in ("le", "lt") if (value := getattr(note, name, None)) is not None]
    return max(low, default=None), min(high, default=None)


def config_type(title: str, knobs: Mapping[str, Knob]) -> type[LossConfig]:
    """A frozen, validated config with a field for each knob, and the weight that every loss has.

    Raises:
        BatchError: (a ValueError) a knob is called as a field that every config has.
    """
    fields = tuple(knobs.values())
    defaults = repr([knob.default for knob in fields])
    try:
        return _config_type(title, fields, defaults)
    except TypeError:  # an annotation that has no hash
        return _config_type.__wrapped__(title, fields, defaults)


@lru_cache
def _config_type(title: str, knobs: tuple[Knob, ...], _defaults: str) -> type[LossConfig]:
    """Made once for equal knobs: a class takes a millisecond. As text, 0.0 and -0.0, or 1 and True, are not equal."""
    own = {field.name for field in dataclasses.fields(cast("Any", LossConfig))}
    for name in (knob.name for knob in knobs if knob.name in own):
        raise BatchError(
            f"{title}({name})",
            "a parameter of this name",
            "another: it is the factor of the loss in the total",
            "rename it",
        )
    annotations = {knob.name: Annotated[knob.annotation, Field(description=knob.doc or None)] for knob in knobs}
    body = {"__annotations__": annotations, "__doc__": f"Parameters of {title}.", "__module__": __name__}
    body |= {knob.name: knob.default for knob in knobs}
    made = type(f"{_camel(title)}Config", (LossConfig,), body)
    return cast("type[LossConfig]", pydantic_dataclass(frozen=True, kw_only=True, config=STRICT)(made))


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"\W|_", name) if part)
