"""What the figures' tests draw from: a loss on a random batch, and plain numbers made of it."""

import base64
from typing import Any, cast

import numpy as np
import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.compute.cache import ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.gradients import row_gradient
from mouse_dashboard.compute.loss_evaluation import LossEvaluation
from mouse_dashboard.compute.select_terms import select_terms
from mouse_dashboard.compute.slices.groupings import groupings
from mouse_dashboard.compute.slices.selection import Selection
from mouse_dashboard.compute.stage_one import inputs_at, stage_one
from mouse_dashboard.figures.inputs import LossInput, RowInput, TransitionInput
from tests.server.batches import random_batch


def terms_of(loss: AnyLoss, batch: Batch, cfg: LossConfig | None = None) -> Any:
    """The library's own terms."""
    cfg = cfg or loss.config()
    return loss.terms(loss.inputs(batch.step_stream, batch.out, **loss.stage_options(cfg)), cfg)


def narrow(name: str, batch: Batch, cfg: LossConfig | None = None) -> dict[str, Tensor]:
    loss = LOSSES[name]
    terms = terms_of(loss, batch, cfg)
    names = [term.name for term in loss.term_infos if len(term.dims) == 2]
    return {name: getattr(terms, name) for name in names if getattr(terms, name) is not None}


def loss_input(
    name: str,
    batch: Batch | None = None,
    chosen: Tensor | None = None,
    cfg: LossConfig | None = None,
    **planted: Tensor,
) -> LossInput:
    """A loss on a batch, or on those transitions of it that are chosen by their flat index."""
    batch = batch or random_batch()
    case = LossJob(batch, LOSSES[name], cfg or LOSSES[name].config())
    terms = narrow(name, batch, cfg) | planted
    rows, steps = terms["loss"].shape
    selection = Selection((0, rows), (0, steps), chosen)
    whole = {key: values.expand(rows, steps) for key, values in terms.items() if values.shape == (rows, steps)}
    flat = {key: selection.take(values) for key, values in whole.items()}
    return LossInput(
        case.loss,
        flat,
        selection,
        groupings(cast("TensorDictBase", batch.step_stream)),
        case.cfg,
        {head: cast("Tensor", batch.out[head]) for head in case.loss.heads},
        lambda: float(case.loss.mean(select_terms(case.loss, _case(name, batch, cfg)[1], selection))),
        lambda rows, at: inputs_at(blocks_of(case), rows, at),
    )


def row_input(name: str, batch: Batch, row: int, step: int, cfg: LossConfig | None = None) -> RowInput:
    case, evaluated = _case(name, batch, cfg)
    terms = {key: values[row] for key, values in narrow(name, batch, cfg).items()}
    return RowInput(
        case.loss,
        terms,
        row,
        step,
        lambda: terms_of(case.loss, batch, case.cfg)[row],
        lambda term: row_gradient(evaluated, case, row, term),
    )


def transition_input(name: str, batch: Batch, row: int, step: int, cfg: LossConfig | None = None) -> TransitionInput:
    case, evaluated = _case(name, batch, cfg)
    terms = terms_of(case.loss, batch, case.cfg)[row, step]
    whole: Any = batch
    heads, heads_next = (
        {head: whole.out[head][row, at] for head in case.loss.heads if at < batch.shape[1]} for at in (step, step + 1)
    )
    q_star: Tensor | None = whole.step_stream.get("q_star", None)
    return TransitionInput(
        case.loss,
        terms,
        heads,
        heads_next,
        None if q_star is None else q_star[row],
        row,
        step,
        case.cfg,
        lambda term: row_gradient(evaluated, case, row, term),
        lambda: inputs_at(
            stage_one(case, ResultCache(0), CancelToken(60)).blocks, torch.tensor([row]), torch.tensor([step])
        ),
    )


def blocks_of(case: LossJob) -> list[Any]:
    return [*stage_one(case, ResultCache(0), CancelToken(60)).blocks]


def _case(name: str, batch: Batch, cfg: LossConfig | None) -> tuple[LossJob, LossEvaluation]:
    case = LossJob(batch, LOSSES[name], cfg or LOSSES[name].config())
    return case, Evaluator(0).evaluate(case, frozenset(), CancelToken(60))


def decoded(array: dict[str, Any]) -> list[Any]:
    """A typed array as numbers."""
    flat = np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"])
    shape = [int(size) for size in array["shape"].split(", ")] if "shape" in array else [-1]
    return flat.reshape(shape).tolist()
