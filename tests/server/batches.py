"""Random batches for the service's tests."""

import torch
from tensordict import TensorDict

from mouse.losses import HEADS
from mouse_dashboard.compute.batch import Batch


def random_batch(rows: int = 4, steps: int = 7, actions: int = 3, dim: int = 2, seed: int = 0) -> Batch:
    """A batch with every head; the last action is padding."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    q_star = normal(rows, steps, actions)
    q_star[..., -1] = -torch.inf
    step_stream = {
        "action": torch.randint(0, actions, (rows, steps), generator=generator),
        "reward": normal(rows, steps),
        "done": torch.randint(0, 3, (rows, steps), generator=generator),
        "q_star": q_star,
    }
    sizes = {"action": actions, "dim": dim}
    out = {head: normal(rows, steps, *(sizes[name] for name in dims)) for head, dims in HEADS.items()}
    shape = [rows, steps]
    return Batch("test", TensorDict(step_stream, batch_size=shape), TensorDict(out, batch_size=shape))
