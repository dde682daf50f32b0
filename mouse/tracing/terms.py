"""The terms of a plain function: its named values, and the unnamed ones on the way to the loss."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from mouse.losses.term import TermInfo
from mouse.tracing.contributions import Contributions, contributions
from mouse.tracing.operations import VIEWS
from mouse.tracing.recording import Name, Value
from mouse.tracing.trace import Trace
from mouse.wording import cut

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
    named: bool = True
    """Whether a variable holds it; else its name is its expression."""


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
    chosen = [*_named(trace), *_unnamed(trace)]
    chosen += _entries(trace)
    chosen = sorted((pair for pair in chosen if not _is_scalar_loss(pair[0], trace)), key=lambda pair: pair[0].serial)
    of_places = [pair for pair in chosen if trace.places.dims(pair[0].tensor.shape) is not None]
    elsewhere = [pair for pair in chosen if trace.places.dims(pair[0].tensor.shape) is None]
    names = _unique(of_places)
    formulas = {serial: name for serial, (name, _) in trace.recording.inputs.items()}
    formulas |= {value.serial: name for (value, _), name in zip(of_places, names, strict=True)}
    shares = contributions(trace, formulas)
    terms = {key: _term(key, name, value, trace) for (value, name), key in zip(of_places, names, strict=True)}
    others = [_other(key, *pair) for pair, key in zip(elsewhere, _unique(elsewhere), strict=True)]
    if shares.values is not None:
        terms = _with_loss(terms, shares)
    summands = tuple(formulas[serial] for serial in shares.summands if serial in formulas)
    return TracedTerms(terms, tuple(others), shares, summands)


def _is_scalar_loss(value: Value, trace: Trace) -> bool:
    return value.serial == trace.serial and value.tensor.dim() == 0


def _named(trace: Trace) -> Iterable[tuple[Value, Name]]:
    """Values with a name: that of the function itself, where helpers call them otherwise; in a loop the last one."""
    last: dict[tuple[object, ...], tuple[Value, Name]] = {}
    for serial, names in trace.recording.names.items():
        value = trace.recording.values.get(serial)
        if value is not None:
            name = min(names, key=lambda name: name.depth)
            if name.name == "_":  # which says that nobody wants it
                continue
            key = name.function, name.name, name.expression, name.callers
            last[key] = value, name
    return last.values()


def _unnamed(trace: Trace) -> Iterable[tuple[Value, Name]]:
    """Of each expression that has no name the last value on the way to the loss, where it is more than a view."""
    on_the_way = trace.recording.ancestors(trace.serial) if trace.serial is not None else set[int]()
    last: dict[tuple[object, ...], Value] = {}
    computes = set[tuple[object, ...]]()
    for value in trace.recording.values.values():
        key = value.function, value.expression, value.callers
        if value.operation not in VIEWS:
            computes.add(key)
        if value.serial in on_the_way:
            last[key] = value
    for key, value in last.items():
        if key in computes and value.serial not in trace.recording.names and trace.places.dims(value.tensor.shape):
            text = cut(" ".join(value.expression.text.split()), LONGEST)
            yield value, Name(text, value.function, value.expression, value.depth, value.line, value.callers)


def _entries(trace: Trace) -> Iterable[tuple[Value, Name]]:
    """What losses of torch take the mean or the sum of, on the way to the loss."""
    on_the_way = trace.recording.ancestors(trace.serial) if trace.serial is not None else set[int]()
    for value in trace.recording.values.values():
        if value.entries is not None and value.serial in on_the_way:
            text = value.entries.text(value.expression.text)
            name = Name(
                cut(text, LONGEST), value.function, replace(value.expression, text=text), value.depth, value.line
            )
            yield replace(value, tensor=value.entries.tensor, requires_grad=False, edge=None), name


def _unique(chosen: list[tuple[Value, Name]]) -> list[str]:
    """Names that differ: a helper's after the helper, and of several values of one name the earlier by their lines.

    The line is that of the loss itself, from which a helper was called.
    """
    full = [name.name if name.depth == 0 else f"{name.function}.{name.name}" for _, name in chosen]
    left = Counter(full)
    unique: list[str] = []
    for text, (_, name) in zip(full, chosen, strict=True):
        left[text] -= 1
        key = text if left[text] == 0 else f"{text}@{name.line}"
        number = 1
        while key in unique:
            number += 1
            key = f"{text}@{name.line}#{number}"
        unique.append(key)
    return unique


def _term(key: str, name: Name, value: Value, trace: Trace) -> TracedTerm:
    values = trace.places.grid(value.tensor.detach())
    doc = name.expression.comment or f"Line {name.expression.line}."
    if value.times > 1:
        doc = f"{doc.removesuffix('.')}; the last of {value.times} values."
    info = TermInfo(
        name.expression.text, doc, _signed(values), name=key, dims=trace.places.dims(value.tensor.shape) or ()
    )
    named = value.serial in trace.recording.names and (
        value.entries is None or value.tensor is not value.entries.tensor
    )
    return TracedTerm(info, values, value.tensor, value.serial, name.expression.line, value.file, named)


def _with_loss(terms: dict[str, TracedTerm], shares: Contributions) -> dict[str, TracedTerm]:
    """Put the loss per place last, under the name that every loss has; a term of that name steps aside."""
    assert shares.values is not None  # noqa: S101
    same = [key for key, term in terms.items() if term.values.data_ptr() == shares.values.data_ptr()]
    others = {key: term for key, term in terms.items() if key != LOSS}
    own = terms.get(LOSS)
    if own is not None and same == [LOSS]:
        return {**others, LOSS: own}
    formula = shares.formula
    if own is not None:
        aside = f"{LOSS}@{own.line}"
        formula = re.sub(rf"\b{LOSS}\b", aside, formula)
        others = {
            (aside if key == LOSS else key): replace(term, info=replace(term.info, name=aside)) if key == LOSS else term
            for key, term in terms.items()
        }
    doc = "What each place adds: its mean is the loss."
    if shares.constant:
        doc += f" {shares.constant:.6g} of the loss depends on no place, and every place has the same share of it."
    info = TermInfo(formula, doc, _signed(shares.values), name=LOSS, dims=shares.dims)
    return {**others, LOSS: TracedTerm(info, shares.values, shares.values, -1, 0, "")}


def _signed(values: Tensor) -> bool:
    if values.dtype == torch.bool or values.is_complex() or values.numel() == 0:
        return False
    lowest = values.min()  # many times faster than to compare each, but NaN where one is
    return bool(lowest < 0) or bool(lowest.isnan() and (values < 0).any())


def _other(key: str, value: Value, name: Name) -> OtherValue:
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
