"""A batch as a file: safetensors, fields of `step_stream` and `out` side by side, exact in dtype and shape."""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote
from uuid import uuid4

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save, save_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.alignment import Alignment, to_next_state
from mouse.errors import BatchError, MissingFieldError
from mouse.losses import HEADS
from mouse.losses.fields import OUT, STEP_STREAM, batch_shape, names, read
from mouse.tracing.explained import Fields, split_batch
from mouse.wording import cut, listed

FORMAT = "mouse-batch"
VERSION = 1
RECORDED = "recorded"
"""Name of the loss that is a field of the batch, in configs and results."""


def save_batch(  # noqa: PLR0913  what is known of a batch
    path: str | os.PathLike[str],
    step_stream: Fields,
    out: Fields | None = None,
    *,
    alignment: Alignment = "next_state",
    loss: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a batch and the model's output on it atomically; further `metadata` goes into the header.

    Both are TensorDicts, or dicts of tensors, arrays or lists; without `out`, it is the fields with a head's name and
    those that require gradient. `alignment` says with which state action, reward and done stand: ``state`` is what a
    loop around ``env.step`` stores, and is moved by one row. `loss` names the field that holds a loss per step as
    training computed it: the dashboard explains it by the other fields, without its code.

    Shapes: ``step_stream`` and ``out`` have the same batch size [B, S]; every field starts with it.

    Raises:
        BatchError: (a ValueError) batch sizes differ, a field cannot be stored, a name stands in both, or `loss` is no
            field of one number per step.
        OSError: it cannot be written there, or there is no room.

    Example:
        >>> steps = {"observation": obs, "action": actions, "reward": rewards, "done": dones}  # arrays [B, S, ...]
        >>> save_batch("batch.safetensors", steps, {"dqn": q, "dqn_target": q_target}, alignment="state")
    """
    both = isinstance(step_stream, TensorDictBase) and isinstance(out, TensorDictBase)
    stream, heads = (step_stream, out) if both else split_batch(step_stream, out)
    tensors, own = _contents(to_next_state(stream, alignment), heads, loss)
    target = Path(path)
    scratch = target.with_name(f".{uuid4().hex}")  # never longer than a name may be
    try:
        scratch.touch()
        mode = scratch.stat().st_mode
        try:
            save_file(tensors, scratch, {**(metadata or {}), **own})
        except SafetensorError as error:
            raise _of_system(error, target) from error
        scratch.chmod(mode)  # safetensors lets only the owner read, whatever the umask
        _finish(scratch)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def batch_bytes(step_stream: TensorDictBase, out: TensorDictBase, *, loss: str | None = None) -> bytes:
    """The bytes that `save_batch` writes into a file.

    Raises:
        BatchError: (a ValueError) as `save_batch`.
    """
    content = save(*_contents(step_stream, out, loss))
    size = int.from_bytes(content[:8], "little")
    return content[:8] + _sorted(content[8 : 8 + size]) + content[8 + size :]


def load_batch(path: str | os.PathLike[str]) -> tuple[TensorDict, TensorDict]:
    """Read `step_stream` and `out` from a file; the tensors are a memory map that copies on write.

    Files of other writers are read as well: names may carry a prefix ``step_stream.`` or ``out.`` (or with ``/``), and
    a name without one belongs to `out` where it is a head's.

    Raises:
        BatchError: (a ValueError) not such a file, of a newer version, or a field without the batch's leading shape.
        MissingFieldError: (a KeyError) no field of shape [B, S] to read the batch size from.
    """
    try:
        with safe_open(path, framework="pt") as file:  # pyright: ignore[reportUnknownVariableType]
            metadata = cast("dict[str, str]", file.metadata() or {})
            tensors = {name: cast("Tensor", file.get_tensor(name)) for name in cast("list[str]", file.keys())}
    except SafetensorError as error:
        raise BatchError(
            Path(path).name, f"no safetensors file ({error})", "a file written by save_batch", "save it again"
        ) from error
    version = metadata.get("version", "1") if metadata.get("format") == FORMAT else "1"
    if version != str(VERSION):
        raise BatchError(Path(path).name, f"format version {cut(version, 20)}", f"version {VERSION}", "update mouse")
    if metadata.get("format") != FORMAT or "out" not in metadata:
        return split_fields(tensors, _place)
    of_out = {unquote(name) for name in metadata["out"].split(",") if name}
    return split_fields(tensors, lambda name: (OUT if name in of_out else STEP_STREAM, name))


def is_saved_batch(path: str | os.PathLike[str]) -> bool:
    """Whether a safetensors file was written by `save_batch`, according to its header."""
    with safe_open(path, framework="pt") as file:  # pyright: ignore[reportUnknownVariableType]
        return cast("dict[str, str]", file.metadata() or {}).get("format") == FORMAT


def recorded_loss(path: str | os.PathLike[str]) -> str | None:
    """The field that a file of `save_batch` names as the loss; None if there is none."""
    with safe_open(path, framework="pt") as file:  # pyright: ignore[reportUnknownVariableType]
        metadata = cast("dict[str, str]", file.metadata() or {})
        name = metadata.get("loss") if metadata.get("format") == FORMAT else None
        return name if name is not None and is_number_per_step(cast("Tensor", file.get_tensor(name))) else None


def is_number_per_step(values: Tensor) -> bool:
    """Whether a field can be a recorded loss: one real number per step."""
    return values.dim() == 2 and not values.is_complex()


def split_fields(
    tensors: Mapping[str, Tensor], place: Callable[[str], tuple[str, str]]
) -> tuple[TensorDict, TensorDict]:
    """Sort named tensors into `step_stream` and `out`; `place` gives the group of a name, and the field's name there.

    Raises:
        BatchError: (a ValueError) a name stands twice, or a field does not start with the batch's [B, S].
        MissingFieldError: (a KeyError) no field to read [B, S] from.
    """
    groups: dict[str, dict[str, Tensor]] = {STEP_STREAM: {}, OUT: {}}
    for full_name, value in tensors.items():
        group, name = place(full_name)
        if name in groups[group]:
            raise BatchError(f"{group}.{name}", "two tensors of that name", "one", "rename one of them")
        groups[group][name] = value
    shape = _leading_shape(groups[STEP_STREAM], groups[OUT])
    for group, fields in groups.items():
        for name, value in fields.items():
            if value.shape[:2] != shape:
                raise BatchError(
                    f"{group}.{name}",
                    f"shape {list(value.shape)}",
                    f"[B, S, ...] = {list(shape)} first",
                    "reshape or leave it out",
                )
    return TensorDict(groups[STEP_STREAM], batch_size=shape), TensorDict(groups[OUT], batch_size=shape)


def aligned_shape(step_stream: TensorDictBase, out: TensorDictBase) -> torch.Size:
    """``[B, S]`` of the batch and of the model's output on it.

    Raises:
        BatchError: (a ValueError) batch sizes differ, or a name stands in both.
    """
    shape = batch_shape(step_stream)
    if out.batch_size != shape:
        raise BatchError(
            OUT, f"batch size {list(out.batch_size)}", f"that of step_stream, {list(shape)}", "align the two"
        )
    both = sorted(names(step_stream) & names(out))
    if both:
        raise BatchError(OUT, f"field {both[0]!r} also in step_stream", "distinct names", "rename one of the two")
    return shape


def _contents(
    step_stream: TensorDictBase, out: TensorDictBase, loss: str | None
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a file."""
    shape = aligned_shape(step_stream, out)
    tensors = {**_plain(step_stream, STEP_STREAM), **_plain(out, OUT)}
    if not tensors:
        raise BatchError("batch", "no fields", "a tensor of shape [B, S, ...] at least", "add the fields")
    if loss is not None and not (loss in tensors and is_number_per_step(tensors[loss])):
        known = listed((name for name, value in tensors.items() if is_number_per_step(value)), "none")
        raise BatchError("loss", repr(loss[:60]), f"a field of one number per step: {known}", "choose one")
    metadata = {} if loss is None else {"loss": loss}
    metadata |= {
        "format": FORMAT,
        "version": str(VERSION),
        "B": str(shape[0]),
        "S": str(shape[1]),
        "out": ",".join(sorted(quote(name) for name in names(out))),
    }
    return tensors, metadata


def _of_system(error: SafetensorError, target: Path) -> Exception:
    """Recover the OS error, which safetensors reports only as text: ... (os error 28)."""
    found = re.search(r"\(os error (\d+)\)", str(error))
    return error if found is None else OSError(int(found[1]), os.strerror(int(found[1])), str(target))


def _finish(path: Path) -> None:
    """Sort the metadata and sync the file: its content must reach the disk before the rename."""
    with path.open("r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        header = _sorted(file.read(size))
        file.seek(8)
        file.write(header)
        file.flush()
        os.fsync(file.fileno())


def _sorted(header: bytes) -> bytes:
    """A header of the same size. safetensors writes metadata in random order; sorted, equal batches are equal files."""
    entries = json.loads(header)
    entries["__metadata__"] = dict(sorted(entries["__metadata__"].items()))
    return json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode().ljust(len(header))


def _place(full_name: str) -> tuple[str, str]:
    """By its prefix, or by the names of the heads."""
    for group in (STEP_STREAM, OUT):
        for separator in "./":
            if full_name.startswith(group + separator):
                return group, full_name[len(group) + 1 :]
    return (OUT if full_name in HEADS else STEP_STREAM), full_name


def _leading_shape(step_stream: Mapping[str, Tensor], out: Mapping[str, Tensor]) -> torch.Size:
    for name in ("action", "reward", "done", "q_star"):
        if name in step_stream and step_stream[name].dim() >= 2:
            return step_stream[name].shape[:2]
    for value in (*out.values(), *step_stream.values()):
        if value.dim() >= 2:
            return value.shape[:2]
    present = listed({*step_stream, *out}, "no tensor")
    raise MissingFieldError("batch", present, "fields of shape [B, S, ...]", "save the batch with save_batch")


def _plain(source: TensorDictBase, where: str) -> dict[str, Tensor]:
    """Detached contiguous copies on the CPU: safetensors refuses tensors that share memory."""
    fields: dict[str, Tensor] = {}
    for name in names(source):
        _check_name(name, where)
        value = read(source, name, where, "a tensor, not a nested TensorDict")
        if not _is_storable(value.dtype):
            raise BatchError(f"{where}.{name}", str(value.dtype), "a type of safetensors", "convert it with .to()")
        fields[name] = value.detach().to("cpu", copy=True).contiguous()
    return fields


def _check_name(name: str, where: str) -> None:
    encodable = name.encode("utf-8", "backslashreplace").decode()
    if not name:
        raise BatchError(f"{where}.", "a field without a name", "one character at least", "rename it")
    if encodable != name:
        raise BatchError(f"{where}.{encodable}", "a name that is not UTF-8", "no lone surrogates", "rename it")
    if name == "__metadata__":
        raise BatchError(f"{where}.{name}", "a name that safetensors keeps for itself", "another", "rename it")


def _is_storable(dtype: torch.dtype) -> bool:
    """Ask safetensors with an empty tensor: it has no public list of its types, and each version knows others."""
    try:
        save({"x": torch.empty(0, dtype=dtype)})
    except KeyError:
        return False
    return True
