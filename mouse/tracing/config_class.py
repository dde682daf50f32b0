"""The user's config class, a dataclass or a pydantic model: its fields, including nested ones, become knobs."""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple, cast

from pydantic import BaseModel
from tensordict import TensorDictBase

from mouse.errors import BatchError
from mouse.losses.config import LossConfig
from mouse.tracing.docstring import parameter_docs
from mouse.tracing.knobs import MISSING, Knob, hints_of, knob_of

OF_EVERY_LOSS = frozenset(each.name for each in dataclasses.fields(cast("Any", LossConfig)))


class ConfigField(NamedTuple):
    """A field of a config class."""

    annotation: Any
    default: Any
    doc: str


@dataclasses.dataclass(frozen=True)
class ConfigClass:
    """A parameter that takes a config object."""

    parameter: str
    type: Callable[..., Any]
    fields: Mapping[str, ConfigField]
    parts: Mapping[str, "ConfigClass"]
    """Fields that are config objects themselves."""

    def knobs(self) -> dict[str, Knob]:
        """A knob for each field that a form knows; of a part's field, the part's name comes before it."""
        own = {name: knob_of(name, *field) for name, field in self.fields.items() if name not in OF_EVERY_LOSS}
        found = {name: knob for name, knob in own.items() if knob is not None}
        for name, part in self.parts.items():
            found |= {
                f"{name}_{key}": dataclasses.replace(knob, name=f"{name}_{key}") for key, knob in part.knobs().items()
            }
        return found

    def make(self, values: Mapping[str, Any]) -> Any:
        """A config object with these values of its knobs.

        Raises:
            BatchError: (a ValueError) a field has no default, or the class refuses the values.
        """
        arguments = {name: values[name] for name in self.fields if name in values}
        for name, part in self.parts.items():
            prefix = f"{name}_"
            arguments[name] = part.make(
                {key.removeprefix(prefix): values[key] for key in values if key.startswith(prefix)}
            )
        try:
            return self.type(**arguments)
        except (TypeError, ValueError) as error:
            text = " ".join(str(error).split())
            raise BatchError(
                self.parameter, text, f"a {self.type.__name__} of these values", "give each of its fields a default"
            ) from error


def config_class_of(parameter: str, annotation: Any, default: Any = MISSING) -> ConfigClass | None:
    """The config class that a parameter is annotated with; None of anything else.

    A `default` object holds the defaults of its fields.
    """
    fields = _fields(annotation) if inspect.isclass(annotation) and not issubclass(annotation, TensorDictBase) else None
    if fields is None:
        return None
    if isinstance(default, annotation):
        fields = {name: field._replace(default=getattr(default, name)) for name, field in fields.items()}
    parts = {name: config_class_of(name, field.annotation, field.default) for name, field in fields.items()}
    nested = {name: part for name, part in parts.items() if part is not None}
    return ConfigClass(parameter, annotation, {k: v for k, v in fields.items() if k not in nested}, nested)


def _fields(of: type[Any]) -> dict[str, ConfigField] | None:
    """Fields of a dataclass or a pydantic model."""
    if issubclass(of, BaseModel):
        return {
            name: ConfigField(
                Annotated[(each.annotation, *each.metadata)] if each.metadata else each.annotation,
                MISSING if each.is_required() else each.get_default(call_default_factory=True),
                each.description or "",
            )
            for name, each in of.model_fields.items()
        }
    if dataclasses.is_dataclass(of):
        hints, docs = hints_of(of), parameter_docs(of)
        return {
            each.name: ConfigField(hints.get(each.name, MISSING), _default(each), docs.get(each.name, ""))
            for each in dataclasses.fields(of)
            if each.init
        }
    return None


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default is not dataclasses.MISSING:
        value: Any = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return MISSING
    return value.default if type(value).__name__ == "FieldInfo" else value
