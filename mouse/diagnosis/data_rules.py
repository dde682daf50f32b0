"""Run the data-only rules on a batch for the user's own losses."""

from collections.abc import Iterable
from typing import cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.diagnosis.case import CODES, RANKS, Case
from mouse.diagnosis.examine import report_on
from mouse.diagnosis.report import NotChecked, Report
from mouse.diagnosis.rule import Rule
from mouse.diagnosis.rules.fields import input_not_finite, shape_mismatch
from mouse.diagnosis.taken import is_of_numbers
from mouse.diagnosis.thresholds import Thresholds

LEFT_TO_FUNCTIONS = frozenset({shape_mismatch.id, input_not_finite.id})
"""What shapes and infinities mean is up to the function: its own rules look at them."""


def data_report(
    step_stream: TensorDictBase,
    out: TensorDictBase,
    rules: Iterable[Rule],
    thresholds: Thresholds,
    read_by_functions: frozenset[str] | None = None,
) -> Report:
    """Run the rules that need reward, done or action, but none of mouse's losses.

    Args:
        step_stream: the batch.
        out: the model's output on it.
        rules: those to choose from.
        thresholds: where a number becomes a finding.
        read_by_functions: fields that the user's own functions read, where the batch is for these.
    """
    chosen = [rule for rule in rules if rule.id not in LEFT_TO_FUNCTIONS and not any(n.of_loss for n in rule.needs)]
    if len(step_stream.batch_size) < 2 or step_stream.batch_size[1] < 2:
        return Report((), (), tuple(NotChecked(rule.id, "sequences of two steps at least") for rule in chosen))
    case = Case(_understood(step_stream), _understood(out), {}, thresholds)
    case.read_by_functions = read_by_functions
    return report_on(case, chosen)


def _understood(source: TensorDictBase) -> TensorDictBase:
    """The fields, without those whose shape or type contradicts the meaning of their name."""
    known = {name: cast("Tensor", value) for name, value in source.items() if name in RANKS}
    others = [name for name, value in known.items() if not _is_understood(str(name), value)]
    return source.exclude(*others)


def _is_understood(name: str, value: Tensor) -> bool:
    if name == "action" and is_of_numbers(value):
        return True
    is_integer = not (value.is_floating_point() or value.is_complex() or value.dtype == torch.bool)
    return value.dim() == RANKS[name] and (is_integer or name not in CODES)
