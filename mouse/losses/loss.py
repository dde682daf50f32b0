"""The `Loss` interface for everything that iterates over losses: combined loss, service, form, docs, tests."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from tensordict import TensorClass, TensorDictBase
from torch import Tensor

from mouse.losses.config import LossConfig
from mouse.losses.fields import Heads, names
from mouse.losses.lazy_terms import StageTwo
from mouse.losses.preset import Preset
from mouse.losses.term import TermInfo, term_infos
from mouse.losses.value_checks import ValueCheck

Config = TypeVar("Config", bound=LossConfig)
Inputs = TypeVar("Inputs")
Terms = TypeVar("Terms", bound=TensorClass)


class Evaluation(NamedTuple):
    """One loss on one batch, as training needs it."""

    mean: Tensor
    """The scalar that training minimises, with gradient."""
    metrics: Mapping[str, Tensor]
    """What is logged."""
    checks: Sequence[ValueCheck]
    """What is required of the values and not known yet."""


def no_metrics(_terms: object, _out: object) -> Mapping[str, Tensor]:
    """Return nothing: the loss alone is logged."""
    return {}


@dataclass(frozen=True)
class Loss(Generic[Config, Inputs, Terms]):
    """One loss in its stages. The public function of the loss is exactly their composition."""

    name: str
    """Key in configs, metrics, links and the API."""
    title: str
    """Name for people."""
    function: Callable[..., tuple[Tensor, dict[str, float]]]
    """The public function that training calls."""
    config: type[Config]
    """Its frozen, validated config."""
    terms_type: type[Terms]
    """Its documented intermediates."""
    step_fields: tuple[str, ...]
    """Fields it reads from `step_stream`, whatever the config."""
    heads: tuple[str, ...]
    """Entries it reads from `out`; the first one is the head that receives the gradient."""
    stage_options: Callable[[Config], Mapping[str, bool]]
    """Which optional parts of stage 1 a config asks for: all that stage 1 learns of it, so that it can be cached."""
    inputs: Callable[..., Inputs]
    """Stage 1: `inputs(step_stream, out, **stage_options(cfg))`."""
    terms: Callable[[Inputs, Config], Terms]
    """Stage 2: every intermediate under this config."""
    checks: Callable[[Inputs], Sequence[ValueCheck]]
    """What stage 1 requires of the values."""
    mean: Callable[[Any], Tensor]
    """The scalar that training minimises, from the per-transition terms: `Terms` or `LazyTerms`."""
    other_metrics: Callable[[Any, Heads | None], Mapping[str, Tensor]] = no_metrics
    """What is logged beside the loss, from per-transition terms and the model output; without the output, what the
    terms alone tell."""
    head_dims: tuple[str, ...] = ("action",)
    """Dimensions of the head beyond batch and step."""
    in_blocks: bool = False
    """Whether training may take a large batch in blocks of sequences: nothing but the mean looks beyond a sequence, and
    the first head alone receives a gradient."""
    divisor: str = ""
    """Term with how often each place counts in what the mean divides by; empty where each place counts once."""
    presets: tuple[Preset, ...] = ()
    """Published values of its config."""

    @property
    def doc(self) -> str:
        """First line of the public function's documentation."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def term_infos(self) -> tuple[TermInfo, ...]:
        """Its terms in order of computation, each with formula, doc and dimensions."""
        return term_infos(self.terms_type)

    @property
    def loss_info(self) -> TermInfo:
        """The last of them: what each transition or step adds to the mean."""
        return self.term_infos[-1]

    def metrics(self, terms: Any, mean: Tensor, out: Heads | None) -> dict[str, Tensor]:
        """What is logged: the mean of these terms first."""
        return {f"{self.name}_loss": mean, **self.other_metrics(terms, out)}

    def training_terms(self, inputs: Inputs, cfg: Config) -> Any:
        """Stage 2 for training: of `Terms`, the attributes that the mean and the metrics read."""
        return self.terms.lazy(inputs, cfg) if isinstance(self.terms, StageTwo) else self.terms(inputs, cfg)

    def missing(self, step_stream: TensorDictBase, out: TensorDictBase) -> tuple[str, ...]:
        """Return the fields it needs that this batch does not have."""
        fields, heads = names(step_stream), names(out)
        return (*(f for f in self.step_fields if f not in fields), *(h for h in self.heads if h not in heads))


AnyLoss = Loss[Any, Any, Any]
