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
    """Whether all required fields exist."""
    missing: list[str]
    """The missing fields."""


class BatchSummary(ResponseModel):
    """One line of the list of batches."""

    id: str
    """sha256 of the uploaded file."""
    name: str
    """Name of the uploaded file."""
    size: int
    """Size of the uploaded file in bytes."""
    created: str
    """Time of the first upload: ISO 8601, UTC."""
    B: int = Field(description="Number of sequences.")
    S: int = Field(description="Number of steps per sequence.")
    transitions: bool
    """Whether its sequences are unordered transitions, each with its two states."""


class Sequences(ResponseModel):
    """How many sequences of a training batch were kept."""

    kept: Annotated[int, Strict(), Ge(1)]
    """Sequences that were kept."""
    of: Annotated[int, Strict(), Ge(1)]
    """Sequences that were trained on."""

    @model_validator(mode="after")
    def _check_kept(self) -> Self:
        if self.kept > self.of:
            raise ValueError(f"no more sequences kept than the {self.of} there were")
        return self


class SnapshotOrigin(ResponseModel):
    """The training run and step that a batch comes from."""

    run_id: str
    """Id of the run."""
    run: str
    """Its name."""
    step: int
    """Step of the training."""
    configs: dict[str, dict[str, bool | float | str]]
    """Config of each loss that was trained."""
    sequences: Sequences | None
    """Number of the trained sequences that were kept; null if all."""


class MappedFrom(ResponseModel):
    """The source file of a mapped batch."""

    file: str
    """Its name."""
    mapping: Mapping
    """The mapping that made the batch."""
    notes: list[str]
    """Every step of the conversion, one sentence each."""
    import_id: str | None
    """Id of the file while it is stored, to change the mapping; null once it was dropped for others."""


class BatchInfo(BatchSummary):
    """A batch in detail."""

    fields: list[FieldInfo]
    """Its tensors, `step_stream` first."""
    losses: list[LossReadiness]
    """Which losses can run."""
    snapshot: SnapshotOrigin | None
    """The snapshot that it belongs to, the newest if several share these bytes; null for an uploaded file."""
    loss_field: str | None
    """The field with the recorded loss; null if none is set."""
    mapped_from: MappedFrom | None
    """The source file of a mapped batch; null for a native batch."""


class LossFieldRequest(Body):
    """The field of a batch with the recorded loss."""

    loss_field: Annotated[str, Strict(), Field(min_length=1, max_length=1024)] | None
    """Its name; null for none."""


class BatchList(ResponseModel):
    """The stored batches."""

    batches: list[BatchSummary]
    """Newest first."""
