"""What the figures' tests draw from: a loss on a random batch, and plain numbers made of it."""

import base64
from typing import Any

import numpy as np
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from server.evaluation import Batch, Evaluator
from server.figures.parts import LossPart, RowPart, TransitionPart
from server.work import Ticket
from tests.server.batches import random_batch


def terms_of(loss: AnyLoss, batch: Batch, cfg: LossConfig | None = None) -> Any:
    """The library's own terms."""
    cfg = cfg or loss.config()
    return loss.terms(loss.inputs(batch.step_stream, batch.out, **loss.switches(cfg)), cfg)


def narrow(name: str, batch: Batch) -> dict[str, Tensor]:
    loss = LOSSES[name]
    terms = terms_of(loss, batch)
    names = [term.name for term in loss.term_infos if len(term.dims) == 2]
    return {name: getattr(terms, name) for name in names if getattr(terms, name) is not None}


def loss_part(name: str, batch: Batch | None = None, **planted: Tensor) -> LossPart:
    terms = narrow(name, batch or random_batch()) | planted
    rows, steps = terms["loss"].shape
    return LossPart(LOSSES[name], terms, (0, rows), (0, steps))


def row_part(name: str, batch: Batch, row: int, step: int) -> RowPart:
    return RowPart(LOSSES[name], {key: values[row] for key, values in narrow(name, batch).items()}, row, step)


def transition_part(name: str, batch: Batch, row: int, step: int) -> TransitionPart:
    loss = LOSSES[name]
    terms = Evaluator(0).all_terms(batch, loss, loss.config(), (row, step), Ticket(60))
    whole: Any = batch
    return TransitionPart(loss, terms, {head: whole.out[head][row, step] for head in loss.heads}, row, step)


def decoded(array: dict[str, Any]) -> list[Any]:
    """A typed array as numbers."""
    flat = np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"])
    shape = [int(size) for size in array["shape"].split(", ")] if "shape" in array else [-1]
    return flat.reshape(shape).tolist()
