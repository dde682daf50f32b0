"""`mouse.show`: the dashboard in a notebook."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import Any

from mouse.local_dashboard import LocalDashboard
from mouse.losses.combined import losses_of
from mouse.losses.config import LossConfig
from mouse.tracing.explained import Fields
from mouse.tracing.function_file import FunctionAddress
from mouse.tracing.stored import to_stored

dashboards: dict[tuple[str | None, tuple[FunctionAddress, ...]], LocalDashboard] = {}
"""Those that this interpreter has started, by their proxy and the functions they were started with."""


@dataclass(frozen=True)
class BatchDisplay:
    """A batch on the dashboard. A notebook displays it in place."""

    url: str
    """Address of the page; behind a proxy without scheme and host."""
    height: int

    def _repr_html_(self) -> str:
        address = escape(self.url)
        return (
            f'<iframe src="{address}" title="mouse dashboard" width="100%" height="{self.height}" '
            'allow="clipboard-write" style="border: 0"></iframe>'
            f'<a href="{address}" target="_blank" rel="noopener">Open in a tab</a>'
        )


def show(  # noqa: PLR0913  what is shown, and how
    step_stream: Fields,
    out: Fields | None = None,
    configs: Mapping[str, LossConfig] | None = None,
    *,
    losses: Sequence[Callable[..., Any]] = (),
    loss: str | None = None,
    height: int = 800,
    name: str = "notebook",
    proxy: str | None = None,
) -> BatchDisplay:
    """Show a batch on a dashboard of this interpreter's own, which is started once and ends with it.

    Behind jupyter-server-proxy the page is asked for through it: on a JupyterHub that is found out, elsewhere `proxy`
    tells. There the dashboard asks for a token, which stands in the address.

    Shapes: ``step_stream``, ``out`` [B, S], or [N] for items without order in time.

    Args:
        step_stream: the batch: a TensorDict, or tensors and arrays by name.
        out: the model's output on it; where it is not apart, the fields of the batch that require gradient.
        configs: config of each loss, by its name; defaults where not said.
        losses: loss functions of the user's own, from a file or a cell of the notebook: they are shown as
            `mouse.explain` explains them, and the page follows when the file is saved or the cell run again.
        loss: field of the batch that holds a loss per step as training computed it, to be explained without code.
        height: pixels.
        name: what the batch is called in the list of batches.
        proxy: path of the proxy to this machine's ports, such as ``/lab/proxy/{port}/``.

    Raises:
        BatchError: (a ValueError) the batch cannot be stored, or a config of another loss.
        MissingFieldError: (a KeyError) an unknown loss in `configs`.
        RuntimeError: the dashboard cannot be started or refuses the batch; the message says why.
        ValueError: a loss function that stands in no file and no cell, or uses what only this interpreter has.
    """
    functions = tuple(FunctionAddress.of(loss) for loss in losses)
    configs = configs or {}
    losses_of({name: cfg for name, cfg in configs.items() if name not in {each.name for each in functions}})
    key = proxy or _hub_proxy(), functions
    dashboard = dashboards.get(key)
    if dashboard is None or not dashboard.alive:
        dashboard = dashboards[key] = LocalDashboard(*key)
    batch_id = dashboard.add(*to_stored(step_stream, out), name, loss)
    in_view = {"loss": functions[0].name} if functions else {}
    return BatchDisplay(dashboard.url({"batch": batch_id} | in_view | _changed(configs)), height)


def _hub_proxy() -> str | None:
    """A JupyterHub says where it serves this user; the proxy lies below that."""
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    return prefix and f"{prefix.rstrip('/')}/proxy/{{port}}/"


def _changed(configs: Mapping[str, LossConfig]) -> dict[str, str]:
    """What differs from the defaults, as a link of the page holds it."""
    changed: dict[str, str] = {}
    for name, cfg in configs.items():
        default = type(cfg)()
        for field in fields(cfg):
            value = getattr(cfg, field.name)
            if value != getattr(default, field.name):
                changed[f"{name}.{field.name}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return changed
