"""A user's function in the registry of losses, and what one call of it is: a loss with its own terms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.diagnosis.finding import Change, Finding
from mouse.diagnosis.report import NotChecked, Report
from mouse.losses.config import LossConfig
from mouse.losses.fields import names
from mouse.losses.loss import Loss
from mouse.losses.term import TermInfo
from mouse.tracing.explained import config_values
from mouse.tracing.knobs import config_type
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.finite import Counts, counts_of
from mouse_dashboard.compute.functions.messages import (
    GRADIENT,
    Call,
    FunctionProblem,
    Message,
    Tensors,
    TracedCall,
    TracedFindings,
    TracedGradients,
)
from mouse_dashboard.compute.functions.process import FunctionProcess

LOSS = "loss"
"""Name of the loss per place."""
UNKNOWN = TermInfo(LOSS, "What each place adds: its mean is the loss.", name=LOSS, dims=("batch", "step"))


class FunctionFailedError(Exception):
    """A user's function gave no result."""

    def __init__(self, problem: FunctionProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class TermValues(Mapping[str, Tensor]):
    """Values of terms by name, of a batch or of some of its places; names are the user's, so no attribute is one."""

    def __init__(
        self,
        values: Mapping[str, Tensor | None],
        result: Tensor | None = None,
        of_sequences: frozenset[str] = frozenset(),
    ) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}
        self.result = result
        """The scalar that the function returned; None of some places alone."""
        self.of_sequences = of_sequences
        """Terms that have one value per sequence."""

    @property
    def loss(self) -> Tensor | None:
        """What each place adds; None where the loss is no sum over places."""
        return self._values.get("loss")

    def __getitem__(self, name: str) -> Tensor:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def row(self, row: int) -> "TermValues":
        """Those of one sequence."""
        return TermValues({name: value[row] for name, value in self._values.items()}, None, self.of_sequences)

    def at(self, step: int) -> "TermValues":
        """Of one sequence those at a step: the sequence's own at each step, none beyond the last transition."""
        places = {name: 0 if name in self.of_sequences else step for name in self._values}
        return TermValues({name: self[name][place] for name, place in places.items() if place < len(self[name])})


def term_value(terms: Any, name: str) -> Tensor | None:
    """A term of a declared loss or of a user's function; None where it is off."""
    return terms.get(name) if isinstance(terms, TermValues) else getattr(terms, name)


def function_loss(process: FunctionProcess) -> "FunctionLoss":
    """What the registry holds of a function, as its file is now."""
    about = process.description
    return FunctionLoss(
        name=about.name,
        title=about.name,
        function=_not_called,
        config=config_type(about.name, {each.name: each.knob() for each in about.knobs}),
        terms_type=cast("Any", TermValues),
        step_fields=(),
        heads=(),
        switches=lambda _cfg: {},
        inputs=_not_called,
        terms=_not_called,
        demands=lambda _inputs: (),
        mean=_not_called,
        metrics=lambda _terms, _out: {},
        process=process,
        generation=process.generation,
        about=about.doc,
    )


def _not_called(*_: object) -> Any:
    raise NotImplementedError("a function is called in its own process")


@dataclass(frozen=True)
class FunctionLoss(Loss[Any, Any, Any]):
    """A user's function. What it computes is known only once it was called on a batch: see `on`."""

    process: FunctionProcess = field(kw_only=True)
    generation: int = 0
    about: str = ""

    @property
    def doc(self) -> str:
        """First line of the function's documentation."""
        return self.about

    @property
    def term_infos(self) -> tuple[TermInfo, ...]:
        """Nothing is known but that there may be a loss per place."""
        return (UNKNOWN,)

    def missing(self, step_stream: TensorDictBase, out: TensorDictBase) -> tuple[str, ...]:
        """Return the fields that it takes by name and this batch does not have."""
        fields, have = self.process.description.fields, names(step_stream) | names(out)
        absent = tuple(name for name in fields if name not in have)
        return () if len(fields) == 1 else absent  # one alone takes the whole batch

    def on(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> "TracedLoss":
        """Call it on a batch.

        Raises:
            FunctionFailedError: it gave no result.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """
        reply, (loss, *values) = self._ask(batch, cfg, token, "terms")
        assert isinstance(reply, TracedCall)  # noqa: S101
        of_sequences = frozenset(info.name for info in reply.infos if info.unit == "sequence")
        by_name = {info.name: value for info, value in zip(reply.infos, values, strict=True)}
        terms = TermValues(by_name, loss, of_sequences)
        declared: dict[str, Any] = {name: getattr(self, name) for name in Loss.__dataclass_fields__}
        declared["mean"] = _mean
        return TracedLoss(**declared, declaration=self, call=reply, values=terms)

    def gradients(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> tuple[dict[str, Tensor], float]:
        """Gradients of the loss at every term, by the name that they are shown under, and the length at all outputs.

        Raises:
            FunctionFailedError: it gave no result.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """
        reply, tensors = self._ask(batch, cfg, token, "gradients")
        assert isinstance(reply, TracedGradients)  # noqa: S101
        return dict(zip(reply.names, tensors, strict=True)), reply.norm

    def report(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> Report:
        """What the doctor says of it.

        Raises:
            FunctionFailedError: it gave no result.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """
        reply, tensors = self._ask(batch, cfg, token, "findings")
        assert isinstance(reply, TracedFindings)  # noqa: S101
        masks = dict(zip(reply.masks, tensors, strict=True))
        findings = tuple(_finding(each, masks.get(index)) for index, each in enumerate(reply.findings))
        return Report(findings, reply.checked, tuple(NotChecked(*each) for each in reply.not_checked))

    def _ask(self, batch: Batch, cfg: LossConfig, token: CancelToken, wanted: str) -> tuple[Message, Tensors]:
        config = {name: value for name, value in config_values(cfg).items() if name != "weight"}
        reply, tensors = self.process.call(Call(str(batch.path), config, wanted), token)
        if isinstance(reply, FunctionProblem):
            raise FunctionFailedError(reply)
        return reply, tensors


@dataclass(frozen=True)
class TracedLoss(Loss[Any, Any, Any]):
    """One call of a user's function, as a loss whose terms are what the call computed."""

    declaration: FunctionLoss = field(kw_only=True)
    call: TracedCall = field(kw_only=True)
    values: TermValues = field(kw_only=True)

    @property
    def doc(self) -> str:
        """First line of the function's documentation."""
        return self.declaration.about

    @property
    def term_infos(self) -> tuple[TermInfo, ...]:
        """What this call computed."""
        return self.call.infos

    def components(self, term: TermInfo) -> int:
        """Size of the third dimension of a term, or of what a gradient is with respect to."""
        name = term.name.removeprefix(GRADIENT)
        return self.values[name].shape[2] if name in self.values else self.call.head_sizes[name]

    @property
    def note(self) -> str:
        """What must be said of its numbers."""
        reason = f"No place has a part of its own in the loss: {self.call.reason}." if self.call.reason else ""
        return " ".join(filter(None, (self.call.note, reason)))

    @cached_property
    def health(self) -> dict[str, Counts]:
        """Of every floating-point term, what is not finite."""
        return {name: counts_of(each) for name, each in self.values.items() if each.is_floating_point()}

    @property
    def gradient_infos(self) -> tuple[TermInfo, ...]:
        """Gradients that can be asked for."""
        return self.call.gradient_infos


def _mean(terms: TermValues) -> Tensor:
    """What the function returned; of some places the mean of what they add."""
    if terms.result is not None:
        return terms.result
    return terms.loss.mean() if terms.loss is not None else torch.tensor(torch.nan)


def aligned(values: Mapping[str, Tensor], steps: int, of_sequences: frozenset[str]) -> dict[str, Tensor]:
    """Narrow terms at the places of the loss: a sequence's value at each step, NaN where there is no transition."""
    return {
        name: value.expand(len(value), steps) if name in of_sequences else _aligned(value, steps)
        for name, value in values.items()
    }


def _aligned(value: Tensor, steps: int) -> Tensor:
    width = value.shape[1]
    if width >= steps:
        return value[:, :steps]
    wide = value if value.is_floating_point() else value.to(torch.float32)
    return torch.nn.functional.pad(wide, (0, steps - width), value=torch.nan)


def _finding(fields: dict[str, Any], mask: Tensor | None) -> Finding:
    change = fields["change"]
    rest: dict[str, Any] = {
        "places": tuple(tuple(place) for place in fields["places"]),
        "reference": tuple(fields["reference"]),
        "change": None if change is None else Change(**change),
        "mask": mask,
    }
    return Finding(**fields | rest)
