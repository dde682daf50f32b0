"""`mouse.explain`: call a plain loss function on a batch, and record everything that it computes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, cast

import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import HEADS
from mouse.losses.config import LossConfig
from mouse.losses.fields import OUT
from mouse.losses.term import TermInfo
from mouse.tracing.arguments import config_of
from mouse.tracing.signature import Signature, signature_of
from mouse.tracing.terms import TracedTerm, TracedTerms, terms_of
from mouse.tracing.trace import Trace, trace
from mouse.wording import fields_found

if TYPE_CHECKING:
    from mouse.diagnosis import Finding
    from mouse.notebook import BatchDisplay

Fields = TensorDictBase | Mapping[str, Any]


class Terms(Mapping[str, Tensor]):
    """Values of the terms by name, in order of computation."""

    def __init__(self, traced: TracedTerms) -> None:
        self._traced = traced

    def __getitem__(self, name: str) -> Tensor:
        return self._term(name).values

    def __iter__(self) -> Iterator[str]:
        return iter(self._traced.terms)

    def __len__(self) -> int:
        return len(self._traced.terms)

    def info(self, name: str) -> TermInfo:
        """Formula, document and dimensions of a term.

        Raises:
            MissingFieldError: (a KeyError) there is no such term.
        """
        return self._term(name).info

    def _term(self, name: str) -> TracedTerm:
        if name not in self._traced.terms:
            raise _no_term(f"terms[{name}]", self._traced.terms, "a term")
        return self._traced.terms[name]


@dataclass(frozen=True)
class Explained:
    """One recorded call of a loss function. Displays itself in a notebook."""

    signature: Signature
    config: LossConfig
    """The parameters that it was called with."""
    step_stream: TensorDictBase
    out: TensorDictBase
    trace: Trace

    @property
    def loss(self) -> Tensor:
        """The scalar that training minimises, bit for bit what the plain call returns, with its graph."""
        return self.trace.loss

    @property
    def metrics(self) -> Mapping[str, float]:
        """Scalars that the function returned with the loss."""
        return self.trace.metrics

    @cached_property
    def traced(self) -> TracedTerms:
        """Terms with where they come from, and what belongs to no place of the batch."""
        return terms_of(self.trace)

    @property
    def terms(self) -> Terms:
        """Every named value, and every unnamed one on the path to the loss.

        Shapes: ``[B, S]`` or ``[B, S - 1]``, maybe with one more dimension.
        """
        return Terms(self.traced)

    def gradient(self, name: str) -> Tensor | None:
        """Gradient of the loss with respect to a term or to a field of the model's output.

        None where none reaches it: it was detached, is data, or does not lead to the loss.

        Raises:
            MissingFieldError: (a KeyError) there is no such term or field.
        """
        if name in self.trace.heads and name not in self.traced.terms:
            return self.gradients([self.trace.heads[name]])[0]
        if name not in self.traced.terms:
            raise _no_term(f"gradient({name})", {*self.traced.terms, *self.trace.heads}, "a term or an output")
        found = self.traced.terms[name]
        gradient = self.gradients([found.tensor])[0]
        return None if gradient is None else self.trace.places.grid(gradient)

    def gradients(self, tensors: list[Tensor]) -> list[Tensor | None]:
        """Gradients of the loss with respect to several tensors of the call, in one pass."""
        wanted = [each for each in tensors if each.requires_grad]
        found: dict[int, Tensor | None] = {}
        if wanted and self.loss.requires_grad:
            made = torch.autograd.grad(self.loss, wanted, retain_graph=True, allow_unused=True)
            found = {id(tensor): gradient for tensor, gradient in zip(wanted, made, strict=True)}
        return [found.get(id(each)) for each in tensors]

    def term_gradients(self) -> dict[str, Tensor]:
        """Gradient at every term that it reaches, by name, in the term's own shape."""
        terms = [(name, each) for name, each in self.traced.terms.items() if each.serial >= 0]
        found = self.gradients([each.tensor for _, each in terms])
        places = self.trace.places
        return {name: places.grid(g) for (name, _), g in zip(terms, found, strict=True) if g is not None}

    @cached_property
    def findings(self) -> "tuple[Finding, ...]":
        """What the doctor's rules for any function find in this call, the worst first."""
        from mouse.diagnosis.functions import function_report  # noqa: PLC0415  which imports this file

        return function_report(self, self.signature.name).findings

    def show(self, *, height: int = 800, name: str = "notebook", proxy: str | None = None) -> "BatchDisplay":
        """Show the batch on a dashboard that knows the function, under these parameters; arguments as `mouse.show`.

        Raises:
            ValueError: no other process can load the function.
            RuntimeError: the dashboard cannot be started or refuses the batch; the message says why.

        Example:
            >>> mouse.explain(ppo_loss, batch, clip=0.1).show()
        """
        from mouse.notebook import show  # noqa: PLC0415  which imports this file

        step_stream, out = cast("tuple[Fields, Fields]", (self.step_stream, self.out))
        configs = {self.signature.name: self.config}
        losses = [self.signature.function]
        return show(step_stream, out, configs, losses=losses, height=height, name=name, proxy=proxy)

    def __repr__(self) -> str:
        lines = [f"{self.signature.name} = {float(self.loss.detach()):.6g}"]
        for name, term in self.traced.terms.items():
            lines.append(f"  {name} {list(term.values.shape)} = {term.info.formula}   {_summary(term)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{title}</th>" for title in ("term", "formula", "shape", "values"))
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(name)}</td><td style='text-align:left'>"
            f"<code>{escape(term.info.formula)}</code></td><td>{list(term.values.shape)}</td>"
            f"<td>{escape(_summary(term))}</td></tr>"
            for name, term in self.traced.terms.items()
        )
        title = f"<b>{escape(self.signature.name)}</b> = {float(self.loss.detach()):.6g}"
        return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def explain(function: Callable[..., Any], batch: Fields, out: Fields | None = None, /, **config: Any) -> Explained:
    """Call a plain loss function on a batch and record what it computes on the way.

    The call is the plain one: `loss` is bit for bit what the function returns. Parameters are bound by name: fields of
    the batch, whole TensorDicts for ``step_stream``, ``out`` and ``batch``, and knobs, which `config` sets.

    Shapes: fields [B, S, ...], or [N, ...] where the batch has no order in time.

    Args:
        function: returns a scalar, a scalar with a dictionary of metrics, or one value per place.
        batch: fields of the batch: a TensorDict, or tensors and arrays by name.
        out: fields that the model put out, where they are apart; gradients are taken with respect to them.
        config: parameters of the function; defaults where not said.

    Raises:
        MissingFieldError: (a KeyError) the batch has no field of a parameter's name.
        BatchError: (a ValueError) fields of different leading shapes, nothing returned that is a loss, or a parameter
            that does not exist, or has another type or range.
        LossFunctionError: the function raises.

    Example:
        >>> explained = mouse.explain(ppo_loss, batch, clip=0.1)
        >>> explained.terms["ratio"].max(), explained.gradient("ratio")
    """
    signature = signature_of(function)
    cfg = config_of(signature, config)
    step_stream, output = split_batch(batch, out)
    return Explained(signature, cfg, step_stream, output, trace(signature, step_stream, output, cfg))


def split_batch(batch: Fields, out: Fields | None = None) -> tuple[TensorDictBase, TensorDictBase]:
    """Fields of the batch and of the model's output, as TensorDicts of one batch size.

    Where `out` is not apart, it is the entry ``out`` of the batch, else the fields that require gradient or have a
    head's name.

    Raises:
        BatchError: (a ValueError) a field is no tensor, or starts with another shape than the others.
    """
    inner = cast("object", batch.get(OUT, None)) if out is None else out
    apart = isinstance(inner, TensorDictBase | Mapping)
    fields_ = {name: value for name, value in _tensors(batch) if not (apart and name.startswith(f"{OUT}."))}
    output = dict(_tensors(cast("Fields", inner))) if apart else {}
    if not apart:
        output = {name: value for name, value in fields_.items() if value.requires_grad or name in HEADS}
        fields_ = {name: value for name, value in fields_.items() if name not in output}
    size = _batch_size(batch, {**fields_, **output})
    for name, value in (*fields_.items(), *output.items()):
        if value.shape[: len(size)] != size:
            raise BatchError(
                name,
                f"shape {list(value.shape)}",
                f"{list(size)} first",
                "reshape it, leave it out, or give a TensorDict with the batch_size that is meant",
            )
    return TensorDict(fields_, batch_size=size), TensorDict(output, batch_size=size)


def _tensors(source: Fields, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Fields by name, nested ones after the name of what holds them."""
    for name, value in source.items():
        full = f"{prefix}{name}"
        if isinstance(value, TensorDictBase | Mapping):
            yield from _tensors(cast("Fields", value), f"{full}.")
            continue
        try:
            yield full, _tensor(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise BatchError(full, f"a {type(value).__name__}", "a tensor or an array", "convert it") from error


def _tensor(value: Any) -> Tensor:
    if isinstance(value, list | tuple) and value and isinstance(value[0], Tensor):
        return torch.stack(cast("list[Tensor]", value))
    return torch.as_tensor(value)


def _batch_size(batch: Fields, tensors: Mapping[str, Tensor]) -> torch.Size:
    """That of a TensorDict; of a dictionary the leading dimensions that all tensors share, two at most.

    Columns ``[N, 1]`` beside fields of several widths hold one number for each of N items.
    """
    if isinstance(batch, TensorDictBase) and batch.batch_size:
        return batch.batch_size[:2]
    if not tensors:
        raise BatchError("batch", "no field", "tensors of shape [B, S, ...] or [N, ...]", "add the fields")
    narrowest = min(tensors.values(), key=lambda value: value.dim())
    seconds = {value.shape[1:2] for value in tensors.values()}
    return narrowest.shape[: 1 if len(seconds) > 2 and torch.Size([1]) in seconds else 2]


def _no_term(field: str, known: Iterable[str], expected: str) -> MissingFieldError:
    return MissingFieldError(field, fields_found(known), expected, "check its spelling")


def _summary(term: TracedTerm) -> str:
    values = term.values
    if values.numel() == 0:
        return "empty"
    if values.dtype == torch.bool:
        return f"{float(values.double().mean()):.1%} true"
    numbers = (values.abs() if values.is_complex() else values).double()
    bad = int((~numbers.isfinite()).sum())
    text = f"mean {float(numbers.mean()):.4g}, {float(numbers.min()):.4g} to {float(numbers.max()):.4g}"
    return f"{text}, {bad} not finite" if bad else text


def config_values(cfg: LossConfig) -> dict[str, Any]:
    """A config as plain values."""
    return {field.name: getattr(cfg, field.name) for field in fields(cast("Any", cfg))}
