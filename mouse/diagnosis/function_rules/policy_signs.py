"""Rules over parts of a policy's loss that push the wrong way."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import expression, line
from mouse.diagnosis.function_case import FINITE, FunctionCase
from mouse.diagnosis.function_rules.indices import PRODUCTS
from mouse.diagnosis.function_rules.policy_values import (
    advantage_sign,
    is_discrete,
    is_entropy,
    likelihood_sign,
    without_minus,
)
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.tracing.recorder import Value

SMALLER, LARGER = frozenset({"min", "minimum"}), frozenset({"max", "maximum"})
CLAMPS = frozenset({"clamp", "clip", "clamp_min", "clamp_max"})
MOST = 0.99
"""Share of the places that must agree on a sign."""


@rule(
    "advantage-reversed",
    "warning",
    needs=(FINITE,),
    thresholds=("min_samples",),
    shows="For each product of an advantage, by its name, with the log-probability or the ratio of an action, by its"
    " name or by what returns it, such as `dist.log_prob(action)`, whether the loss falls where that grows and the"
    " advantage is positive, and rises where it is negative. Advantages of costs are left alone.",
    why="Training makes the actions rarer that were better than expected: the policy gets worse with every step.",
    fix="Put a minus before the product, or before the mean.",
    sources=("https://spinningup.openai.com/en/latest/spinningup/rl_intro3.html",),
)
def advantage_reversed(case: FunctionCase) -> Iterator[RawFinding]:
    """Training makes good actions rarer.

    The loss is to be minimised, so an advantage stands in it with a minus: `-(log_prob * advantage).mean()`.
    """
    looked_at = False
    gradients = _gradients(case, case.flow.values)
    for value in case.flow.values:
        for advantage, policy in _products_of_advantages(value, case):
            gradient = gradients.get(policy)
            if gradient is None or gradient.dim() != advantage.dim():
                continue
            pushes = gradient * advantage
            pushes = pushes[pushes != 0]
            if pushes.numel() < case.thresholds.min_samples:
                continue
            looked_at = True
            if float((pushes > 0).double().mean()) >= MOST:
                message = (
                    f"{case.name} rises with `{expression(value)}` on {line(value)}: what was better than expected"
                    " becomes rarer."
                )
                yield RawFinding(message=message, field=f"{case.name}.{case.flow.label(value.serial)}", loss=case.name)
                return
    if not looked_at:
        raise RuleSkipped("a product of an advantage and a log-probability or ratio")


@rule(
    "clip-reversed",
    "warning",
    needs=(FINITE,),
    shows="For each minimum and maximum of a product `ratio * x` and its clipped form `ratio.clamp(...) * x`, whether"
    " the loss takes the larger one of both losses: the minimum of two gains, or the maximum of two losses.",
    why="The clip holds back what it should let through, and the policy may move as far from the old one as it likes.",
    fix="Take `torch.min` of what is maximised, `torch.max` of what is minimised.",
    sources=("https://arxiv.org/abs/1707.06347",),
)
def clip_reversed(case: FunctionCase) -> Iterator[RawFinding]:
    """PPO takes the better of the clipped and the unclipped objective, where it should take the worse.

    `-torch.min(ratio * advantage, clipped * advantage)` is the paper's, `torch.max` of the negated ones the same.
    """
    clips = [value for value in case.flow.values if _is_clip(value, case)]
    for serial, rises in _gradient_signs(case, clips, "a minimum or maximum of a product and its clipped form"):
        value = case.flow.recording.values[serial]
        if rises and (value.operation in SMALLER) == (rises > 0):
            smaller = value.operation in SMALLER
            message = (
                f"`{expression(value)}` on {line(value)} takes the {'smaller' if smaller else 'larger'} of two"
                f" {'losses' if smaller else 'gains'}, expected the {'larger' if smaller else 'smaller'}:"
                f" {case.name} {'rises' if smaller else 'falls'} with it."
            )
            yield RawFinding(message=message, field=f"{case.name}.{case.flow.label(value.serial)}", loss=case.name)


@rule(
    "entropy-minimized",
    "warning",
    needs=(FINITE,),
    shows="For each value called entropy, by its name or by what returns it, such as `dist.entropy()`, that is made of"
    " the model's output, whether the loss falls where it grows. Of a softmax, entropies below 0 were computed without"
    " their minus.",
    why="The bonus that should keep the policy exploring takes its entropy away, and the policy settles early.",
    fix="Subtract the entropy from the loss: `policy_loss - entropy_coef * entropy`.",
    sources=("https://arxiv.org/abs/1602.01783",),
)
def entropy_minimized(case: FunctionCase) -> Iterator[RawFinding]:
    """The loss grows with the entropy of the policy.

    An entropy bonus is subtracted from the loss; where it is added, or computed without its minus, training takes the
    entropy away.
    """
    fields = [serial for serial in case.outputs.serials.values() if is_entropy(case, serial)]
    found = [value for value in case.flow.values if is_entropy(case, value.serial)]
    for serial, rises in _gradient_signs(case, found, "a value called entropy that a gradient reaches", fields):
        value = case.flow.recording.values.get(serial)
        negative = value is not None and is_discrete(case, serial) and _is_below_zero(value.tensor)
        if rises * (-1 if negative else 1) > 0:
            name, where = case.flow.label(serial), "" if value is None else f" on {line(value)}"
            how = "which is below 0, so its minus is missing" if negative else "and training makes the loss smaller"
            message = f"{case.name} {'falls' if negative else 'rises'} with `{name}`{where}, {how}."
            yield RawFinding(message=message, field=f"{case.name}.{name}", loss=case.name)
            return


def _products_of_advantages(value: Value, case: FunctionCase) -> Iterator[tuple[Tensor, int]]:
    """Advantages, as if neither factor had a minus, and the serial of the log-probability or ratio beside them."""
    if value.operation not in PRODUCTS or len(value.inputs) != 2:
        return
    for serial, other in (value.inputs, value.inputs[::-1]):
        shown = case.flow.tensor(serial)
        if shown is not None and case.is_data(serial) and (sign := advantage_sign(case, serial)):
            policy_sign = 0 if case.is_data(other) else likelihood_sign(case, other)
            if policy_sign:
                yield shown.detach() * sign * policy_sign, other


def _is_clip(value: Value, case: FunctionCase) -> bool:
    """Whether it chooses between a product and the same product with one factor clipped."""
    if value.operation not in SMALLER | LARGER or len(value.inputs) != 2:
        return False
    first, second = (_factors(serial, case) for serial in value.inputs)
    apart = [each for each in first if not _is_among(each, second, case)]
    apart += [each for each in second if not _is_among(each, first, case)]
    if len(apart) == len(first) + len(second):
        return False
    return any(
        (made := case.flow.recording.values.get(serial)) is not None
        and made.operation in CLAMPS
        and _is_among(without_minus(case, made.inputs[0]), apart, case)
        for serial in apart
    )


def _factors(serial: int, case: FunctionCase) -> list[int]:
    """What a product is made of, without signs."""
    root = without_minus(case, serial)
    value = case.flow.recording.values.get(root)
    if value is None or value.operation not in PRODUCTS or len(value.inputs) != 2:
        return [root]
    return [factor for each in value.inputs for factor in _factors(each, case)]


def _is_among(serial: int, others: list[int], case: FunctionCase) -> bool:
    """Whether a value is one of several, or was computed anew as one of them: `ratio` written twice."""
    return any(_is_same(serial, other, case) for other in others)


def _is_same(serial: int, other: int, case: FunctionCase) -> bool:
    if serial == other:
        return True
    one, two = case.flow.recording.values.get(serial), case.flow.recording.values.get(other)
    return (
        one is not None
        and two is not None
        and one.operation == two.operation
        and torch.equal(one.tensor.detach(), two.tensor.detach())
    )


def _gradients(case: FunctionCase, values: list[Value]) -> dict[int, Tensor]:
    """Gradient of the loss at each value and each field that it reaches."""
    of_fields = {serial: case.head_gradients[name] for serial, name in case.flow.heads.items()}
    return case.gradients_of(values) | {serial: found for serial, found in of_fields.items() if found is not None}


def _gradient_signs(
    case: FunctionCase, values: list[Value], needs: str, fields: Sequence[int] = ()
) -> Iterator[tuple[int, int]]:
    """What a gradient reaches, with its sign where it has the same one everywhere but for zeros; else 0.

    Raises:
        RuleSkipped: it reaches none.
    """
    gradients = _gradients(case, values)
    found = [serial for serial in (*fields, *(value.serial for value in values)) if serial in gradients]
    if not found:
        raise RuleSkipped(needs)
    for serial in found:
        yield serial, int((gradients[serial] > 0).any()) - int((gradients[serial] < 0).any())


def _is_below_zero(tensor: Tensor) -> bool:
    return bool((tensor <= 0).all() and (tensor < 0).any())
