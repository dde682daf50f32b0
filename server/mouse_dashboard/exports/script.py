"""Export the screen as a Python script that runs the library's and the user's functions on the downloaded batch."""

import dataclasses
import inspect
from collections.abc import Mapping

from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch_loss import BatchLoss
from mouse_dashboard.compute.functions.function_loss import FunctionLoss
from mouse_dashboard.evaluate.view import require_loss
from mouse_dashboard.exports.load_snippet import LoadSnippet


def write_script(
    loading: LoadSnippet,
    configs: Mapping[str, LossConfig],
    in_view: str,
    losses: Mapping[str, AnyLoss],
    *,
    flat: bool = False,
) -> str:
    """Write a script that prints each loss, the metrics of the viewed one, and the total if several losses run.

    A user's function takes a `flat` batch, of sequences of one step, without its steps.

    Raises:
        ApiError: 422, the loss in view is none of the configs.
    """
    require_loss(configs, in_view, "loss")
    declared = {name: cfg for name, cfg in configs.items() if not isinstance(losses[name], BatchLoss)}
    calls = _Calls(in_view, loading.recorded, flat=flat, stored=len(declared) < len(configs))
    lines = [
        *loading.imports,
        *([""] if loading.imports else []),
        *_imports(configs, declared, loading, losses),
        "",
        *loading.lines,
        *_configs(declared),
        *(["losses = {}"] if len(declared) < len(configs) else []),
        *(line for name in configs for line in calls.lines(losses[name], configs[name])),
        *_total(configs, declared),
    ]
    return "\n".join(lines) + "\n"


def _total(configs: Mapping[str, LossConfig], declared: Mapping[str, LossConfig]) -> list[str]:
    """The weighted sum of several losses; like the combined loss, it skips zero weights."""
    weighed = [name for name, cfg in configs.items() if cfg.weight > 0]
    if len(configs) < 2 or not weighed:
        return []
    if len(declared) == len(configs):
        return ["", "total = combined_loss(step_stream, out, configs).total", 'print("total =", total.item())']
    total = " + ".join(f"{configs[name].weight!r} * losses[{name!r}]" for name in weighed)
    return ["", f"total = {total}", 'print("total =", total.item())']


def _imports(
    configs: Mapping[str, LossConfig],
    declared: Mapping[str, LossConfig],
    loading: LoadSnippet,
    losses: Mapping[str, AnyLoss],
) -> list[str]:
    total = _total(configs, declared)
    in_library = any("combined_loss" in line for line in total)
    combined = ["from mouse.losses.combined import combined_loss"] if in_library else []
    of_losses = [
        f"from {loss.function.__module__} import {loss.config.__name__}, {loss.function.__name__}"
        for loss in map(losses.__getitem__, declared)
    ]
    own = [losses[name] for name in configs if name not in declared]
    of_functions = [
        f"from {loss.process.address.file.stem} import {loss.name}" for loss in own if isinstance(loss, FunctionLoss)
    ]
    return sorted([loading.of_mouse, *combined, *of_losses, *of_functions, *(["import mouse"] if of_functions else [])])


def _configs(declared: Mapping[str, LossConfig]) -> list[str]:
    lines = [f"    {name!r}: {type(cfg).__name__}({_changed(cfg)})," for name, cfg in declared.items()]
    return ["configs = {", *lines, "}"] if lines else []


def _changed(cfg: LossConfig, *without: str) -> str:
    """Non-default fields as keyword arguments."""
    values = {field.name: (getattr(cfg, field.name), field.default) for field in dataclasses.fields(cfg)}
    changed = {name: value for name, (value, default) in values.items() if value != default and name not in without}
    return ", ".join(f"{name}={value!r}" for name, value in changed.items())


@dataclasses.dataclass(frozen=True)
class _Calls:
    """Writes the calls and the prints of losses."""

    in_view: str
    recorded: str
    flat: bool
    stored: bool
    """Whether each is stored by its name, for the total."""

    def lines(self, loss: AnyLoss, cfg: LossConfig) -> list[str]:
        """Lines of one loss; the viewed one prints its metrics too."""
        call, metrics = self._call(loss, cfg)
        store = [f"losses[{loss.name!r}] = loss"] if self.stored else []
        shown = [f"print({metrics})"] if loss.name == self.in_view and metrics else []
        return ["", *call, *store, f'print("{loss.name} =", loss.item())', *shown]

    def _call(self, loss: AnyLoss, cfg: LossConfig) -> tuple[list[str], str]:
        if isinstance(loss, FunctionLoss):
            return self._own(loss, cfg)
        return ([f"loss = {self.recorded}"], "") if isinstance(loss, BatchLoss) else self._declared(loss)

    def _own(self, loss: FunctionLoss, cfg: LossConfig) -> tuple[list[str], str]:
        batch = "step_stream[:, 0], out[:, 0]" if self.flat else "step_stream, out"
        arguments = ", ".join(filter(None, [loss.name, batch, _changed(cfg, "weight")]))
        return [f"explained = mouse.explain({arguments})", "loss = explained.loss"], "explained.metrics"

    def _declared(self, loss: AnyLoss) -> tuple[list[str], str]:
        """Pass heads one by one if the function's signature names them, else `out` as a whole."""
        known = {head: f'out["{head}"]' for head in loss.heads} | {"cfg": f'configs["{loss.name}"]'}
        arguments = ", ".join(known.get(name, name) for name in inspect.signature(loss.function).parameters)
        return [f"loss, metrics = {loss.function.__name__}({arguments})"], "metrics"
