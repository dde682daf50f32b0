"""What `mouse.explain` costs: a plain PPO loss called, traced, and traced with all terms listed. Ratios are printed.

    .venv/bin/python -m benchmarks.explain                     # both sizes, a minute and 1 GB of memory
    .venv/bin/python -m benchmarks.explain --sizes small       # seconds

Times are those that the processor worked, on one thread, the best of many turns: what the call itself takes.
"""

import argparse

import torch
from torch import Tensor

from benchmarks.timing import interleaved
from mouse import explain

SIZES = {"small": (64, 128, 18), "large": (1024, 1024, 18)}


def ppo(  # noqa: PLR0913, PLR0917  a parameter is a field of the batch
    logits: Tensor, value: Tensor, action: Tensor, old_logp: Tensor, advantage: Tensor, ret: Tensor, mask: Tensor
) -> Tensor:
    """The loss as a researcher writes it, with a masked mean."""
    log_policy = logits.log_softmax(-1)
    logp = log_policy.gather(-1, action.unsqueeze(-1)).squeeze(-1)
    ratio = (logp - old_logp).exp()
    policy = -torch.minimum(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage)
    critic = (value - ret).square()
    entropy = -(log_policy.exp() * log_policy).sum(-1)
    return ((policy + 0.5 * critic - 0.01 * entropy) * mask).sum() / mask.sum()


def fields(rows: int, steps: int, actions: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Data of a batch, and output of a model on it with gradient."""
    generator = torch.Generator().manual_seed(0)

    def normal(*tail: int) -> Tensor:
        return torch.randn(rows, steps, *tail, generator=generator)

    data = {"old_logp": normal() - 3, "advantage": normal(), "ret": normal(), "mask": (normal() > -1).float()}
    data["action"] = torch.randint(actions, (rows, steps), generator=generator)
    return data, {"logits": normal(actions).requires_grad_(), "value": normal().requires_grad_()}


def measure(size: str, seconds: float) -> None:
    """Print milliseconds of each way to call the loss, and how many plain calls that is."""
    data, out = fields(*SIZES[size])
    times = interleaved(
        {
            "plain call": lambda: ppo(**data, **out),
            "trace": lambda: explain(ppo, data, out),
            "trace and terms": lambda: explain(ppo, data, out).terms,
        },
        seconds,
        of=min,
    )
    print(f"{size}, {SIZES[size]}")
    for name, taken in times.items():
        print(f"  {name:16} {taken * 1000:9.2f} ms {taken / times['plain call']:6.2f}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="What mouse.explain costs.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=[*SIZES], help="sizes to measure")
    parser.add_argument("--seconds", type=float, default=5, help="for each way to call the loss")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for size in arguments.sizes:
        measure(size, arguments.seconds)


if __name__ == "__main__":
    main()
