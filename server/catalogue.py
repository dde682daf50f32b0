"""The catalogue: what the library says of its losses, as the API tells it."""

from typing import cast

from pydantic import TypeAdapter

from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss
from server.figures import FIGURES
from server.models import FigureInfo, FigureKind, LossInfo, Needs, TermInfo


def catalogue() -> list[LossInfo]:
    """All losses in the order of the library."""
    return [_loss_info(loss) for loss in LOSSES.values()]


def _loss_info(loss: AnyLoss) -> LossInfo:
    return LossInfo(
        name=loss.name,
        title=loss.title,
        doc=loss.doc,
        config_schema=TypeAdapter(loss.config).json_schema(),
        needs=Needs(step_stream=list(loss.step_fields), out=list(loss.heads)),
        terms=[
            TermInfo(name=t.name, formula=t.formula, doc=t.doc, dims=list(t.dims), signed=t.signed)
            for t in loss.term_infos
        ],
        figures=[
            FigureInfo(kind=cast("FigureKind", kind), title=figure.title, doc=figure.doc, need=figure.need)
            for kind, figure in FIGURES.items()
            if figure.fits(loss)
        ],
    )
