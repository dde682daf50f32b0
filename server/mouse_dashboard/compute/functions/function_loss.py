"""A user's loss function as an entry of the loss registry."""

from dataclasses import dataclass, field
from typing import Any

from tensordict import TensorDictBase
from torch import Tensor

from mouse.diagnosis.finding import Change, Finding
from mouse.diagnosis.report import NotChecked, PartlyChecked, Report
from mouse.losses.config import LossConfig
from mouse.losses.fields import names
from mouse.tracing.explained import config_values
from mouse.tracing.knobs import config_type
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.batch_loss import BatchLoss, TracedLoss, without_stages
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.functions.messages import (
    Call,
    FunctionProblem,
    Message,
    Tensors,
    TracedCall,
    TracedFindings,
    TracedGradients,
)
from mouse_dashboard.compute.functions.process import FunctionProcess


class FunctionFailedError(Exception):
    """A user's function gave no result."""

    def __init__(self, problem: FunctionProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def function_loss(process: FunctionProcess) -> "FunctionLoss":
    """The registry entry of a function, as its file is now."""
    generation = process.generation  # before the description: a reload between them must not pass for seen
    about = process.description
    knobs = {each.name: each.knob() for each in about.knobs}
    return FunctionLoss(
        **without_stages(about.name, about.name, config_type(about.name, knobs)),
        process=process,
        generation=generation,
        about=about.doc,
    )


@dataclass(frozen=True)
class FunctionLoss(BatchLoss):
    """A user's loss function, called on a batch in its own process."""

    process: FunctionProcess = field(kw_only=True)

    def missing(self, step_stream: TensorDictBase, out: TensorDictBase) -> tuple[str, ...]:
        """Return the fields that it takes by name but this batch lacks."""
        fields, have = self.process.description.fields, names(step_stream) | names(out)
        absent = tuple(name for name in fields if name not in have)
        return () if len(fields) == 1 else absent  # one alone takes the whole batch

    def on(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> TracedLoss:
        """Call it on a batch.

        Raises:
            FunctionFailedError: it gave no result.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """
        reply, (loss, *values) = self._ask(batch, cfg, token, "terms")
        assert isinstance(reply, TracedCall)  # noqa: S101
        by_name = {info.name: value for info, value in zip(reply.infos, values, strict=True)}
        return self.traced(reply, loss, by_name)

    def gradients(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> tuple[dict[str, Tensor], float]:
        """Gradients at every term, by displayed name, and the norm over all outputs.

        Raises:
            FunctionFailedError: it gave no result.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """
        reply, tensors = self._ask(batch, cfg, token, "gradients")
        assert isinstance(reply, TracedGradients)  # noqa: S101
        return dict(zip(reply.names, tensors, strict=True)), reply.norm

    def report(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> Report:
        """The doctor's report on it.

        Raises:
            FunctionFailedError: it gave no result.
            ClientGoneError, ApiError: as `CancelToken.check`.
        """
        reply, tensors = self._ask(batch, cfg, token, "findings")
        assert isinstance(reply, TracedFindings)  # noqa: S101
        masks = dict(zip(reply.masks, tensors, strict=True))
        findings = tuple(_finding(each, masks.get(index)) for index, each in enumerate(reply.findings))
        return Report(
            findings,
            reply.checked,
            tuple(NotChecked(*each) for each in reply.not_checked),
            tuple(PartlyChecked(*each) for each in reply.partly_checked),
        )

    def _ask(self, batch: Batch, cfg: LossConfig, token: CancelToken, wanted: str) -> tuple[Message, Tensors]:
        config = {name: value for name, value in config_values(cfg).items() if name != "weight"}
        reply, tensors = self.process.call(Call(str(batch.path), config, wanted), token)
        if isinstance(reply, FunctionProblem):
            if batch.path is not None and not batch.path.exists():
                raise FileNotFoundError(batch.path)
            raise FunctionFailedError(reply)
        return reply, tensors


def _finding(fields: dict[str, Any], mask: Tensor | None) -> Finding:
    change = fields["change"]
    rest: dict[str, Any] = {
        "places": tuple(tuple(place) for place in fields["places"]),
        "reference": tuple(fields["reference"]),
        "explains": tuple(fields["explains"]),
        "change": None if change is None else Change(**change),
        "mask": mask,
        "consequences": tuple(_finding(each, None) for each in fields["consequences"]),
    }
    return Finding(**fields | rest)
