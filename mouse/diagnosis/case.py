"""The batch under examination: fields, configs and the losses' own terms and gradients, each computed once."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.diagnosis.dynamics import Dynamics
from mouse.diagnosis.episodes import Episodes
from mouse.diagnosis.evaluation import Evaluation, Part, entropy_in, evaluate, rows_of_parts
from mouse.diagnosis.head_gradient import HeadGradient, gradient_parts, summarise_gradient
from mouse.diagnosis.legal import LegalMask, legal_mask
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.shares import share_at
from mouse.diagnosis.taken import taken
from mouse.diagnosis.thresholds import Thresholds
from mouse.diagnosis.unordered import UnorderedEpisodes
from mouse.errors import BatchError, MissingFieldError
from mouse.evidence.bellman import value_lag
from mouse.evidence.lags import LagEvidence
from mouse.evidence.repeats import repeats
from mouse.losses import HEADS
from mouse.losses.config import LossConfig
from mouse.losses.fields import OUT, STEP_STREAM, exceeds_int64, names
from mouse.losses.gradient import upstream
from mouse.losses.loss import AnyLoss
from mouse.losses.registered import all_losses
from mouse.losses.reward import RewardConfig
from mouse.mapping.evidence import is_observation
from mouse.transition_batch import TRANSITION_FIELDS, holds_transitions

RANKS = {
    **dict.fromkeys((*TRANSITION_FIELDS, "time", "sequence_id"), 2),
    "q_star": 3,
    **{head: 2 + len(dims) for head, dims in HEADS.items()},
}
"""Number of dimensions of each field with a meaning."""
CODES = frozenset({"action", "done"})
COUNTERS = frozenset({"time", "sequence_id"})
Made = TypeVar("Made")


class Case:
    """The input of the rules. Reading something that is missing raises `RuleSkipped`, which says what is needed."""

    read_by_functions: frozenset[str] | None = None
    """Fields that loss functions of the user's own read, which pair rows as they like; None beside mouse's own."""

    def __init__(
        self,
        step_stream: TensorDictBase,
        out: TensorDictBase,
        configs: Mapping[str, LossConfig],
        thresholds: Thresholds,
        losses: Mapping[str, AnyLoss] | None = None,
    ) -> None:
        self.step_stream = step_stream
        self.out = out
        self.configs = configs
        self.thresholds = thresholds
        self.losses = all_losses() if losses is None else losses
        self._made: dict[tuple[str, str], object] = {}
        self._missing: dict[tuple[str, str], str] = {}

    @cached_property
    def shape(self) -> tuple[int, int] | None:
        """B sequences of S steps; None where the batch size is something else."""
        size = tuple(self.step_stream.batch_size)
        return (size[0], size[1]) if len(size) == 2 and min(size) > 0 else None

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor of the batch and the output by its full name, whatever its shape."""
        groups = {STEP_STREAM: self.step_stream, OUT: self.out}
        found: dict[str, Tensor] = {}
        for group, source in groups.items():
            for name in sorted(names(source)):
                value = cast("object", source.get(name))
                if isinstance(value, Tensor):
                    found[f"{group}.{name}"] = value
        return found

    def raw(self, name: str) -> Tensor | None:
        """Return a field unchanged, whatever its shape; None if it is missing."""
        return self.tensors.get(full_name(name))

    def optional(self, name: str) -> Tensor | None:
        """Return a field if its shape and type are right, else None. Integers are int64, as losses read them."""
        value = self.raw(name)
        if value is None or not self.has_shape(name, value) or not has_type(name, value):
            return None
        return value.long() if name in CODES | COUNTERS and _is_integer(value) else value

    def has_shape(self, name: str, value: Tensor) -> bool:
        """Whether a field starts with [B, S], and has as many dimensions as its meaning asks for."""
        return value.dim() == RANKS[name] and tuple(value.shape[:2]) == self.shape and value.numel() > 0

    def field(self, name: str) -> Tensor:
        """Return a field with the right shape."""
        value = self.optional(name)
        if value is None:
            raise RuleSkipped(name if self.raw(name) is None else f"{name} of its right shape and type")
        return value

    def integers(self, name: str) -> Tensor:
        """Return a field of its right shape and of an integer type as int64."""
        value = self.field(name)
        if not _is_integer(value):
            raise RuleSkipped(f"{name} of an integer type")
        return value.long()

    def q_star_for(self, head: str) -> Tensor:
        """Return ``q_star`` with as many actions as a head."""
        q_star, values = self.field("q_star"), self.field(head)
        if q_star.shape[2] != values.shape[2]:
            raise RuleSkipped(f"q_star with as many actions as {head}")
        return q_star

    @property
    def heads(self) -> dict[str, Tensor]:
        """The heads and ``q_star`` that have their right shape."""
        found = {name: self.optional(name) for name in (*HEADS, "q_star")}
        return {name: value for name, value in found.items() if value is not None}

    def config(self, name: str) -> Any:
        """Return the config of a loss under examination."""
        cfg = self.configs.get(name)
        if cfg is None or cfg.weight == 0:
            raise RuleSkipped(f"a config of {name}" if cfg is None else f"a weight of {name} above 0")
        return cfg

    def inputs(self, loss: AnyLoss, cfg: LossConfig, rows: slice | None = None) -> Any:
        """Stage 1 of a loss on some sequences, or on all; a subclass may return one that it has kept."""
        batch = (self.step_stream, self.out) if rows is None else (self.step_stream[rows], self.out[rows])
        return loss.inputs(*batch, **loss.stage_options(cfg))

    def evaluation(self, name: str) -> Evaluation:
        """Return the evaluation of a loss on this batch."""
        return self._once("evaluation", name, lambda: self._evaluate(name))

    def parts(self, name: str) -> Iterator[Part]:
        """Evaluate a loss part by part, for rules that read per-action terms."""
        found = self.evaluation(name)
        if found.whole is not None:
            yield found.whole
            return
        for rows in rows_of_parts(self.field(found.loss.heads[0])):
            inputs = self.inputs(found.loss, found.cfg, rows)
            yield Part(rows, inputs, found.loss.training_terms(inputs, found.cfg))

    def finite_evaluation(self, name: str) -> Evaluation:
        """Return the evaluation of a loss whose mean is finite."""
        evaluation = self.evaluation(name)
        if not bool(evaluation.mean.isfinite()):
            raise RuleSkipped(f"a finite loss {name}, found {float(evaluation.mean)}")
        return evaluation

    def running(self, *losses: str) -> list[Evaluation]:
        """Return the named losses that run on this batch."""
        return [found for name in losses if (found := self.or_none(lambda name=name: self.evaluation(name)))]

    def gradient(self, name: str) -> HeadGradient:
        """Gradient of a loss with respect to its head."""
        return self._once(
            "gradient", name, lambda: summarise_gradient(self.gradient_parts(name, "loss"), len(self.step_stream))
        )

    def gradient_parts(self, name: str, term: str) -> Iterator[Tensor]:
        """Part of the gradient that comes through a term that the loss adds up, of some sequences after the others."""
        found = self.evaluation(name)
        weight = upstream(found.loss, found.terms)
        return gradient_parts(found.loss, (self.step_stream, self.out), found.cfg, {term: weight})

    def share_of_loss(self, name: str, mask: Tensor) -> float | None:
        """Share of a loss that comes from these places; None where the loss sums to 0 or is not finite."""
        return share_at(self.evaluation(name).terms.loss, mask)

    def share_of_gradient(self, name: str, mask: Tensor) -> float | None:
        """Share of the summed length of the gradient per step that comes from these places."""
        return share_at(self.gradient(name).norms[:, : mask.shape[1]], mask)

    @cached_property
    def episodes(self) -> Episodes:
        """Where episodes end and begin anew; needs ``done``. A sequence that repeats another is not counted again."""
        kind = UnorderedEpisodes if self.unordered else Episodes
        return kind(self.field("done"), self.optional("time"), self.optional("reward"), self.repeated)

    @cached_property
    def unordered(self) -> bool:
        """Whether these are transitions without order, whose first rows are the context of the second ones."""
        return holds_transitions(self.step_stream)

    @cached_property
    def observations(self) -> Tensor | None:
        """All fields that are called observations side by side, ``[B, S, numbers]``; None where there is none."""
        prefix = f"{STEP_STREAM}."
        found = [
            value.flatten(2) if value.dim() > 2 else value.unsqueeze(-1)
            for name, value in self.tensors.items()
            if name.startswith(prefix) and is_observation(name.removeprefix(prefix))
            if value.shape[:2] == self.shape and value.numel() and not value.is_complex()
        ]
        return None if not found else found[0] if len(found) == 1 else torch.cat(found, -1)

    @property
    def taken(self) -> Tensor:
        """The action of each row, as an index or, where no loss reads one, as numbers."""
        return self._once("taken", "", lambda: taken(self))

    @property
    def student_entropy(self) -> Tensor:
        """Relative entropy of the policy, of each step with two valid actions at least."""
        return self._once("entropy", "student", lambda: entropy_in(self.parts("sp"), "log_student"))

    @property
    def dynamics(self) -> Dynamics:
        """What observations say of actions, rewards and ends; needs observations and `action`."""
        return self._once("dynamics", "", lambda: Dynamics(self))

    @cached_property
    def value_lag(self) -> LagEvidence:
        """With which row action and reward of a step stand, by `q_star`; needs it, `action` and `reward`."""
        action, done = self.integers("action"), self.optional("done")
        running = torch.ones_like(action, dtype=torch.bool) if done is None else done == 0
        return value_lag(self.field("q_star"), action, self.field("reward"), running[:, 1:] & running[:, :-1])

    @cached_property
    def repeated(self) -> Tensor:
        """Sequences that are an earlier one in every field, bool ``[B]``."""
        size = self.shape or (0, 0)
        fields = [value for name, value in self.tensors.items() if name.startswith(f"{STEP_STREAM}.")]
        return repeats([value for value in fields if value.shape[:2] == size and value.numel()], size[0])

    @cached_property
    def legal(self) -> LegalMask | None:
        """The field that says which actions a state allows, ``[B, S, A]``: it always allows the action taken."""
        return legal_mask(self)

    def _evaluate(self, name: str) -> Evaluation:
        cfg = self.config(name)
        loss = self.losses[name]
        try:
            head = self.optional(loss.heads[0]) if loss.in_blocks else None
            with torch.no_grad():
                return evaluate(loss, cfg, lambda rows: self.inputs(loss, cfg, rows), head)
        except MissingFieldError as error:
            raise RuleSkipped(error.field.rpartition(".")[2]) from error
        except BatchError as error:
            raise RuleSkipped(f"a loss {loss.name} that runs ({error})") from error

    def _once(self, kind: str, name: str, make: Callable[[], Made]) -> Made:
        """Compute a value on first use; if that fails, raise the same error each time."""
        if (kind, name) in self._missing:
            raise RuleSkipped(self._missing[kind, name])
        if (kind, name) not in self._made:
            try:
                self._made[kind, name] = make()
            except RuleSkipped as reason:
                self._missing[kind, name] = str(reason)  # the exception would hold frames, which hold this case
                raise
        return cast("Made", self._made[kind, name])

    @staticmethod
    def or_none(make: Callable[[], Made]) -> Made | None:
        """Return None where `RuleSkipped` is raised."""
        try:
            return make()
        except RuleSkipped:
            return None


def transition_losses(losses: Mapping[str, AnyLoss]) -> list[str]:
    """Names of the losses that pair each row with the next."""
    return [name for name, loss in losses.items() if loss.loss_info.unit == "transition"]


def reward_losses(losses: Mapping[str, AnyLoss]) -> list[str]:
    """Names of the losses that scale or normalise the reward as `mouse.losses.reward` does."""
    return [name for name, loss in losses.items() if issubclass(loss.config, RewardConfig)]


def has_type(name: str, value: Tensor) -> bool:
    """Whether a field is of a type that its meaning allows; of codes and actions, rules of their own say more."""
    if name in CODES | COUNTERS and exceeds_int64(value):
        return False
    if name in CODES:
        return not value.is_complex()
    return value.is_floating_point() or (name in COUNTERS and value.dtype != torch.bool and not value.is_complex())


def _is_integer(value: Tensor) -> bool:
    return not (value.is_floating_point() or value.is_complex() or value.dtype == torch.bool)


def full_name(name: str) -> str:
    """Name with its group: a head belongs to `out`, anything else to `step_stream`."""
    return f"{OUT if name in HEADS else STEP_STREAM}.{name}"
