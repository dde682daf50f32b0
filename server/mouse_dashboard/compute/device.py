"""The device that losses are evaluated on: the CPU by default, or a GPU that holds as many batches as fit."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any, cast

import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.losses import HEADS, LOSSES
from mouse.losses.lazy_terms import LazyTerms
from mouse.losses.loss import AnyLoss
from mouse.transition_batch import TRANSITION_FIELDS
from mouse_dashboard.compute.batch import CPU, Batch
from mouse_dashboard.compute.loss_evaluation import LossEvaluation

log = logging.getLogger("mouse")

OutOfMemoryError = torch.cuda.OutOfMemoryError
READ = frozenset({*TRANSITION_FIELDS, "q_star", *HEADS})
"""Every field that mouse's own losses read; observations, which are often the largest, are none of them."""


def unavailable_reason(device: str) -> str:
    """Why a device is unavailable, in a sentence; empty if it is available."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    known = [CPU, *(["cuda"] if count else []), *(f"cuda:{index}" for index in range(count))]
    if device in known:
        return ""
    if count:
        return f"device: found {device}, expected one of {', '.join(known)}; ask for one of these."
    return (
        f"device: found {device}, expected cpu: torch {torch.__version__} finds no GPU on this machine; install a CUDA "
        "build of torch and the GPU's driver, or leave the device out."
    )


class DevicePlacement:
    """The batches on the device, up to its memory budget; the least recently used is evicted first."""

    def __init__(self, device: str = CPU, max_bytes: int = 0) -> None:
        self.device = device
        self._max_bytes = max_bytes
        self._placed: OrderedDict[str, Batch] = OrderedDict()
        self._refused: dict[str, str] = {}
        self._lock = Lock()

    def place(self, batch: Batch, losses: Mapping[str, AnyLoss], forget: Callable[[str], None]) -> Batch:
        """The batch on the device, or unchanged with a sentence why; results of an evicted batch are dropped."""
        with self._lock:
            if batch.id in self._placed:
                self._placed.move_to_end(batch.id)
                return self._placed[batch.id]
            if batch.id not in self._refused:
                try:
                    return self._put(batch, losses, forget)
                except OutOfMemoryError:
                    self._refuse(batch.id, f"{self.device} ran out of memory")
            return replace(batch, placement=self._refused[batch.id])

    def evict_all(self) -> list[str]:
        """Evict all batches after the device ran out of memory, and keep them off it; return their ids."""
        with self._lock:
            ids = list(self._placed)
            self._placed.clear()
            for batch_id in ids:
                self._refuse(batch_id, f"{self.device} ran out of memory")
            return ids

    def forget(self, batch_id: str) -> None:
        """Drop a batch."""
        with self._lock:
            self._placed.pop(batch_id, None)
            self._refused.pop(batch_id, None)

    def _put(self, batch: Batch, losses: Mapping[str, AnyLoss], forget: Callable[[str], None]) -> Batch:
        # What a loss from outside reads beyond the fields that it declares is not known.
        known = READ if all(loss is LOSSES.get(name) or not loss.heads for name, loss in losses.items()) else None
        step_stream, out = (_fields(part, known) for part in _parts(batch))
        size = _bytes(step_stream, out)
        if size > self._max_bytes:
            found, room = (f"{each / 1e6:,.1f} MB" for each in (size, self._max_bytes))
            reason = f"the batch takes {found}, and MOUSE_DEVICE_BYTES keeps {room} of {self.device} for batches"
            self._refuse(batch.id, reason)
            return replace(batch, placement=self._refused[batch.id])
        while size + sum(_bytes(*_parts(each)) for each in self._placed.values()) > self._max_bytes:
            forget(self._placed.popitem(last=False)[0])
        self._placed[batch.id] = replace(
            batch,
            step_stream=self._copy(step_stream, batch.shape),
            out=self._copy(out, batch.shape),
            device=self.device,
            placement=f"Computed on {self.device}; last bits may differ from those of a CPU.",
        )
        return self._placed[batch.id]

    def _copy(self, fields: Mapping[str, Tensor], shape: tuple[int, int]) -> TensorDict:
        return TensorDict({name: value.to(self.device) for name, value in fields.items()}, shape)

    def _refuse(self, batch_id: str, reason: str) -> None:
        self._refused[batch_id] = f"Computed on the CPU: {reason}."
        log.warning("Batch %s is evaluated on the CPU: %s.", batch_id, reason)


def _parts(batch: Batch) -> tuple[TensorDictBase, TensorDictBase]:
    return cast("tuple[TensorDictBase, TensorDictBase]", (batch.step_stream, batch.out))


def _fields(source: TensorDictBase, known: frozenset[str] | None) -> dict[str, Tensor]:
    found = cast("dict[str, object]", dict(source.items()))
    return {
        name: value for name, value in found.items() if isinstance(value, Tensor) and (known is None or name in known)
    }


def _bytes(*parts: Mapping[str, Tensor] | TensorDictBase) -> int:
    return sum(cast("Tensor", value).nbytes for part in parts for value in part.values())


def copy_to_host(evaluated: LossEvaluation, loss: AnyLoss) -> LossEvaluation:
    """An evaluation for figures: each term is copied to the host when it is read; most never are."""
    terms: dict[str, Any] = {}
    for term in loss.term_infos:
        values: Tensor | None = getattr(evaluated.terms, term.name)
        if values is not None and len(term.dims) > 2:  # one number in the shape of the term
            terms[term.name] = values[(slice(1),) * values.dim()].cpu().expand(values.shape)
        else:
            terms[term.name] = None if values is None else partial(_copied, values)
    components = {key: values.cpu() for key, values in evaluated.components.items()}
    return replace(evaluated, terms=LazyTerms(**terms), components=components, mean=evaluated.mean.cpu())


def _copied(values: Tensor, _terms: LazyTerms) -> Tensor:
    return values.cpu()
