"""Read fields of a batch: check presence, shape and type on the host, without reading a value."""

from collections.abc import Iterable, Mapping
from typing import cast

import torch
from jaxtyping import Float
from tensordict import TensorDictBase
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.wording import fields_found

STEP_STREAM = "step_stream"
OUT = "out"
Heads = TensorDictBase | Mapping[str, Tensor]
"""The output of a model, by the names of its heads."""


def batch_shape(step_stream: TensorDictBase, min_steps: int = 1) -> torch.Size:
    """``[B, S]`` of a batch that has at least one sequence and ``min_steps`` steps."""
    shape = step_stream.batch_size
    if len(shape) != 2 or shape[0] < 1 or shape[1] < min_steps:
        raise BatchError(
            STEP_STREAM,
            f"batch size {list(shape)}",
            f"[B, S] with B >= 1 and S >= {min_steps}",
            "set the TensorDict's batch_size to sequences x steps"
            + (", a transition needs two consecutive steps" if min_steps > 1 else ""),
        )
    return shape


def names(source: Heads) -> set[str]:
    """Names of the top-level fields."""
    return {str(key) for key in cast("Iterable[object]", source.keys())}


def read(source: Heads, name: str, where: str, expected: str) -> Tensor:
    """Return the tensor ``name``; a missing one is a `MissingFieldError` that says what is there."""
    value = cast("object", source.get(name, None))
    if value is None:
        raise MissingFieldError(f"{where}.{name}", fields_found(names(source)), expected, f"add {name!r} to {where}")
    if not isinstance(value, Tensor):
        raise BatchError(f"{where}.{name}", f"a {type(value).__name__}", expected, "store a tensor there")
    return value


def read_integers(step_stream: TensorDictBase, name: str, meaning: str) -> Tensor:
    """Return an integer field of shape ``[B, S]`` as int64."""
    expected = f"int64 [B, S], {meaning}"
    value = read(step_stream, name, STEP_STREAM, expected)
    check_shape(value, f"{STEP_STREAM}.{name}", step_stream.batch_size, expected)
    if value.is_floating_point() or value.is_complex() or value.dtype == torch.bool:
        raise BatchError(f"{STEP_STREAM}.{name}", str(value.dtype), expected, "convert it with .long()")
    if exceeds_int64(value):
        raise BatchError(f"{STEP_STREAM}.{name}", "uint64 numbers of 2^63 or more", expected, "store smaller numbers")
    return value.long()


def exceeds_int64(value: Tensor) -> bool:
    """Whether a number would become negative as int64, which only uint64 holds; the codes of row 0 are never read."""
    return value.dtype == torch.uint64 and bool((value[:, 1:].view(torch.int64) < 0).any())


def read_floats(step_stream: TensorDictBase, name: str, meaning: str) -> Tensor:
    """Return a floating-point field of shape ``[B, S]``."""
    expected = f"float [B, S], {meaning}"
    value = read(step_stream, name, STEP_STREAM, expected)
    check_shape(value, f"{STEP_STREAM}.{name}", step_stream.batch_size, expected)
    check_float(value, f"{STEP_STREAM}.{name}", expected)
    return value


def check_shape(value: Tensor, field: str, shape: torch.Size, expected: str) -> None:
    """Reject any other shape, ``[B, S, 1]`` included: it would broadcast silently."""
    if value.shape != shape:
        raise BatchError(
            field, f"shape {list(value.shape)}", f"{expected} = {list(shape)}", "reshape or transpose it to that shape"
        )


def check_head(value: Tensor, field: str, batch: torch.Size, dims: str) -> None:
    """Reject a head output that is not floating point or whose shape is not ``[B, S]`` plus the named dimensions."""
    expected = f"float [B, S, {dims}] with B, S = {list(batch)}"
    rank = len(batch) + len(dims.split(", "))
    if value.dim() != rank or value.shape[: len(batch)] != batch or 0 in value.shape:
        raise BatchError(field, f"shape {list(value.shape)}", expected, "give one row per step of step_stream")
    check_float(value, field, expected)


def check_float(value: Tensor, field: str, expected: str) -> None:
    """Reject integers, booleans and complex numbers: nothing is cast silently."""
    if not value.is_floating_point():
        raise BatchError(field, str(value.dtype), expected, "convert it with .float()")


def check_same_shape(value: Tensor, field: str, other: Tensor, other_field: str) -> None:
    """Reject twin tensors that differ in shape."""
    if value.shape != other.shape:
        raise BatchError(
            field, f"shape {list(value.shape)}", f"the shape {list(other.shape)} of {other_field}", "make the two agree"
        )


def read_q_star(step_stream: TensorDictBase, head: Tensor, head_field: str) -> Float[Tensor, " batch step action"]:
    """Return `q_star`, from which the supervised losses learn, with as many actions as the head; -inf: invalid."""
    field = f"{STEP_STREAM}.q_star"
    q_star = read(step_stream, "q_star", STEP_STREAM, "float [B, S, A], the optimal value of each action")
    check_head(q_star, field, step_stream.batch_size, "A")
    check_same_shape(q_star, field, head, head_field)
    return q_star.detach()
