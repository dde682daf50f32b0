"""The terms of a plain function: its named values, and the unnamed ones on the way to the loss."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mouse.errors import cut
from mouse.losses.term import TermInfo
from mouse.tracing.contributions import Contributions, contributions
from mouse.tracing.recorder import VIEWS, Name, Value
from mouse.tracing.trace import Trace

LOSS = "loss"
LONGEST = 60
"""Characters of an expression that stands for a name."""


@dataclass(frozen=True)
class TracedTerm:
    """One intermediate of a plain function."""

    info: TermInfo
    values: Tensor
    """``[B, time]`` or ``[B, time, index]``, without gradient."""
    tensor: Tensor
    """As the function made it."""
    serial: int
    line: int
    file: str


@dataclass(frozen=True)
class OtherValue:
    """A named value that belongs to no place of the batch."""

    name: str
    formula: str
    shape: tuple[int, ...]
    dtype: str
    line: int
    mean: float | None
    smallest: float | None
    largest: float | None
    tensor: Tensor


@dataclass(frozen=True)
class TracedTerms:
    """All terms of one call, in order of computation; the last one is the loss per place, where there is one."""

    terms: Mapping[str, TracedTerm]
    others: tuple[OtherValue, ...]
    contributions: Contributions
    summands: tuple[str, ...] = field(default=())
    """Names of the terms that the loss adds up."""


def terms_of(trace: Trace) -> TracedTerms:
    """List the terms of a call."""
    recording = trace.recording
    on_the_way = recording.ancestors(trace.serial) if trace.serial is not None else set[int]()
    chosen = [*_named(trace), *_unnamed(trace, on_the_way)]
    chosen.sort(key=lambda pair: pair[0].serial)
    names = _unique(chosen)
    formulas = {value.serial: name for (value, _), name in zip(chosen, names, strict=True)}
    shares = contributions(trace, formulas)
    terms: dict[str, TracedTerm] = {}
    others: list[OtherValue] = []
    for (value, name), key in zip(chosen, names, strict=True):
        if value.serial == trace.serial and value.tensor.dim() == 0:
            continue  # the loss itself
        dims = trace.places.dims(value.tensor.shape)
        if dims is None:
            others.append(_other(key, name, value))
        else:
            terms[key] = _term(key, name, value, dims, trace)
    if shares.values is not None:
        terms = _with_loss(terms, shares)
    summands = tuple(formulas[serial] for serial in shares.summands if serial in formulas)
    return TracedTerms(terms, tuple(others), shares, summands)


def _named(trace: Trace) -> Iterable[tuple[Value, Name]]:
    """Values with a name: that of the function itself, where helpers call them otherwise."""
    for serial, names in trace.recording.names.items():
        value = trace.recording.values.get(serial)
        if value is not None:
            yield value, min(names, key=lambda name: name.depth)


def _unnamed(trace: Trace, on_the_way: set[int]) -> Iterable[tuple[Value, Name]]:
    """Of each expression that has no name the last value, where it is more than a view of another one."""
    last: dict[tuple[str, str, int], Value] = {}
    computes: set[tuple[str, str, int]] = set()
    for value in trace.recording.values.values():
        place = value.file, value.expression.text, value.expression.line
        if value.operation not in VIEWS:
            computes.add(place)
        last[place] = value
    for place, value in last.items():
        wanted = value.serial in on_the_way and value.serial not in trace.recording.names
        if wanted and place in computes and trace.places.dims(value.tensor.shape) is not None:
            depth = 0 if value.function == trace.function else 1
            yield value, Name(_as_name(value.expression.text), value.function, value.expression, depth)


def _as_name(text: str) -> str:
    return cut(" ".join(text.split()), LONGEST)


def _unique(chosen: list[tuple[Value, Name]]) -> list[str]:
    """Names that differ: a helper's after the helper, and of several values of one name the earlier by their lines."""
    full = [name.name if name.depth == 0 else f"{name.function}.{name.name}" for _, name in chosen]
    left, seen = Counter(full), Counter[str]()
    unique: list[str] = []
    for text, (_, name) in zip(full, chosen, strict=True):
        left[text] -= 1
        key = text if left[text] == 0 else f"{text}@{name.expression.line}"
        while key in unique:
            seen[key] += 1
            key = f"{key}#{seen[key] + 1}"
        unique.append(key)
    return unique


def _term(key: str, name: Name, value: Value, dims: tuple[str, ...], trace: Trace) -> TracedTerm:
    values = trace.places.grid(value.tensor.detach())
    doc = name.expression.comment or f"Line {name.expression.line}."
    info = TermInfo(name.expression.text, doc, _signed(values), name=key, dims=dims)
    return TracedTerm(info, values, value.tensor, value.serial, name.expression.line, value.file)


def _with_loss(terms: dict[str, TracedTerm], shares: Contributions) -> dict[str, TracedTerm]:
    """Put the loss per place last, under the name that every loss has; a term of that name steps aside."""
    assert shares.values is not None  # noqa: S101
    same = [key for key, term in terms.items() if term.values.data_ptr() == shares.values.data_ptr()]
    renamed = {(f"{key}@{term.line}" if key == LOSS else key): term for key, term in terms.items()}
    if same == [LOSS]:
        own = renamed.pop(f"{LOSS}@{terms[LOSS].line}")
        return {**renamed, LOSS: own}
    doc = "What each place adds: its mean is the loss."
    info = TermInfo(shares.formula, doc, _signed(shares.values), name=LOSS, dims=shares.dims)
    return {**renamed, LOSS: TracedTerm(info, shares.values, shares.values, -1, 0, "")}


def _signed(values: Tensor) -> bool:
    if values.dtype == torch.bool or values.numel() == 0 or not (values.is_floating_point()):
        return values.dtype != torch.bool and values.numel() > 0 and bool((values < 0).any())
    return bool((values < 0).any())


def _other(key: str, name: Name, value: Value) -> OtherValue:
    tensor = value.tensor.detach()
    numbers = tensor.double() if not tensor.is_complex() else tensor.abs().double()
    some = numbers.numel() > 0
    return OtherValue(
        key,
        name.expression.text,
        tuple(tensor.shape),
        str(tensor.dtype).removeprefix("torch."),
        name.expression.line,
        float(numbers.mean()) if some else None,
        float(numbers.min()) if some else None,
        float(numbers.max()) if some else None,
        tensor,
    )
