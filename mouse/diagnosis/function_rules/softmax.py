"""The rule over a softmax that is taken over the wrong axis, or of what is a distribution already."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import expression, line
from mouse.diagnosis.function_case import CALL, FunctionCase
from mouse.diagnosis.rule import rule
from mouse.tracing.recorder import Value

SOFTMAX = frozenset({"softmax", "_softmax", "special_softmax"})
LOG_SOFTMAX = frozenset({"log_softmax", "_log_softmax", "special_log_softmax"})
LOGSUMEXP = frozenset({"logsumexp", "special_logsumexp"})
OF_LOGITS = SOFTMAX | LOG_SOFTMAX | LOGSUMEXP | {"cross_entropy", "gumbel_softmax", "softmin"}
"""Operations that take a softmax of what they are given; `Categorical(logits=...)` takes a logsumexp."""
OF_LOG_PROBABILITIES = frozenset({"nll_loss", "kl_div"})
"""Operations that expect logarithms of probabilities."""


@rule(
    "softmax-misused",
    "warning",
    needs=(CALL,),
    thresholds=("distribution_sum", "min_samples"),
    shows="For each softmax and log_softmax of values `[..., A]` at the places of the batch, along which axis its"
    " result sums to 1. For each operation that takes a softmax of what it is given, such as `softmax`, `cross_entropy`"
    " or `Categorical(logits=...)`, whether that is itself nowhere negative and sums to 1 along the axis of the"
    " classes; the same for `nll_loss` and `kl_div`, which expect logarithms of probabilities.",
    why="Over the batch, samples compete with one another; of probabilities, a softmax is almost uniform: the best"
    " that it can give one of four actions is 0.48.",
    fix="Take it over the last axis, and of the head's output before any softmax; give `nll_loss` the log_softmax.",
    explains=("scale-mismatch", "term-dead", "constant-term"),
    sources=(
        "https://github.com/suragnair/alpha-zero-general/issues/45",
        "https://github.com/microsoft/ProDA/issues/43",
    ),
)
def softmax_misused(case: FunctionCase) -> Iterator[RawFinding]:
    """A softmax over the wrong axis, or of probabilities.

    Probabilities sum to 1 over samples or steps in the place of actions, or went through a softmax twice.
    """
    seen: set[int] = set()
    for value in case.flow.values:
        if value.operation not in OF_LOGITS | OF_LOG_PROBABILITIES:
            continue
        root = case.flow.source_of_view(value.inputs[0])
        wrong = None if root in seen else _wrong_axis(case, value) or _wrong_input(case, value)
        if wrong is not None:
            seen.add(root)
            message = f"`{expression(value)}` on {line(value)} {wrong}."
            field = f"{case.name}.{case.flow.label(value.serial)}"
            yield RawFinding(message=message, field=field, loss=case.name)


def _wrong_axis(case: FunctionCase, value: Value) -> str | None:
    """What is wrong with the axis of a softmax at places of the batch."""
    leading, made = case.places.batch_dims, _probabilities(value)
    if value.operation not in SOFTMAX | LOG_SOFTMAX or not case.places.is_place(made.shape):
        return None
    if made.dim() != leading + 1 or _is_distribution(case, made, -1):
        return None
    axis = next((axis for axis in range(leading) if _is_distribution(case, made, axis)), None)
    return None if axis is None else f"sums to 1 over axis {axis}, {made.shape[axis]:,} places of the batch"


def _wrong_input(case: FunctionCase, value: Value) -> str | None:
    """What is wrong with probabilities where logits or logarithms are expected."""
    source = case.flow.tensor(value.inputs[0])
    if source is None or source.dim() < 2:
        return None
    probabilities = source.detach().double()
    if not any(_is_distribution(case, probabilities, axis) for axis in _axes(case, value, probabilities.shape)):
        return None
    expected = "logits" if value.operation in OF_LOGITS else "their logarithms"
    return f"is taken of what is nowhere negative and sums to 1: of probabilities, not {expected}"


def _axes(case: FunctionCase, value: Value, source: torch.Size) -> list[int]:
    """Axes of the classes in what an operation is given; none where its result does not tell them."""
    if value.operation in LOGSUMEXP:
        return [-1] if value.tensor.shape in {source[:-1], (*source[:-1], 1)} else []
    if value.operation in SOFTMAX | LOG_SOFTMAX:
        made = _probabilities(value)
        return [axis for axis in range(len(source)) if _is_distribution(case, made, axis)]
    return [1] if value.operation in {"cross_entropy", "nll_loss"} else [-1]


def _probabilities(value: Value) -> Tensor:
    made = value.tensor.detach().double()
    return made.exp() if value.operation in LOG_SOFTMAX else made


def _is_distribution(case: FunctionCase, values: Tensor, axis: int) -> bool:
    if values.numel() < case.thresholds.min_samples or values.shape[axis] < 2:
        return False
    off = (values.sum(dim=axis) - 1).abs().amax()
    return bool(values.amin() >= 0) and float(off) < case.thresholds.distribution_sum
