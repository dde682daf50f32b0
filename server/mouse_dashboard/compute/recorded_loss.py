"""A recorded loss: one field of the batch is the loss, its other fields are the terms."""

from typing import cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.batch import RECORDED
from mouse.errors import MissingFieldError
from mouse.losses.config import LossConfig
from mouse.losses.fields import names, read
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.batch_loss import LOSS, BatchLoss, TracedLoss, without_stages
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.functions.messages import TracedCall
from mouse_dashboard.compute.non_finite import health_of


class RecordedLoss(BatchLoss):
    """The loss of a batch with a `loss_field`: only the mean of that field is computed."""

    def missing(self, step_stream: TensorDictBase, out: TensorDictBase) -> tuple[str, ...]:
        """Always empty: whether it runs depends on `Batch.loss_field`."""
        del step_stream, out
        return ("a field named as the loss",)

    def on(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> TracedLoss:
        """Read its terms.

        Raises:
            MissingFieldError: the batch has no `loss_field`.
            ApiError: time is up.
        """
        del cfg
        token.check()
        values = _fields(batch)
        if batch.loss_field not in values:
            raise MissingFieldError("loss_field", "none", "a field of one number per step", "name it on the Data tab")
        loss = values.pop(batch.loss_field)
        terms = {f"batch.{name}" if name == LOSS else name: value for name, value in values.items()} | {LOSS: loss}
        call = TracedCall(
            metrics={},
            infos=tuple(_info(name, value, batch.loss_field) for name, value in terms.items()),
            others=(),
            unnamed=frozenset(),
            helpers={},
            scalars={},
            health=health_of(terms),
            head_sizes={},
            gradient_infos=(),
            reason="",
            note=f"Recorded, not computed: the loss is the mean of {batch.loss_field} over all steps.",
            seconds=0.0,
        )
        return self.traced(call, loss.mean() if loss.is_floating_point() else loss.double().mean(), terms)


def _fields(batch: Batch) -> dict[str, Tensor]:
    """Fields with one number, or one list of numbers, per step."""
    sources = cast("tuple[TensorDictBase, ...]", (batch.step_stream, batch.out))
    found = {name: read(source, name, "batch", "a tensor") for source in sources for name in sorted(names(source))}
    return {name: values for name, values in found.items() if values.dim() in {2, 3} and not values.is_complex()}


def _info(name: str, values: Tensor, loss_field: str) -> TermInfo:
    doc = f"The field {loss_field}: its mean is the loss." if name == LOSS else "A field of the batch."
    signed = values.dtype != torch.bool and bool((values < 0).any())
    unit = "item" if values.shape[1] == 1 else "step"
    return TermInfo("", doc, signed, name=name, dims=("batch", unit, "index")[: values.dim()])


RECORDED_LOSS = RecordedLoss(
    **without_stages(RECORDED, "Recorded loss", LossConfig),
    about="A field of the batch that was recorded as the loss, with the other fields as its terms.",
)
"""Every application has it, for the batches that name such a field."""
