"""The catalogue: what the library says of its losses and the service of its figures, as the API tells it."""

from collections.abc import Iterable
from itertools import cycle
from typing import Any

from mouse.losses.gradient import gradient_infos
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.configs import config_adapter
from mouse_dashboard.evaluate.formula import latex_of
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.figure import PANELS, Need
from mouse_dashboard.figures.palette import SERIES
from mouse_dashboard.schema.base import Answer
from mouse_dashboard.schema.requests import FigureKind


class Needs(Answer):
    """What a loss reads."""

    step_stream: list[str]
    """Fields of the batch."""
    out: list[str]
    """Outputs of the model."""


class TermInfo(Answer):
    """One intermediate of a loss."""

    name: str
    """Its name in code."""
    formula: str
    """How it follows from the terms, inputs and config fields before it."""
    latex: str | None
    """The formula in LaTeX; null where it is told in words."""
    doc: str
    """What it means, in one sentence."""
    dims: list[str]
    """Names of its dimensions: batch, then time (transitions) or step, then maybe action or dim."""
    signed: bool
    """Whether both signs mean something."""
    where: str
    """Boolean term outside of which its values are placeholders, shown as invalid; empty if every value counts."""


class PresetInfo(Answer):
    """A published configuration of a loss."""

    name: str
    """What it is called by."""
    doc: str
    """What it is for, in one sentence."""
    config: dict[str, bool | float | str]
    """The fields it sets; the others take their defaults."""
    reference: str
    """Where the values come from: authors, title, year."""


class FigureInfo(Answer):
    """A figure that a loss can be shown in."""

    kind: FigureKind
    """Name of it in requests."""
    title: str
    """Name for people."""
    doc: str
    """What it tells, in one sentence."""
    panel: str
    """Panel of the page where it stands."""
    need: Need
    """What it is of: a view of one term, the whole loss, one sequence, or one transition; the last two are chosen among
    the rows and steps of the request, at the value of its term that is farthest from zero. A figure of both compares
    with what is pinned."""


class PanelInfo(Answer):
    """Figures that stand together."""

    name: str
    """Key in links."""
    title: str
    """Name for people."""


class LossInfo(Answer):
    """One loss of the catalogue."""

    name: str
    """Key in configs, links and results."""
    title: str
    """Name for people."""
    doc: str
    """What it is, in one sentence."""
    colour: str
    """What stands for it beside the other losses."""
    config_schema: dict[str, Any]
    """JSON Schema of its config: bounds, defaults, docs, and `slider`, the range worth dragging through."""
    presets: list[PresetInfo]
    """Published configurations."""
    needs: Needs
    """What it reads from batch and model output."""
    terms: list[TermInfo]
    """Its intermediates in order of computation up to `loss`, then the gradient of the loss's mean."""
    panels: list[PanelInfo]
    """Panels of figures in the order of the page; `term` is the one of a single term."""
    figures: list[FigureInfo]
    """Figures that it can be shown in."""


def catalogue(losses: Iterable[AnyLoss]) -> list[LossInfo]:
    """All losses in the order of the registry."""
    return [_loss_info(loss, colour) for loss, colour in zip(losses, cycle(SERIES), strict=False)]


def _loss_info(loss: AnyLoss, colour: str) -> LossInfo:
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
                latex=latex_of(t.formula),
                doc=t.doc,
                dims=list(t.dims),
                signed=t.signed,
                where=t.where,
            )
            for t in (*loss.term_infos, *gradient_infos(loss))
        ],
        panels=[PanelInfo(name=name, title=title) for name, title in PANELS.items() if name in used],
        figures=[
            FigureInfo(kind=kind, title=figure.title, doc=figure.doc, panel=figure.panel, need=figure.need)
            for kind, figure in figures.items()
        ],
    )
