"""Base classes of request and response bodies."""

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
    """Base of request bodies: unknown fields are errors; the string below a field is its description."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ResponseModel(BaseModel):
    """Base of response bodies; the string below a field is its description."""

    model_config = ConfigDict(use_attribute_docstrings=True)
