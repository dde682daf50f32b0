"""Models of stored batches; fields are documented only here."""

from typing import Annotated, Literal, Self

from annotated_types import Ge
from pydantic import Field, Strict, model_validator

from mouse.mapping import Mapping
from mouse_dashboard.schema.base import Body, ResponseModel


class FieldInfo(ResponseModel):
    """One tensor of a batch."""

    name: str
    """Its name within its group."""
    group: Literal["step_stream", "out"]
    """Whether it belongs to the data or to the model's output."""
    dtype: str
    """Its type, such as float32."""
    shape: list[int]
    """Its shape, [B, S] first."""
    nan: int
    """Number of NaN."""
    pos_inf: int
    """Number of +infinity."""
    neg_inf: int
    """Number of -infinity."""


class LossReadiness(ResponseModel):
    """Whether a loss can run on a batch."""

    name: str
    """The loss."""
    runs: bool
    """Whether every field that it needs is there."""
    missing: list[str]
    """The fields that are not."""


class BatchSummary(ResponseModel):
    """One line of the list of batches."""

    id: str
    """sha256 of the file as it was sent."""
    name: str
    """File name that it was sent under."""
    size: int
    """Bytes as they were sent."""
    created: str
    """When it was first sent: ISO 8601, UTC."""
    B: int = Field(description="Number of sequences.")
    S: int = Field(description="Number of steps per sequence.")
    transitions: bool
    """Whether its sequences are transitions without order, each of its own two states."""


class Sequences(ResponseModel):
    """How many sequences of a training batch were kept."""

    kept: Annotated[int, Strict(), Ge(1)]
    """Sequences here."""
    of: Annotated[int, Strict(), Ge(1)]
    """Sequences that were trained on."""

    @model_validator(mode="after")
    def _check_kept(self) -> Self:
        if self.kept > self.of:
            raise ValueError(f"no more sequences kept than the {self.of} there were")
        return self


class SnapshotOrigin(ResponseModel):
    """Where in a training run a batch comes from."""

    run_id: str
    """Id of the run."""
    run: str
    """Its name."""
    step: int
    """Step of the training."""
    configs: dict[str, dict[str, bool | float | str]]
    """The losses that were trained then, each with its config."""
    sequences: Sequences | None
    """How many of the trained sequences are here; null if all."""


class MappedFrom(ResponseModel):
    """The file of another library that a batch was made of."""

    file: str
    """Its name."""
    mapping: Mapping
    """How it became a batch."""
    notes: list[str]
    """What was done with it, a sentence each."""
    import_id: str | None
    """Id of the file while it is kept, to be mapped otherwise; null once it made room for others."""


class BatchInfo(BatchSummary):
    """A batch, and what was understood of it."""

    fields: list[FieldInfo]
    """Its tensors, `step_stream` first."""
    losses: list[LossReadiness]
    """Which losses can run."""
    snapshot: SnapshotOrigin | None
    """The run that pushed it; the newest snapshot where several have these bytes; null for a file of its own."""
    loss_field: str | None
    """The field that is named as the loss; null where none was recorded."""
    mapped_from: MappedFrom | None
    """The file of another library that it was made of; null where the file was a batch already."""


class LossFieldRequest(Body):
    """Which field of a batch was recorded as the loss."""

    loss_field: Annotated[str, Strict(), Field(min_length=1, max_length=1024)] | None
    """Its name; null for none."""


class BatchList(ResponseModel):
    """The stored batches."""

    batches: list[BatchSummary]
    """Newest first."""
