"""What every request and response body is."""

from typing import Annotated

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, Strict, StringConstraints

Index = Annotated[int, Strict(), Ge(0)]
Range = tuple[Index, Index]
SHA256 = "^[0-9a-f]{64}$"
UUID = "^[0-9a-f]{32}$"
PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
BatchId = Annotated[str, StringConstraints(pattern=SHA256)]
"""sha256 of a batch's file as it was sent."""


class Body(BaseModel):
    """A request body: unknown fields are errors, and a field's doc is the string under it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ResponseModel(BaseModel):
    """A response body; a field's doc is the string under it."""

    model_config = ConfigDict(use_attribute_docstrings=True)
