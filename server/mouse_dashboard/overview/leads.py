"""Leads: facts worth looking at first, each with its number and a link to where the page shows it.

The doctor's findings, which judge, are shown before leads, which only measure.
"""

import math
from collections.abc import Iterator

from mouse.losses.loss import AnyLoss
from mouse.wording import counted
from mouse_dashboard.compute.loss_evaluation import is_gradient
from mouse_dashboard.evaluate.batch_evaluation import BatchEvaluation
from mouse_dashboard.evaluate.renderer import FigureRenderer
from mouse_dashboard.evaluate.transition import farthest_from_zero
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.share_by import SHARE_BY, ClassShare
from mouse_dashboard.figures.share_curve import SHARE_CURVE
from mouse_dashboard.overview.models import Lead
from mouse_dashboard.schema.results import Numbers

FARTHEST = "td_error"
"""The term whose extreme is told: what a temporal-difference loss squares."""


def leads(evaluation: BatchEvaluation, numbers: Numbers, renderer: FigureRenderer) -> list[Lead]:
    """All leads, in order of importance."""
    names = evaluation.context.configs
    parts = {name: part for name in names if (part := renderer.loss_input(name)) is not None}
    heaviest = _heaviest(numbers)
    found = [_failed(evaluation.context.loss(name), numbers) for name in names]
    found += [_not_finite(name, evaluation, part) for name, part in parts.items()]
    if heaviest is not None:
        found.append(_largest_share(evaluation.context.loss(heaviest), numbers))
        found += _origin(parts[heaviest]) if heaviest in parts else []
    found += [_farthest(part) for part in parts.values()]
    return [lead for lead in found if lead is not None]


def _heaviest(numbers: Numbers) -> str | None:
    """The loss with the largest share of the total; None if shares do not exist."""
    shares = {name: result.share for name, result in numbers.losses.items() if result.share is not None}
    known = {name: share for name, share in shares.items() if share > 0}  # NaN is not
    return max(known, key=known.__getitem__, default=None)


def _failed(loss: AnyLoss, numbers: Numbers) -> Lead | None:
    error = numbers.losses[loss.name].error
    if error is None:
        return None
    return Lead(kind="failed", measure="no value", text=f"of {loss.title}: {error.message}", loss=loss.name)


def _not_finite(name: str, evaluation: BatchEvaluation, part: LossInput) -> Lead | None:
    """The first non-finite term in order of computation: the origin of NaN or infinity."""
    outcome = evaluation.evaluated(name)
    assert outcome is not None, "only what ran has a part"  # noqa: S101
    ill = [(term, counts) for term, counts in outcome.health.items() if counts.nan + counts.pos_inf + counts.neg_inf]
    ill = [found for found in ill if not is_gradient(found[0])] or ill  # a gradient follows from what is in the terms
    if not ill:
        return None
    (term, counts), others = ill[0], len(ill) - 1
    kinds = {"NaN": counts.nan, "+inf": counts.pos_inf, "-inf": counts.neg_inf}
    measure = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)
    after = f", the first of {counted(others + 1, 'term')} that are not finite" if others else ""
    values = part.terms.get(term)
    place = None if values is None else part.place(int(values.isfinite().logical_not().nonzero()[0]))
    text = f"in {term} of {part.loss.title}{after}"
    return Lead(kind="not_finite", measure=measure, text=text, loss=name, term=term, place=place)


def _largest_share(loss: AnyLoss, numbers: Numbers) -> Lead | None:
    result = numbers.losses[loss.name]
    if len(numbers.losses) == 1 or result.share is None or result.weighted is None or numbers.total is None:
        return None
    text = f"of the total is {loss.title}: {result.weighted:.4g} of {numbers.total:.4g}"
    return Lead(kind="largest_share", measure=_percent(result.share), text=text, loss=loss.name)


def _origin(part: LossInput) -> Iterator[Lead]:
    """The transitions with the largest share of the loss."""
    curve = SHARE_CURVE.info(part)
    if curve is None:
        return
    count, carried = curve.top
    total = part.selection.count
    if count < total:
        which = f"its worst {_percent(count / total)} of {part.unit}s ({count:,} of {total:,})"
        yield Lead(
            kind="worst_percent",
            measure=_percent(carried),
            text=f"of the {_loss_name(part)} is in {which}",
            loss=part.loss.name,
            panel=SHARE_CURVE.panel,
        )
    classes = [share for group in SHARE_BY.info(part) if len(group) > 1 for share in group]
    if classes:
        yield _heaviest_class(part, max(classes, key=lambda share: share.loss - share.transitions))


def _heaviest_class(part: LossInput, share: ClassShare) -> Lead:
    of = f"{_percent(share.transitions)} of {part.unit}s ({share.count:,} of {part.selection.count:,})"
    text = f"of the {_loss_name(part)} is in the class “{share.label}”, {of}"
    return Lead(
        kind="heaviest_class",
        measure=_percent(share.loss),
        text=text,
        loss=part.loss.name,
        panel=SHARE_BY.panel,
        slice=share.slice,
    )


def _loss_name(part: LossInput) -> str:
    """The loss in a sentence; names of users' functions mostly end in "loss" already."""
    title = part.loss.title
    name = title if title.endswith("loss") else f"{title} loss"
    return f"absolute {name}" if part.has_both_signs else name


def _farthest(part: LossInput) -> Lead | None:
    """The transition farthest from zero; nothing if non-finite, which another lead reports."""
    values = part.terms.get(FARTHEST)
    if values is None:
        return None
    index = farthest_from_zero(values)
    value = float(values[index])
    if not math.isfinite(value):
        return None
    row, step = place = part.place(index)
    text = f"is the {FARTHEST} of {part.loss.title} farthest from zero: sequence {row}, {part.unit} {step}"
    return Lead(
        kind="farthest_term", measure=f"{value:.4g}", text=text, loss=part.loss.name, term=FARTHEST, place=place
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
