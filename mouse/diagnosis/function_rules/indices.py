"""The rule over numbers of actions that are computed with as if they were values."""

from collections.abc import Iterator

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import Flow, expression, line
from mouse.diagnosis.function_case import CALL, FunctionCase
from mouse.diagnosis.rule import rule
from mouse.tracing.recorder import VIEWS, Value

NUMBERING = frozenset({"argmax", "argmin", "max", "min", "multinomial"})
"""Operations that return which entry it is; max and min beside the entry itself."""
PICKS = frozenset({"gather", "take_along_dim"})
"""Operations that take what an index says."""
CASTS = frozenset({"float", "double", "half", "bfloat16", "to", "type", "type_as"})
PRODUCTS = frozenset({"mul", "multiply", "__mul__", "__rmul__"})
ARITHMETIC = PRODUCTS | {
    *("add", "sub", "rsub", "subtract", "div", "true_divide"),
    *("__add__", "__radd__", "__sub__", "__rsub__", "__truediv__"),
    *("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
}


@rule(
    "index-as-number",
    "warning",
    needs=(CALL,),
    shows="Sums, differences, products and squared errors on the way to the loss in which a number of the batch meets"
    " what `argmax`, `argmin`, `multinomial` or the second result of `max` returned, as it is or times a constant."
    " Indexing, comparing and `one_hot` are what such numbers are for.",
    why="The number of the best action takes the place of its value: the target is 0, 1, 2, whatever the rewards are.",
    fix="Take the value: `.max(dim=-1).values`, or `.gather(-1, index)`.",
    explains=("scale-mismatch", "constant-term", "gradient-blocked"),
    sources=("https://docs.pytorch.org/docs/stable/generated/torch.max.html",),
)
def index_as_number(case: FunctionCase) -> Iterator[RawFinding]:
    """The number of an action is computed with as if it were its value.

    `reward + gamma * q_next.argmax(-1)` adds which action is best, not what it is worth.
    """
    seen: set[int] = set()
    for value in case.flow.values:
        if value.operation not in ARITHMETIC or len(value.inputs) != 2 or not value.tensor.is_floating_point():
            continue
        for serial, other in (value.inputs, value.inputs[::-1]):
            index = index_of(serial, case.flow)
            if index is not None and index.serial not in seen and case.flow.fields_of(other):
                seen.add(index.serial)
                yield _finding(value, index, case)


def index_of(serial: int, flow: Flow) -> Value | None:
    """The index that a value shows, as another type or times a constant; None where it is none."""
    value = flow.recording.values.get(serial)
    while value is not None and (
        value.operation in VIEWS | CASTS or (value.operation in PRODUCTS and len(value.inputs) == 1)
    ):
        value = flow.recording.values.get(value.inputs[0]) if value.inputs else None
    if value is None or value.operation not in NUMBERING or value.tensor.is_floating_point():
        return None
    made_of = flow.tensor(value.inputs[0])
    return value if made_of is not None and made_of.is_floating_point() else None


def _finding(value: Value, index: Value, case: FunctionCase) -> RawFinding:
    message = (
        f"`{expression(value)}` on {line(value)} computes with `{case.flow.label(index.serial)}`, which is the number"
        " of an entry and not the entry."
    )
    return RawFinding(message=message, field=f"{case.name}.{case.flow.label(value.serial)}", loss=case.name)
