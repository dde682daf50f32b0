"""From a request to its answer: one evaluation whose numbers and figures belong together."""

from collections.abc import Callable, Mapping
from functools import partial

from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES
from mouse.losses.combined import total_of, weigh
from mouse.losses.config import LossConfig
from mouse.losses.term import TermInfo
from server.drawing import Drawing, Failed, Outcome, check_kind
from server.errors import ApiError, batch_error_body
from server.evaluation import Batch, Evaluated, Evaluator, Wide
from server.models import EvaluateRequest, Evaluation, Health, LossResult, chosen
from server.viewed import find
from server.work import Ticket


def evaluate_request(batch: Batch, request: EvaluateRequest, evaluator: Evaluator, ticket: Ticket) -> Evaluation:
    """Evaluate the requested losses together and draw the requested figures from the same terms.

    Raises:
        ApiError: a figure asks for a loss, term, component or range that does not exist, or time is up.
    """
    configs = chosen(request.configs)
    if not configs:
        raise ApiError(422, "no_loss", f"configs: found none, expected at least one of {', '.join(LOSSES)}.", "configs")
    views = [find(figure, batch, configs, f"figures.{index}.") for index, figure in enumerate(request.figures)]
    for index, figure in enumerate(request.figures):
        check_kind(figure, f"figures.{index}.kind")
    drawing = Drawing(batch, configs, evaluator, ticket)
    outcomes: dict[str, Outcome] = {}
    for name, cfg in configs.items():
        ticket.check()
        wide = set[Wide]().union(*(viewed.wide for viewed in views if viewed.loss.name == name))
        outcomes[name] = _outcome(partial(evaluator.evaluate, batch, LOSSES[name], cfg, wide, ticket))
    done = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Evaluated)}
    weighted = weigh({name: evaluated.mean for name, evaluated in done.items()}, configs)
    total = total_of(weighted) if len(done) == len(configs) else None
    return Evaluation(
        batch_id=batch.id,
        total=None if total is None else float(total),
        losses={
            name: _loss_result(name, outcome, configs[name], weighted, total) for name, outcome in outcomes.items()
        },
        figures=[
            drawing.result(figure, viewed, outcomes[figure.loss])
            for figure, viewed in zip(request.figures, views, strict=True)
        ],
    )


def _outcome(evaluate: Callable[[], Evaluated]) -> Outcome:
    try:
        return evaluate()
    except (BatchError, MissingFieldError) as error:
        return Failed(batch_error_body(error))


def _loss_result(
    name: str, outcome: Outcome, cfg: LossConfig, weighted: Mapping[str, Tensor], total: Tensor | None
) -> LossResult:
    if isinstance(outcome, Failed):
        return LossResult(
            loss=None,
            weight=cfg.weight,
            weighted=None,
            share=None,
            metrics={},
            health=[],
            off=[],
            note="",
            error=outcome.error,
        )
    return LossResult(
        loss=float(outcome.mean),
        weight=cfg.weight,
        weighted=float(weighted[name]),
        share=None if total is None else float(weighted[name] / total),
        metrics=outcome.metrics,
        health=[Health(term=term, **counts._asdict()) for term, counts in outcome.health.items()],
        off=[term.name for term in LOSSES[name].term_infos if _is_off(term, outcome)],
        note=_blocks_note(outcome),
        error=None,
    )


def _blocks_note(outcome: Evaluated) -> str:
    if outcome.blocks == 1:
        return ""
    return f"Computed in {outcome.blocks} blocks of sequences; last bits may differ from one call on the whole batch."


def _is_off(term: TermInfo, outcome: Evaluated) -> bool:
    return len(term.dims) == 2 and getattr(outcome.terms, term.name) is None
