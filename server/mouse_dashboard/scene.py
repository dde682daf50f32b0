"""One batch under one set of configs, evaluated: what numbers and figures are taken from."""

from collections.abc import Mapping
from dataclasses import dataclass

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse_dashboard.case import Batch, Case
from mouse_dashboard.errors import ErrorBody, batch_error_body
from mouse_dashboard.evaluation import Evaluated, Evaluator, Wide
from mouse_dashboard.gradients import with_gradient
from mouse_dashboard.slices.slice import Slice
from mouse_dashboard.viewed import Viewed
from mouse_dashboard.work import Ticket


@dataclass(frozen=True)
class Failed:
    """A loss that cannot run on this batch, and why."""

    error: ErrorBody


Outcome = Evaluated | Failed


@dataclass(frozen=True)
class Scene:
    """A batch, its configs and what came out of them."""

    batch: Batch
    configs: Mapping[str, LossConfig]
    outcomes: Mapping[str, Outcome]
    chosen: Slice | None
    """The slice that is looked at."""


@dataclass(frozen=True)
class Wanted:
    """What of a loss must be computed beyond its numbers."""

    wide: frozenset[Wide]
    gradient: bool


def wanted(name: str, views: list[Viewed]) -> Wanted:
    """What the views of a loss need."""
    own = [viewed for viewed in views if viewed.loss.name == name]
    wide = frozenset[Wide]().union(*(viewed.wide for viewed in own))
    return Wanted(wide, any(viewed.needs_gradient for viewed in own))


@dataclass(frozen=True)
class Stage:
    """Where scenes are made."""

    evaluator: Evaluator
    ticket: Ticket
    brief: bool
    """Whether an estimate will do."""

    def scene(
        self,
        batch: Batch,
        configs: Mapping[str, LossConfig],
        needs: Mapping[str, Wanted],
        chosen: Slice | None,
        slot: str = "live",
    ) -> Scene:
        """Evaluate every loss that has a config; one that cannot run does not keep the others from it."""
        outcomes = {name: self._outcome(batch, name, cfg, needs[name], slot) for name, cfg in configs.items()}
        return Scene(batch, configs, outcomes, chosen)

    def _outcome(self, batch: Batch, name: str, cfg: LossConfig, need: Wanted, slot: str) -> Outcome:
        self.ticket.check()
        case = Case(batch, LOSSES[name], cfg)
        try:
            if self.brief and slot == "live":
                evaluated = self.evaluator.quickly(case, set(need.wide), self.ticket)
            else:
                evaluated = self.evaluator.evaluate(case, set(need.wide), self.ticket, slot)
            if need.gradient and evaluated.every == 1:
                return with_gradient(evaluated, case, self.evaluator.kept, self.ticket)
        except (BatchError, MissingFieldError) as error:
            return Failed(batch_error_body(error))
        return evaluated
