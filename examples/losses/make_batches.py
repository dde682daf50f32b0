"""Train a small agent with each of these losses, and save the last batch of each.

python -m examples.losses.make_batches
"""

from collections.abc import Callable
from pathlib import Path

import torch
from tensordict import TensorDict

from examples.losses.training.double_dqn import double_dqn_batch
from examples.losses.training.grpo import grpo_batch
from examples.losses.training.ppo import ppo_batch
from examples.losses.training.qr_dqn import qr_dqn_batch
from examples.losses.training.rollout import Fields
from examples.losses.training.sac import sac_batch
from mouse.batch import save_batch

FOLDER = Path(__file__).parent / "batches"
MAKERS: dict[str, Callable[[], tuple[Fields, Fields]]] = {
    "double_dqn_huber_nstep": double_dqn_batch,
    "ppo_clip": ppo_batch,
    "sac_critic": sac_batch,
    "qr_dqn": qr_dqn_batch,
    "grpo": grpo_batch,
}


def as_batch(fields: Fields, out: Fields) -> tuple[TensorDict, TensorDict]:
    """``[B, S]`` fields as they are; ``[N]`` transitions as N sequences of one step."""
    if fields["reward"].dim() == 1:
        fields, out = ({name: value.unsqueeze(1) for name, value in group.items()} for group in (fields, out))
    shape = fields["reward"].shape
    return TensorDict(fields, batch_size=shape), TensorDict(out, batch_size=shape)


def main() -> None:
    """Write the batches beside this file; the same machine writes the same ones again."""
    for name, make in MAKERS.items():
        torch.manual_seed(0)
        step_stream, out = as_batch(*make())
        path = FOLDER / f"{name}.safetensors"
        save_batch(path, step_stream, out)
        print(f"{path.name}: {list(step_stream.batch_size)}, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
