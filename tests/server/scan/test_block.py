import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mouse.batch import save_batch
from mouse_dashboard.scan.block import Examination, summarise_block
from mouse_dashboard.scan.shard import BatchParts, open_shard
from tests.server.scan.shards import batch


def breaks(reward: torch.Tensor) -> torch.Tensor:
    raise RuntimeError(f"no loss of {tuple(reward.shape)}")


def asks(advantage: torch.Tensor) -> torch.Tensor:
    return advantage.mean()


def returns_none(_reward: torch.Tensor) -> None: ...


@pytest.mark.parametrize("function", [breaks, asks, returns_none])
def test_a_block_is_freed_although_a_loss_fails_on_it(tmp_path: Path, function: Callable[..., Any]) -> None:
    """Why it fails is kept as a text: an exception would hold the frames that hold the block."""
    path = tmp_path / "0.safetensors"
    save_batch(path, *batch(0))
    shard = open_shard(path, path.name, tmp_path, None)
    chunk = shard.open(shard.chunks[0])
    seen = list[weakref.ref[Any]]()
    torch.compiler.set_stance("default")  # imports the compiler, whose frames hold the block until garbage is collected

    def noted(parts: BatchParts) -> BatchParts:
        seen.extend(map(weakref.ref, parts))
        return parts

    gc.collect()
    gc.disable()
    try:
        summary = summarise_block(chunk, 0, None, Examination({}, {"own": function}, noted, {}))
        assert summary.not_computed["own"]
        assert [each() for each in seen] == [None, None]
    finally:
        gc.enable()
