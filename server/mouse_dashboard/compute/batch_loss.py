"""Losses whose terms are known only once they run on a batch: `BatchLoss` before, `TracedLoss` after."""

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
from mouse_dashboard.compute.functions.messages import GRADIENT, TracedCall
from mouse_dashboard.compute.non_finite import NonFiniteCounts

LOSS = "loss"
"""Name of the loss per place."""
UNKNOWN = TermInfo(LOSS, "What each place adds: its mean is the loss.", name=LOSS, dims=("batch", "step"))


class TermValues(Mapping[str, Tensor]):
    """Term values by name, on a batch or part of it. Names are chosen by the user, so they are keys, not attributes."""

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
        """Contribution of each place; None if the loss is not a sum over places."""
        return self._values.get("loss")

    def __getitem__(self, name: str) -> Tensor:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def row(self, row: int) -> "TermValues":
        """The terms of one sequence."""
        return TermValues({name: value[row] for name, value in self._values.items()}, None, self.of_sequences)

    def at(self, step: int) -> "TermValues":
        """The terms of one sequence at a step: per-sequence terms at every step, none past the last transition."""
        places = {name: 0 if name in self.of_sequences else step for name in self._values}
        return TermValues({name: self[name][place] for name, place in places.items() if place < len(self[name])})


def term_value(terms: Any, name: str) -> Tensor | None:
    """A term of a declared loss or of a user's function; None if it is off."""
    return terms.get(name) if isinstance(terms, TermValues) else getattr(terms, name)


def is_off(terms: Any, name: str) -> bool:
    """Whether the config switches a term off; a lazy term that is not computed yet is not off."""
    return terms.is_off(name) if isinstance(terms, LazyTerms) else term_value(terms, name) is None


def without_stages(name: str, title: str, config: type[LossConfig]) -> dict[str, Any]:
    """Placeholders for the parts of a declared loss, for a loss without stages."""
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
        """Summary in one sentence."""
        return self.about

    @property
    def term_infos(self) -> tuple[TermInfo, ...]:
        """Only the loss per place, which may exist."""
        return (UNKNOWN,)

    @abstractmethod
    def on(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> "TracedLoss":
        """Run the loss on a batch and return it with its terms.

        Raises:
            FunctionFailedError: it gives no result on this batch.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """

    def gradients(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> tuple[dict[str, Tensor], float | None]:
        """Gradients at its terms, by displayed name, and the norm over all outputs: none here.

        Raises:
            FunctionFailedError: it gives no result on this batch.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """
        del batch, cfg, token
        return {}, None

    def traced(self, call: TracedCall, loss: Tensor, values: Mapping[str, Tensor]) -> "TracedLoss":
        """The call as a loss with its own terms."""
        of_sequences = frozenset(info.name for info in call.infos if info.unit == "sequence")
        declared: dict[str, Any] = {name: getattr(self, name) for name in Loss.__dataclass_fields__}
        declared["mean"] = _mean
        return TracedLoss(**declared, declaration=self, call=call, values=TermValues(values, loss, of_sequences))


@dataclass(frozen=True)
class TracedLoss(Loss[Any, Any, Any]):
    """A loss on one batch; its terms are the values computed there."""

    declaration: BatchLoss = field(kw_only=True)
    call: TracedCall = field(kw_only=True)
    values: TermValues = field(kw_only=True)

    @property
    def doc(self) -> str:
        """Summary in one sentence."""
        return self.declaration.about

    @property
    def term_infos(self) -> tuple[TermInfo, ...]:
        """The terms that this call computed."""
        return self.call.infos

    def components(self, term: TermInfo) -> int:
        """Size of the third dimension of a term, or of the tensor that a gradient is taken at."""
        name = term.name.removeprefix(GRADIENT)
        return self.values[name].shape[2] if name in self.values else self.call.head_sizes[name]

    @property
    def holds_code(self) -> bool:
        """Whether formulas of terms are source code; recorded terms have no formula."""
        return any(info.formula for info in self.call.infos)

    def metrics(self, terms: Any, mean: Tensor, out: Heads | None) -> dict[str, Tensor]:
        """Nothing: a function's own metrics exist only for the whole batch, in `call.metrics`."""
        del terms, mean, out
        return {}

    @property
    def note(self) -> str:
        """A note to show beside its numbers."""
        reason = f"No place has a part of its own in the loss: {self.call.reason}." if self.call.reason else ""
        return " ".join(filter(None, (self.call.note, reason)))

    @property
    def health(self) -> dict[str, NonFiniteCounts]:
        """Non-finite counts of every floating-point term."""
        return self.call.health

    @property
    def gradient_infos(self) -> tuple[TermInfo, ...]:
        """The available gradients."""
        return self.call.gradient_infos


def _mean(terms: TermValues) -> Tensor:
    """The returned loss; for some places, the mean of their contributions."""
    if terms.result is not None:
        return terms.result
    return terms.loss.mean() if terms.loss is not None else torch.tensor(torch.nan)


def align_terms(values: Mapping[str, Tensor], steps: int, of_sequences: frozenset[str]) -> dict[str, Tensor]:
    """Align narrow terms with the places of the loss: per-sequence values at each step, NaN without a transition."""
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
