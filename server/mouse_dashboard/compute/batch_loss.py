"""Losses whose terms are known only on a batch, and what such a loss is there: a loss with its own terms."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor

from mouse.losses.config import LossConfig
from mouse.losses.fields import Heads
from mouse.losses.lazy_terms import LazyTerms
from mouse.losses.loss import Loss
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.finite import Counts
from mouse_dashboard.compute.functions.messages import GRADIENT, TracedCall

LOSS = "loss"
"""Name of the loss per place."""
UNKNOWN = TermInfo(LOSS, "What each place adds: its mean is the loss.", name=LOSS, dims=("batch", "step"))


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


def is_off(terms: Any, name: str) -> bool:
    """Whether a config switches a term off; a term that waits to be computed is not."""
    return terms.is_off(name) if isinstance(terms, LazyTerms) else term_value(terms, name) is None


def without_stages(name: str, title: str, config: type[LossConfig]) -> dict[str, Any]:
    """The parts of a declared loss, for one that has no stages."""
    return {
        "name": name,
        "title": title,
        "function": _not_called,
        "config": config,
        "terms_type": cast("Any", TermValues),
        "step_fields": (),
        "heads": (),
        "stage_options": _nothing,
        "inputs": _not_called,
        "terms": _not_called,
        "checks": _nothing,
        "mean": _not_called,
    }


def _nothing(*_: object) -> dict[str, Any]:
    return {}


def _not_called(*_: object) -> Any:
    raise TypeError("found a loss whose terms are known only on a batch, expected one with stages; call its `on` first")


@dataclass(frozen=True)
class BatchLoss(Loss[Any, Any, Any], ABC):
    """A loss whose terms are known only on a batch: see `on`."""

    generation: int = 0
    """Counts how often it became another one."""
    about: str = ""

    @property
    def doc(self) -> str:
        """What it is, in one sentence."""
        return self.about

    @property
    def term_infos(self) -> tuple[TermInfo, ...]:
        """Nothing is known but that there may be a loss per place."""
        return (UNKNOWN,)

    @abstractmethod
    def on(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> "TracedLoss":
        """Find its terms on a batch.

        Raises:
            FunctionFailedError: it gives no result there.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """

    def gradients(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> tuple[dict[str, Tensor], float | None]:
        """Gradients at its terms, by the name that they are shown under, and the length at all outputs: here none.

        Raises:
            FunctionFailedError: it gives no result there.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """
        del batch, cfg, token
        return {}, None

    def traced(self, call: TracedCall, loss: Tensor, values: Mapping[str, Tensor]) -> "TracedLoss":
        """What it is where it was called."""
        of_sequences = frozenset(info.name for info in call.infos if info.unit == "sequence")
        declared: dict[str, Any] = {name: getattr(self, name) for name in Loss.__dataclass_fields__}
        declared["mean"] = _mean
        return TracedLoss(**declared, declaration=self, call=call, values=TermValues(values, loss, of_sequences))


@dataclass(frozen=True)
class TracedLoss(Loss[Any, Any, Any]):
    """A loss on one batch, whose terms are what was computed there."""

    declaration: BatchLoss = field(kw_only=True)
    call: TracedCall = field(kw_only=True)
    values: TermValues = field(kw_only=True)

    @property
    def doc(self) -> str:
        """What it is, in one sentence."""
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
    def holds_code(self) -> bool:
        """Whether formulas of terms are pieces of code; what was recorded has none."""
        return any(info.formula for info in self.call.infos)

    def metrics(self, terms: Any, mean: Tensor, out: Heads | None) -> dict[str, Tensor]:
        """Nothing: what a function logs is known of its whole batch alone, as `call.metrics`."""
        del terms, mean, out
        return {}

    @property
    def note(self) -> str:
        """What must be said of its numbers."""
        reason = f"No place has a part of its own in the loss: {self.call.reason}." if self.call.reason else ""
        return " ".join(filter(None, (self.call.note, reason)))

    @property
    def health(self) -> dict[str, Counts]:
        """Of every floating-point term, what is not finite."""
        return self.call.health

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
