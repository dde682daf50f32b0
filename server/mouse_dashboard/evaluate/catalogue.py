"""The catalogue: the losses of the library and the figures of the service, as the API describes them."""

from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import Any, Literal

from pydantic import RootModel

from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch_loss import BatchLoss, TracedLoss
from mouse_dashboard.compute.configs import config_adapter
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError, FunctionLoss
from mouse_dashboard.compute.loss_evaluation import gradient_infos, is_gradient
from mouse_dashboard.evaluate.batch_evaluation import function_error_body
from mouse_dashboard.evaluate.formula import latex_of
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.figure import PANELS, Scope
from mouse_dashboard.figures.style import SERIES
from mouse_dashboard.schema.base import ResponseModel
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.requests import FigureKind


class Needs(ResponseModel):
    """Inputs of a loss."""

    step_stream: list[str]
    """Fields of the batch."""
    out: list[str]
    """Outputs of the model."""


class TermInfo(ResponseModel):
    """One intermediate of a loss."""

    name: str
    """Its name in code."""
    formula: str
    """Its formula over the terms, inputs and config fields before it."""
    latex: str | None
    """The formula in LaTeX; null if it is prose."""
    doc: str
    """Its meaning, in one sentence."""
    dims: list[str]
    """Names of its dimensions: batch, then time (transitions) or step, then maybe action or dim."""
    signed: bool
    """Whether the sign of the values has a meaning."""
    where: str
    """Boolean term outside of which its values are placeholders, shown as invalid; empty if every value counts."""
    kind: Literal["term", "expression", "gradient"]
    """A named value, an expression of a user's function that has no name, or a gradient of the loss's mean."""
    components: int | None
    """Size of the third dimension of a user's term, if it has one; otherwise the head determines it."""


class OtherValueInfo(ResponseModel):
    """A named value that belongs to no place of the batch: a scalar, or a tensor of another shape."""

    name: str
    """Its name in code."""
    formula: str
    """The expression that computes it."""
    shape: list[int]
    """Its shape; empty for a scalar."""
    line: int
    """Line of the file."""
    mean: Number | None
    """Mean of its values; null if there are none."""
    smallest: Number | None
    """Smallest of its values."""
    largest: Number | None
    """Largest of its values."""


class PresetInfo(ResponseModel):
    """A published configuration of a loss."""

    name: str
    """Its name."""
    doc: str
    """Its purpose, in one sentence."""
    config: dict[str, bool | float | str]
    """The fields it sets; the others take their defaults."""
    reference: str
    """Source of the values: authors, title, year."""


class FigureInfo(ResponseModel):
    """A figure that is available for a loss."""

    kind: FigureKind
    """Its name in requests."""
    title: str
    """Display name."""
    doc: str
    """What it shows, in one sentence."""
    panel: str
    """Panel of the page that contains it."""
    need: Scope
    """What it is of: a view of one term, the whole loss, one sequence, or one transition; the last two are chosen among
    the rows and steps of the request, at the value of its term that is farthest from zero. A figure of both compares
    with what is pinned."""


class PanelInfo(ResponseModel):
    """A panel of related figures."""

    name: str
    """Key in links."""
    title: str
    """Display name."""


class LossInfo(ResponseModel):
    """One loss of the catalogue."""

    name: str
    """Key in configs, links and results."""
    title: str
    """Display name."""
    doc: str
    """Its description, in one sentence."""
    colour: str
    """Its colour beside the other losses."""
    config_schema: dict[str, Any]
    """JSON Schema of its config: bounds, defaults, docs, and `slider`, the range worth dragging through."""
    presets: list[PresetInfo]
    """Published configurations."""
    needs: Needs
    """Fields that it reads from batch and model output."""
    terms: list[TermInfo]
    """Its intermediates in order of computation up to `loss`, then the gradient of the loss's mean."""
    others: list[OtherValueInfo]
    """Named values of a user's function that belong to no place of the batch."""
    per_batch: bool
    """Whether its terms differ from batch to batch: a user's function, or a recorded loss."""
    file: str | None
    """File of a user's function; null for a loss of the library."""
    error: ErrorBody | None
    """Why a user's function gave no result on the batch; its terms are then unknown."""
    panels: list[PanelInfo]
    """Panels of figures in the order of the page; `term` is the one of a single term."""
    figures: list[FigureInfo]
    """Figures available for it."""


class LossList(RootModel[list[LossInfo]]):
    """All losses."""


def catalogue(losses: Iterable[AnyLoss]) -> list[LossInfo]:
    """All losses in the order of the registry."""
    return [_loss_info(loss, colour) for loss, colour in zip(losses, cycle(SERIES), strict=False)]


def catalogue_of_batch(context: EvaluationContext) -> list[LossInfo]:
    """All losses on one batch: the terms of a user's function are known only after a call."""
    found: list[tuple[AnyLoss, ErrorBody | None]] = []
    for name, loss in context.evaluator.losses.items():
        try:
            found.append((context.job(name).loss if name in context.configs else loss, None))
        except FunctionFailedError as error:
            found.append((loss, function_error_body(error.problem)))
    colours = cycle(SERIES)
    return [_loss_info(loss, colour, error) for (loss, error), colour in zip(found, colours, strict=False)]


def _loss_info(loss: AnyLoss, colour: str, error: ErrorBody | None = None) -> LossInfo:
    unnamed = loss.call.unnamed if isinstance(loss, TracedLoss) else frozenset[str]()
    figures = {kind: figure for kind, figure in FIGURES.items() if figure.fits(loss)}
    used = {figure.panel for figure in figures.values()}
    return LossInfo(
        name=loss.name,
        title=loss.title,
        doc=loss.doc,
        colour=colour,
        config_schema=config_adapter(loss.config).json_schema(),
        presets=[
            PresetInfo(name=p.name, doc=p.doc, config=dict(p.fields), reference=str(p.reference)) for p in loss.presets
        ],
        needs=Needs(step_stream=list(loss.step_fields), out=list(loss.heads)),
        terms=[
            TermInfo(
                name=t.name,
                formula=t.formula,
                latex=latex_of(t.formula, code=isinstance(loss, TracedLoss) and loss.holds_code),
                doc=t.doc,
                dims=list(t.dims),
                signed=t.signed,
                where=t.where,
                kind="gradient" if is_gradient(t.name) else "expression" if t.name in unnamed else "term",
                components=loss.components(t) if isinstance(loss, TracedLoss) and len(t.dims) > 2 else None,
            )
            for t in (*loss.term_infos, *gradient_infos(loss))
        ],
        others=[_other(each) for each in loss.call.others] if isinstance(loss, TracedLoss) else [],
        per_batch=isinstance(loss, BatchLoss | TracedLoss),
        file=_file(loss),
        error=error,
        panels=[PanelInfo(name=name, title=title) for name, title in PANELS.items() if name in used],
        figures=[
            FigureInfo(kind=kind, title=figure.title, doc=figure.doc, panel=figure.panel, need=figure.scope)
            for kind, figure in figures.items()
        ],
    )


def _other(value: Mapping[str, Any]) -> OtherValueInfo:
    return OtherValueInfo.model_validate({name: value[name] for name in OtherValueInfo.model_fields})


def _file(loss: AnyLoss) -> str | None:
    declaration = loss.declaration if isinstance(loss, TracedLoss) else loss
    return declaration.process.address.file.name if isinstance(declaration, FunctionLoss) else None
