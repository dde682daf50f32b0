"""Fingerprints of heads: compare a head's outputs on equal observations between snapshots, without storing them."""

from typing import TypedDict, cast

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.losses.fields import STEP_STREAM
from mouse.mapping.evidence import is_observation

PROBES = 16
"""Observations of a snapshot that are kept: those of the least hashes, which are the same in every snapshot."""
MOST_NUMBERS = 256
"""Of an observation: images never come again, and would take long."""


class Fingerprint(TypedDict):
    """A target head beside its online head."""

    equal: bool
    """Whether both are the same to the last bit."""
    probes: dict[str, tuple[str, str]]
    """Hash of an observation: those of what the online head and the target head say of it."""


def fingerprint(case: Case, online: str, target: str) -> Fingerprint:
    """Take the fingerprints of two heads on the batch."""
    of_online, of_target = case.field(online), case.field(target)
    return Fingerprint(
        equal=of_online.dtype == of_target.dtype and torch.equal(of_online, of_target),
        probes=_probes(case, of_online, of_target),
    )


def _probes(case: Case, online: Tensor, target: Tensor) -> dict[str, tuple[str, str]]:
    prefix = f"{STEP_STREAM}."
    fields = [
        value
        for name, value in case.tensors.items()
        if name.startswith(prefix) and is_observation(name.removeprefix(prefix)) and value.shape[:2] == case.shape
    ]
    numbers = sum(value[0, 0].numel() for value in fields)
    if not 0 < numbers <= MOST_NUMBERS or any(value.is_complex() for value in fields):
        return {}
    hashes = sum(_hashes(value, seed) for seed, value in enumerate(fields))
    assert isinstance(hashes, Tensor)  # noqa: S101  there is a field at least
    found: dict[str, tuple[str, str]] = {}
    for index in cast("list[int]", hashes.argsort()[: PROBES * 64].tolist()):
        name = f"{int(hashes[index]) & 0xFFFFFFFFFFFFFFFF:016x}"
        if name not in found:
            found[name] = _hash(online.flatten(0, 1)[index]), _hash(target.flatten(0, 1)[index])
        if len(found) == PROBES:
            break
    return found


def _hash(row: Tensor) -> str:
    return f"{int(_hashes(row[None, None], 0)[0]) & 0xFFFFFFFF:08x}"


def _hashes(value: Tensor, seed: int) -> Tensor:
    """A hash per row of ``[B, S, ...]``: the numbers' bits times fixed odd factors, added up modulo 2 ** 64."""
    flat = value.detach().flatten(0, 1).unsqueeze(1).flatten(1).double().contiguous()
    generator = torch.Generator().manual_seed(seed)
    factors = torch.randint(-(1 << 62), 1 << 62, (flat.shape[1],), generator=generator) * 2 + 1
    mixed = (flat.view(torch.int64) * factors).sum(dim=1)
    return (mixed ^ (mixed >> 31)) * 0x2545F4914F6CDD1D
