"""The rule over a softmax that is taken over the wrong axis, or of what is a distribution already."""

from collections.abc import Iterator

from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import expression, line
from mouse.diagnosis.function_case import CALL, FunctionCase
from mouse.diagnosis.rule import rule
from mouse.tracing.recorder import Value

SOFTMAX = frozenset({"softmax", "_softmax", "special_softmax"})
LOG_SOFTMAX = frozenset({"log_softmax", "_log_softmax", "special_log_softmax"})


@rule(
    "softmax-misused",
    "warning",
    needs=(CALL,),
    thresholds=("distribution_sum", "min_samples"),
    shows="For each softmax and log_softmax of values `[..., A]` at the places of the batch, along which axis its"
    " result sums to 1; and whether what it is taken of is itself nowhere negative and sums to 1 along that axis.",
    why="Over the batch, samples compete with one another; of probabilities, a softmax is almost uniform: the best"
    " that it can give one of four actions is 0.48.",
    fix="Take it over the last axis, and of the head's output before any softmax.",
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
        if value.operation not in SOFTMAX | LOG_SOFTMAX or value.tensor.numel() < case.thresholds.min_samples:
            continue
        leading = case.places.batch_dims
        if value.tensor.dim() != leading + 1 or not case.places.is_place(value.tensor.shape):
            continue
        if seen & set(value.inputs):
            continue
        seen.update(value.inputs)
        made = value.tensor.detach().double()
        probability = made.exp() if value.operation in LOG_SOFTMAX else made
        if not _is_distribution(case, probability, -1):
            for axis in range(leading):
                if _is_distribution(case, probability, axis):
                    yield _finding(
                        case, value, f"sums to 1 over axis {axis}, {value.tensor.shape[axis]:,} places of the batch"
                    )
        elif (source := _source(case, value)) is not None and _is_distribution(case, source, -1):
            yield _finding(
                case, value, "is taken of what is nowhere negative and sums to 1: of probabilities, not logits"
            )


def _source(case: FunctionCase, value: Value) -> Tensor | None:
    source = case.flow.tensor(value.inputs[0]) if value.inputs else None
    return None if source is None or source.shape != value.tensor.shape else source.detach().double()


def _is_distribution(case: FunctionCase, values: Tensor, axis: int) -> bool:
    off = (values.sum(dim=axis) - 1).abs().amax()
    return values.shape[axis] > 1 and bool(values.amin() >= 0) and float(off) < case.thresholds.distribution_sum


def _finding(case: FunctionCase, value: Value, what: str) -> RawFinding:
    message = f"`{expression(value)}` on {line(value)} {what}."
    return RawFinding(message=message, field=f"{case.name}.{case.flow.label(value.serial)}", loss=case.name)
