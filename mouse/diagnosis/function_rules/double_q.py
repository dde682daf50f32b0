"""The rule over two networks that have changed places in a Double DQN target."""

import re
from collections.abc import Iterator

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import expression, line
from mouse.diagnosis.function_case import CALL, FunctionCase
from mouse.diagnosis.function_rules.indices import PICKS, index_of
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped

TARGET = re.compile(r"(^|_)(target|targ|tgt)(_|$)")


@rule(
    "double-q-swapped",
    "warning",
    needs=(CALL,),
    shows="For each value that an argmax of another output picks, which of both is called target. Double DQN lets the"
    " online network choose and the target network value.",
    why="The value comes from the network that is trained, so the target moves with it at every step, as without a"
    " target network.",
    fix="Take the argmax of the online network's values, and gather from the target network's.",
    sources=("https://arxiv.org/abs/1509.06461",),
)
def double_q_swapped(case: FunctionCase) -> Iterator[RawFinding]:
    """The target network chooses and the online network values, where Double DQN does the reverse.

    `q_target_next.gather(-1, q_next.argmax(-1, keepdim=True))` is right.
    """
    looked_at = False
    for value in case.flow.values:
        if value.operation not in PICKS or len(value.inputs) != 2:
            continue
        index = index_of(value.inputs[1], case.flow)
        if index is None:
            continue
        valued, chosen = (case.flow.fields_of(serial) for serial in (value.inputs[0], index.inputs[0]))
        looked_at |= valued != chosen
        if any(map(TARGET.search, chosen)) and not any(map(TARGET.search, valued)) and valued:
            message = (
                f"`{expression(value)}` on {line(value)} picks from {' and '.join(sorted(valued))} what"
                f" {' and '.join(sorted(chosen))} prefers, expected the reverse."
            )
            yield RawFinding(message=message, field=f"{case.name}.{case.flow.label(value.serial)}", loss=case.name)
    if not looked_at:
        raise RuleSkipped("a value that the argmax of another output picks")
