"""A flat stream of steps, independent of its storage."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from jaxtyping import Int
from tensordict import TensorDictBase
from torch import Tensor

from mouse.data.in_memory import TensorSteps
from mouse.errors import BatchError, MissingFieldError
from mouse.losses.fields import names
from mouse.wording import fields_found

STEPS = "steps"


@runtime_checkable
class Steps(Protocol):
    """The interface of steps that windows are read from."""

    @property
    def names(self) -> Sequence[str]:
        """Its fields."""
        ...

    def __len__(self) -> int:
        """Number of steps."""
        ...

    def windows(self, fields: Iterable[str], starts: Int[Tensor, " batch"], length: int) -> dict[str, Tensor]:
        """Copies of the steps from each start on: ``[batch, length, ...]`` of each field.

        Raises:
            BatchError: (a ValueError) a field cannot be a tensor.
        """
        ...

    def ids(self, field: str) -> Int[Tensor, " step"]:
        """A whole field of integers; text is numbered by its first occurrence.

        Raises:
            BatchError: (a ValueError) neither integers nor text, or a value is missing.
        """
        ...


def steps_of(source: object) -> Steps:
    """Wrap the user's data as steps without copying it.

    Raises:
        BatchError: (a ValueError) nothing that steps can be read from.
        ModuleNotFoundError: a Parquet file without pyarrow.
    """
    if isinstance(source, TensorDictBase):
        return TensorSteps({name: source.get(name) for name in names(source)})
    if isinstance(source, Mapping):
        return TensorSteps(cast("Mapping[str, Any]", source))
    if isinstance(source, str | Path):
        return _parquet(Path(source))
    if _is(source, "pyarrow", "Table"):
        from mouse.data.arrow import table_steps  # noqa: PLC0415  # pyarrow is no dependency of the library

        return table_steps(source)
    if _is(source, "datasets", "Dataset"):
        from mouse.data.arrow import dataset_steps  # noqa: PLC0415

        return dataset_steps(source)
    raise BatchError(
        STEPS,
        f"a {type(source).__name__}",
        "a dict of arrays, a TensorDict [N], a pyarrow Table, a Hugging Face Dataset or the path of a Parquet file",
        "convert it to one of these",
    )


def chosen(steps: Steps, fields: Sequence[str] | None) -> list[str]:
    """Names of the fields to read: all if None.

    Raises:
        MissingFieldError: (a KeyError) there is no such field.
    """
    for name in fields or ():
        if name not in steps.names:
            raise MissingFieldError(f"{STEPS}.{name}", fields_found(steps.names), "a field of the steps", "rename it")
    return list(steps.names if fields is None else fields)


def _is(value: object, module: str, name: str) -> bool:
    """Whether a value is an instance of a package's class, without importing the package."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _parquet(path: Path) -> Steps:
    try:
        from pyarrow import parquet  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "pyarrow: found no such package, expected it to read a Parquet file; install it with pip install pyarrow."
        ) from error
    from mouse.data.arrow import table_steps  # noqa: PLC0415

    return table_steps(cast("Any", parquet).read_table(path))
