"""The loss that training minimises: the weighted sum of the losses of the heads that are present."""

from collections.abc import Mapping
from typing import NamedTuple

from jaxtyping import Float
from tensordict import TensorDictBase
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses.config import LossConfig
from mouse.losses.fields import names
from mouse.losses.loss import AnyLoss
from mouse.losses.registered import all_losses
from mouse.losses.training import evaluate
from mouse.losses.value_checks import ValueCheck, sync_metrics
from mouse.wording import listed


class CombinedLoss(NamedTuple):
    """Total and parts of a combined loss."""

    total: Float[Tensor, ""]
    """Weighted sum, with gradient."""
    parts: dict[str, Float[Tensor, ""]]
    """Unweighted loss of each head that took part, with gradient."""
    metrics: dict[str, float]
    """Metrics of every part, `combined_loss`, and `<name>_share` of the total per part."""


def combined_loss(step_stream: TensorDictBase, out: TensorDictBase, configs: Mapping[str, LossConfig]) -> CombinedLoss:
    """Sum the weighted losses of the configured heads that the model output holds.

    Formula: ``total = sum(weight * loss)`` over the losses in `configs` whose head is in `out` and whose weight > 0.

    Shapes: ``step_stream``, ``out`` [B, S] with the fields of each loss.

    Returns:
        Total, parts by loss name and metrics; one host sync for all metrics together.

    Raises:
        MissingFieldError: (a KeyError) an unknown loss, no configured head present, or a field of one missing.
        BatchError: (a ValueError) a config of another loss, or as the losses raise it.
    """
    parts: dict[str, Tensor] = {}
    metrics: dict[str, Tensor] = {}
    checks: list[ValueCheck] = []
    for name, loss in losses_of(configs).items():
        cfg = configs[name]
        if cfg.weight == 0 or loss.heads[0] not in names(out):
            continue
        parts[name], found, required = evaluate(loss, step_stream, out, cfg)
        metrics |= found
        checks += required
    if not parts:
        raise _nothing_to_combine(out, configs)
    weighted = weigh({name: parts[name] for name in all_losses() if name in parts}, configs)
    total = total_of(weighted)
    metrics |= {"combined_loss": total, **{f"{name}_share": part / total for name, part in weighted.items()}}
    return CombinedLoss(total, parts, sync_metrics(metrics, checks))


def weigh(parts: Mapping[str, Tensor], configs: Mapping[str, LossConfig]) -> dict[str, Tensor]:
    """``weight * loss`` of each part, in the order of the parts: the order decides the last bit of a sum."""
    return {name: configs[name].weight * part for name, part in parts.items()}


def total_of(weighted: Mapping[str, Tensor]) -> Float[Tensor, ""]:
    """Sum of weighted losses."""
    first, *others = weighted.values()
    return sum(others, start=first)


def losses_of(configs: Mapping[str, LossConfig] | LossConfig) -> dict[str, AnyLoss]:
    """Return the losses that configs are for, by name; a config alone, another name or loss's config is refused."""
    if isinstance(configs, LossConfig):
        name = next(name for name, loss in all_losses().items() if isinstance(configs, loss.config))
        raise BatchError("configs", f"a {type(configs).__name__}", "configs by name", f'pass {{"{name}": ...}}')
    return {name: loss_of(name, cfg) for name, cfg in configs.items()}


def loss_of(name: str, cfg: LossConfig) -> AnyLoss:
    """Return the loss that a config is for; another name or another loss's config is refused."""
    known = all_losses()
    if name not in known:
        raise MissingFieldError("configs", repr(name), f"names among {', '.join(known)}", "rename or remove it")
    wanted = known[name].config
    if not isinstance(cfg, wanted):
        found, expected = type(cfg).__name__, wanted.__name__
        raise BatchError(f"configs.{name}", f"a {found}", f"a {expected}", "pass the config of that loss")
    return known[name]


def _nothing_to_combine(out: TensorDictBase, configs: Mapping[str, LossConfig]) -> MissingFieldError:
    present = listed(names(out), "no head")
    wanted = ", ".join(all_losses()[name].heads[0] for name, cfg in configs.items() if cfg.weight > 0) or "nothing"
    return MissingFieldError(
        "out", present, f"at least one head with a positive weight, configured: {wanted}", "add a head or a config"
    )
