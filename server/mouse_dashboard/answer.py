"""From a request to its answer: one evaluation whose numbers and figures belong together."""

from collections.abc import Callable, Mapping

from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.combined import total_of, weigh
from mouse.losses.config import LossConfig
from mouse.losses.demand import read_back
from mouse.losses.loss import AnyLoss
from mouse.losses.term import TermInfo
from mouse_dashboard.case import Batch
from mouse_dashboard.drawing import Drawing, check_kind
from mouse_dashboard.evaluation import Evaluated, Evaluator
from mouse_dashboard.gradients import gradient_norm
from mouse_dashboard.requests import EvaluateRequest, PinnedRequest, chosen
from mouse_dashboard.results import Evaluation, Health, LossResult, Numbers, SliceResult
from mouse_dashboard.scene import Failed, Scene, Stage, Wanted, wanted
from mouse_dashboard.slices.by_doctor import groupings_for
from mouse_dashboard.slices.slice import Slice, find_slice
from mouse_dashboard.terms_at import terms_at
from mouse_dashboard.viewed import find, given
from mouse_dashboard.work import Ticket

OpenBatch = Callable[[str], Batch]


def evaluate_request(
    batch: Batch, request: EvaluateRequest, evaluator: Evaluator, ticket: Ticket, open_batch: OpenBatch
) -> Evaluation:
    """Evaluate the requested losses together and draw the requested figures from the same terms.

    Raises:
        ApiError: a figure asks for a loss, term, component, range or class that does not exist, or time is up.
    """
    configs = given(request.configs)
    slice_ = find_slice(request.slice, groupings_for(request.slice, batch, configs, evaluator, ticket))
    views = [find(figure, batch, configs, slice_, f"figures.{index}.") for index, figure in enumerate(request.figures)]
    for index, figure in enumerate(request.figures):
        check_kind(figure, f"figures.{index}.kind")
    stage = Stage(evaluator, ticket, request.brief)
    needs = {name: wanted(name, views) for name in LOSSES}
    live = stage.scene(batch, configs, needs, slice_)
    pinned = _pinned(request.pinned, live, stage, needs, open_batch)
    drawing = Drawing(live, pinned, evaluator, ticket, request.brief)
    return Evaluation(
        **dict(numbers_of(live)),
        pinned=pinned and numbers_of(pinned),
        figures=[drawing.result(figure, viewed) for figure, viewed in zip(request.figures, views, strict=True)],
    )


def _pinned(
    request: PinnedRequest | None, live: Scene, stage: Stage, needs: Mapping[str, Wanted], open_batch: OpenBatch
) -> Scene | None:
    """What is pinned, seen as what is live is; a class that only the live batch knows has no members there."""
    if request is None:
        return None
    other = request.batch_id is not None and request.batch_id != live.batch.id
    batch = open_batch(request.batch_id) if other and request.batch_id else live.batch
    slice_ = live.chosen
    if other and slice_ is not None:
        grouping = stage.evaluator.groupings(batch).get(slice_.grouping.name)
        known = grouping is not None and slice_.value < len(grouping.labels)
        slice_ = Slice(grouping, slice_.value) if grouping is not None and known else None
    return stage.scene(batch, chosen(request.configs), needs, slice_, "pinned")


def numbers_of(scene: Scene) -> Numbers:
    """Every loss of a scene with its part of the total."""
    taking_part = {name for name, cfg in scene.configs.items() if cfg.weight > 0}
    means = {name: outcome.mean for name, outcome in scene.outcomes.items() if isinstance(outcome, Evaluated)}
    weighted = weigh({name: mean for name, mean in means.items() if name in taking_part}, scene.configs)
    total = total_of(weighted) if weighted and len(weighted) == len(taking_part) else None
    return Numbers(
        batch_id=scene.batch.id,
        total=None if total is None else float(total),
        losses={
            name: _failed(scene.configs[name], outcome)
            if isinstance(outcome, Failed)
            else _loss_result(LOSSES[name], scene, outcome, weighted.get(name), total)
            for name, outcome in scene.outcomes.items()
        },
    )


def _failed(cfg: LossConfig, outcome: Failed) -> LossResult:
    return LossResult(
        loss=None,
        weight=cfg.weight,
        weighted=None,
        share=None,
        metrics={},
        health=[],
        gradient_norm=None,
        slice=None,
        off=[],
        note="",
        estimated=False,
        error=outcome.error,
    )


def _loss_result(
    loss: AnyLoss, scene: Scene, outcome: Evaluated, weighted: Tensor | None, total: Tensor | None
) -> LossResult:
    return LossResult(
        loss=float(outcome.mean),
        weight=scene.configs[loss.name].weight,
        weighted=0.0 if weighted is None else float(weighted),
        share=None if total is None else 0.0 if weighted is None else float(weighted / total),
        metrics=outcome.metrics,
        health=[Health(term=term, **counts._asdict()) for term, counts in outcome.health.items()],
        gradient_norm=gradient_norm(outcome),
        slice=None if scene.chosen is None or outcome.every > 1 else _slice_result(loss, outcome, scene.chosen),
        off=[term.name for term in loss.term_infos if _is_off(term, outcome)],
        note=_estimate_note(outcome) or _blocks_note(outcome),
        estimated=outcome.every > 1,
        error=None,
    )


def _slice_result(loss: AnyLoss, outcome: Evaluated, slice_: Slice) -> SliceResult:
    """The library's own mean and metrics, of the terms of the slice."""
    rows, steps = outcome.terms.loss.shape
    places = slice_.places((0, rows), (0, steps))
    if places.count == 0:
        return SliceResult(label=slice_.label, count=0, of=rows * steps, loss=None, share=None, metrics={})
    terms = terms_at(loss, outcome, places)
    part, whole = terms.loss.double().sum(), outcome.terms.loss.double().sum()
    return SliceResult(
        label=slice_.label,
        count=places.count,
        of=rows * steps,
        loss=float(loss.mean(terms)),
        share=float(part / whole),
        metrics=read_back(loss.metrics(terms, None), ()),
    )


def _estimate_note(outcome: Evaluated) -> str:
    if outcome.every == 1:
        return ""
    return f"Estimated from 1 of {outcome.every} sequences while the slider moves; exact when it rests."


def _blocks_note(outcome: Evaluated) -> str:
    if outcome.blocks == 1:
        return ""
    return f"Computed in {outcome.blocks} blocks of sequences; last bits may differ from one call on the whole batch."


def _is_off(term: TermInfo, outcome: Evaluated) -> bool:
    return len(term.dims) == 2 and getattr(outcome.terms, term.name) is None
