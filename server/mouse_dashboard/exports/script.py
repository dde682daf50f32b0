"""What is on screen as a Python script: the library's own functions on the downloaded batch."""

import dataclasses
import inspect
from collections.abc import Mapping

from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.evaluate.view import require_loss
from mouse_dashboard.exports.loading import Loading


def script(loading: Loading, configs: Mapping[str, LossConfig], in_view: str, losses: Mapping[str, AnyLoss]) -> str:
    """Write a script that prints each loss, the metrics of the one in view, and the total where several losses run.

    Raises:
        ApiError: 422, the loss in view is none of the configs.
    """
    require_loss(configs, in_view, "loss")
    total = ["", "total = combined_loss(step_stream, out, configs).total", 'print("total =", total.item())']
    lines = [
        *loading.imports,
        *([""] if loading.imports else []),
        *_imports(configs, loading, losses),
        "",
        *loading.lines,
        "configs = {",
        *(f"    {name!r}: {_construction(cfg)}," for name, cfg in configs.items()),
        "}",
        *(line for name in configs for line in _call(losses[name], in_view=name == in_view)),
        *(total if _has_total(configs) else []),
    ]
    return "\n".join(lines) + "\n"


def _has_total(configs: Mapping[str, LossConfig]) -> bool:
    """Whether there is something to add up: the combined loss leaves out what weighs nothing."""
    return len(configs) > 1 and any(cfg.weight > 0 for cfg in configs.values())


def _imports(configs: Mapping[str, LossConfig], loading: Loading, losses: Mapping[str, AnyLoss]) -> list[str]:
    combined = ["from mouse.losses.combined import combined_loss"] if _has_total(configs) else []
    of_losses = [
        f"from {loss.function.__module__} import {loss.config.__name__}, {loss.function.__name__}"
        for loss in map(losses.__getitem__, configs)
    ]
    return sorted([loading.of_mouse, *combined, *of_losses])


def _construction(cfg: LossConfig) -> str:
    """The config as code, without the fields that are at their default."""
    values = {field.name: (getattr(cfg, field.name), field.default) for field in dataclasses.fields(cfg)}
    given = ", ".join(f"{name}={value!r}" for name, (value, default) in values.items() if value != default)
    return f"{type(cfg).__name__}({given})"


def _call(loss: AnyLoss, *, in_view: bool) -> list[str]:
    """Heads go in one by one where the function's signature names them, else `out` as a whole."""
    arguments = {head: f'out["{head}"]' for head in loss.heads} | {"cfg": f'configs["{loss.name}"]'}
    given = ", ".join(arguments.get(name, name) for name in inspect.signature(loss.function).parameters)
    lines = ["", f"loss, metrics = {loss.function.__name__}({given})", f'print("{loss.name} =", loss.item())']
    return [*lines, "print(metrics)"] if in_view else lines
