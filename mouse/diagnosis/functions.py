"""Run the doctor on the user's loss functions: apply the function rules to their calls."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tensordict import TensorDictBase

from mouse.diagnosis.examine import report_on
from mouse.diagnosis.function_case import FunctionCase
from mouse.diagnosis.function_rules import FUNCTION_RULES
from mouse.diagnosis.report import Report
from mouse.diagnosis.rule import Rule
from mouse.diagnosis.thresholds import Thresholds
from mouse.errors import BatchError, MissingFieldError
from mouse.tracing.explained import Explained, explain
from mouse.tracing.trace import LossFunctionError

LossFunction = Callable[..., Any]
CALL_ERRORS = (LossFunctionError, MissingFieldError, BatchError)
"""What `mouse.explain` raises where the function and the batch do not go together."""


def function_report(
    call: Explained | str,
    name: str,
    *,
    others: Sequence[Explained] = (),
    rules: Iterable[Rule] = tuple(FUNCTION_RULES.values()),
    thresholds: Thresholds | None = None,
) -> Report:
    """Examine one call of a function, or what the exception said that `mouse.explain` raised of it.

    Args:
        call: what `mouse.explain` returned, or the text of what it raised.
        name: of the function, as findings tell it.
        others: calls of the other functions of the same training: an output that one of them trains is not untrained.
        rules: some of `FUNCTION_RULES`.
        thresholds: where a number becomes a finding.
    """
    return report_on(FunctionCase(name, call, thresholds or Thresholds(), others), rules)


def calls_of(
    losses: Sequence[LossFunction], step_stream: TensorDictBase, out: TensorDictBase
) -> list[tuple[str, Explained | str]]:
    """Call each function on the batch: its name, and what came of it."""
    return [(_name(loss), _call(loss, step_stream, out)) for loss in losses]


def read_by(calls: Iterable[Explained | str]) -> frozenset[str]:
    """Fields of the batch that one of the calls at least takes or reads."""
    explained = [FunctionCase("", call, Thresholds()) for call in calls if isinstance(call, Explained)]
    return frozenset(name for case in explained for name in case.reads)


def reports_on_functions(
    calls: Sequence[tuple[str, Explained | str]], rules: Sequence[Rule], thresholds: Thresholds
) -> list[Report]:
    """Examine each call."""
    explained = [call for _, call in calls if isinstance(call, Explained)]
    return [
        function_report(
            call, name, others=[each for each in explained if each is not call], rules=rules, thresholds=thresholds
        )
        for name, call in calls
    ]


def _name(loss: LossFunction) -> str:
    return str(getattr(loss, "__name__", type(loss).__name__))


def _call(loss: LossFunction, step_stream: TensorDictBase, out: TensorDictBase) -> Explained | str:
    """What `mouse.explain` returns, or a text: the exception would hold the frames that hold the batch."""
    try:
        return explain(loss, step_stream, out)
    except CALL_ERRORS as error:
        return str(error)
