"""The signature of a loss function: which parameters are fields of the batch, and which are knobs."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast, get_origin

from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.errors import MissingFieldError
from mouse.losses.config import LossConfig
from mouse.losses.fields import OUT, STEP_STREAM, names
from mouse.tracing.config_class import ConfigClass, config_class_of
from mouse.tracing.docstring import parameter_docs
from mouse.tracing.function import callee_of, name_of, written_function
from mouse.tracing.knobs import MISSING, Knob, config_type, hints_of, knob_of
from mouse.wording import fields_found

WHOLE = (STEP_STREAM, OUT, "batch")
"""Parameters of these names get whole TensorDicts."""


@dataclass(frozen=True)
class Signature:
    """A function with what is known of its parameters."""

    function: Callable[..., Any]
    name: str
    doc: str
    config: type[LossConfig]
    """Its knobs as a config."""
    parameters: tuple[inspect.Parameter, ...]
    config_class: ConfigClass | None
    """The parameter that takes a config object."""
    knobs: Mapping[str, Knob]
    annotations: Mapping[str, Any]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Parameters that are fields of the batch and must be there."""
        return tuple(each.name for each in self.parameters if self._is_field(each) and each.default is MISSING)

    @property
    def takes_whole_batch(self) -> bool:
        """Whether it reads whatever it likes of the batch."""
        return any(each.name in WHOLE for each in self.parameters) or self._whole is not None

    def _is_field(self, parameter: inspect.Parameter) -> bool:
        named = parameter.name in WHOLE or parameter is self._whole
        of_config = self.config_class is not None and parameter.name == self.config_class.parameter
        variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        return not (named or of_config or variable or self._is_knob(parameter))

    def _is_knob(self, parameter: inspect.Parameter) -> bool:
        return parameter.name in self.knobs and parameter.default is not MISSING

    @cached_property
    def _whole(self) -> inspect.Parameter | None:
        """A parameter that is annotated as a dictionary of tensors or a TensorDict gets the whole batch."""
        for each in self.parameters:
            annotation = self.annotations.get(each.name, each.annotation)
            if each.name not in WHOLE and _is_mapping(annotation):
                return each
        return None

    def _is_lone(self, parameter: inspect.Parameter, step_stream: TensorDictBase, out: TensorDictBase) -> bool:
        """Whether a parameter is the only one, whatever its name, and so takes the whole batch."""
        return self.fields == (parameter.name,) and parameter.name not in names(step_stream) | names(out)

    def bind(
        self, step_stream: TensorDictBase, out: TensorDictBase, cfg: LossConfig
    ) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments of a call.

        Raises:
            MissingFieldError: (a KeyError) the batch has no field of a parameter's name.
        """
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        whole = self._whole
        for each in self.parameters:
            if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
                continue
            if self._is_knob(each):
                value: Any = getattr(cfg, each.name)
            elif self.config_class is not None and each.name == self.config_class.parameter:
                value = self.config_class.make({name: getattr(cfg, name) for name in self.knobs})
            elif each.name in WHOLE or each is whole or self._is_lone(each, step_stream, out):
                value = self._whole_value(each, step_stream, out)
            else:
                value = self._field(each, step_stream, out)
            if each.kind is each.KEYWORD_ONLY:
                keywords[each.name] = value
            else:
                positional.append(value)
        return positional, keywords

    def _whole_value(self, parameter: inspect.Parameter, step_stream: TensorDictBase, out: TensorDictBase) -> Any:
        one = {STEP_STREAM: step_stream, OUT: out}.get(parameter.name)
        if one is None:
            both = {**dict(step_stream.items()), **dict(out.items())}
            one = TensorDict(both, batch_size=step_stream.batch_size)
        if any("." in name for name in names(one)):  # nested, as it was: `next.reward` is `reward` in `next`
            one = one.unflatten_keys(".")
        annotation = self.annotations.get(parameter.name, parameter.annotation)
        return one.to_dict() if _is_dictionary(annotation) else one

    def _field(self, parameter: inspect.Parameter, step_stream: TensorDictBase, out: TensorDictBase) -> Any:
        """A field of the batch; of an optional one that is absent the parameter's default."""
        for source in (out, step_stream):
            value = cast("object", source.get(parameter.name, None))
            if isinstance(value, Tensor):
                return value
        if parameter.default is not MISSING:
            return parameter.default
        found = fields_found(names(step_stream) | names(out))
        raise MissingFieldError(
            f"{self.name}({parameter.name})", f"{found} in the batch", f"a field {parameter.name!r}",
            "rename the parameter, add the field, or give the parameter a default",
        )  # fmt: skip


def signature_of(function: Callable[..., Any], name: str | None = None) -> Signature:
    """Read a function's parameters.

    Keyword-only parameters, and others with a number, a switch or a text as default, are knobs; a parameter annotated
    with a dataclass or a pydantic model takes its fields as knobs; `step_stream`, `out` and `batch` get TensorDicts;
    every other parameter is a field of the batch by its name.

    Raises:
        TypeError: it is no function whose parameters can be read.
        BatchError: (a ValueError) a knob is called as a field that every config has.
    """
    name = name or name_of(function)
    try:
        parameters = tuple(inspect.signature(callee_of(function)).parameters.values())
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: found {type(function).__name__}, expected a Python function; pass one.") from error
    written = written_function(function)
    hints, docs = hints_of(written), parameter_docs(written)
    knobs: dict[str, Knob] = {}
    config_class: ConfigClass | None = None
    for each in parameters:
        annotation = hints.get(each.name, each.annotation)
        found = None if each.name in WHOLE else config_class_of(each.name, annotation, each.default)
        if found is not None:
            config_class = found
            knobs |= found.knobs()
        else:
            knob = knob_of(each.name, annotation, each.default, docs.get(each.name, ""))
            if knob is not None:
                knobs[each.name] = knob
    doc = (inspect.getdoc(written) or "").partition("\n")[0]
    return Signature(function, name, doc, config_type(name, knobs), parameters, config_class, knobs, hints)


def _is_mapping(annotation: Any) -> bool:
    return _is_dictionary(annotation) or (isinstance(annotation, type) and issubclass(annotation, TensorDictBase))


def _is_dictionary(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    return isinstance(origin, type) and issubclass(origin, Mapping) and not issubclass(origin, TensorDictBase)
