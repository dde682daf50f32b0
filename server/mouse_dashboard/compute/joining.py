"""Concatenate blocks in as little memory as possible."""

from torch import Tensor


def join(parts: list[Tensor]) -> Tensor:
    """Concatenate along the first dimension, emptying the list; parts that are adjacent in memory are not copied."""
    first = parts[0]
    rows = sum(part.shape[0] for part in parts)
    if len(parts) == 1 or _adjacent(parts):
        return first.as_strided((rows, *first.shape[1:]), first.stride(), first.storage_offset())
    whole = first.new_empty((rows, *first.shape[1:]))
    end = rows
    while parts:  # the last one first, because a list gives that away at once; each is freed when it is copied
        part = parts.pop()
        whole[end - part.shape[0] : end] = part
        end -= part.shape[0]
    return whole


def _adjacent(parts: list[Tensor]) -> bool:
    """Whether each part begins where the one before ends, in the same storage."""
    first = parts[0]
    at = first.data_ptr()
    for part in parts:
        same = part.untyped_storage().data_ptr() == first.untyped_storage().data_ptr()
        if not same or part.stride() != first.stride() or part.data_ptr() != at:
            return False
        at += part.shape[0] * part.stride(0) * part.element_size()
    return True
