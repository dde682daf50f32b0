"""Rules over parts of a policy's loss that push the wrong way."""

import re
from collections.abc import Iterator

from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import Flow, expression, line
from mouse.diagnosis.function_case import FINITE, FunctionCase
from mouse.diagnosis.function_rules.indices import PICKS, PRODUCTS
from mouse.diagnosis.function_rules.softmax import LOG_SOFTMAX, SOFTMAX
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.tracing.recorder import VIEWS, Value

ADVANTAGE = re.compile(r"(^|_)(adv|advs|advantage|advantages)(_|$)")
COST = re.compile(r"(^|_)(cost|costs|safety|constraint)(_|$)")
"""What a cost says is good is bad."""
LIKELIHOOD = re.compile(r"^(new_?)?(log_?(probs?|pi)|logp|ratio|rho)(_?(a|action|actions|new|taken))?$")
ENTROPY = re.compile(r"(^|_)(ent|entropy|entropies)(_bonus)?$")
NOT_THE_POLICYS = re.compile(r"cross|target|relative|loss")
"""Before `entropy`: what is no spread of the policy, or has its sign already."""
SMALLER, LARGER = frozenset({"min", "minimum"}), frozenset({"max", "maximum"})
CLAMPS = frozenset({"clamp", "clip", "clamp_min", "clamp_max"})
NEGATIONS = frozenset({"neg", "negative", "__neg__"})
MOST = 0.99
"""Share of the places that must agree on a sign."""


@rule(
    "advantage-reversed",
    "warning",
    needs=(FINITE,),
    thresholds=("min_samples",),
    shows="For each product of an advantage, by its name, with the log-probability or the ratio of an action, whether"
    " the loss falls where that grows and the advantage is positive, and rises where it is negative. Advantages of"
    " costs are left alone.",
    why="Training makes the actions rarer that were better than expected: the policy gets worse with every step.",
    fix="Put a minus before the product, or before the mean.",
    sources=("https://spinningup.openai.com/en/latest/spinningup/rl_intro3.html",),
)
def advantage_reversed(case: FunctionCase) -> Iterator[RawFinding]:
    """Training makes good actions rarer.

    The loss is to be minimised, so an advantage stands in it with a minus: `-(log_prob * advantage).mean()`.
    """
    looked_at = False
    gradients: dict[int, Tensor | None] = {**case.gradients_of(case.flow.values)}
    gradients |= {serial: case.head_gradients[name] for serial, name in case.flow.heads.items()}
    for value in case.flow.values:
        for advantage, policy in _products_of_advantages(value, case.flow):
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
    clips = [value for value in case.flow.values if _is_clip(value, case.flow)]
    for value, rises in _gradient_signs(case, clips, "a minimum or maximum of a product and its clipped form"):
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
    shows="For each value called entropy that is made of the model's output, whether the loss falls where it grows. Of"
    " a softmax, entropies below 0 were computed without their minus.",
    why="The bonus that should keep the policy exploring takes its entropy away, and the policy settles early.",
    fix="Subtract the entropy from the loss: `policy_loss - entropy_coef * entropy`.",
    sources=("https://arxiv.org/abs/1602.01783",),
)
def entropy_minimized(case: FunctionCase) -> Iterator[RawFinding]:
    """The loss grows with the entropy of the policy.

    An entropy bonus is subtracted from the loss; where it is added, or computed without its minus, training takes the
    entropy away.
    """
    found = [value for value in case.flow.values if _is_entropy(value, case.flow)]
    for value, rises in _gradient_signs(case, found, "a value called entropy that a gradient reaches"):
        negative = _is_discrete(value, case.flow) and bool((value.tensor <= 0).all() and (value.tensor < 0).any())
        if rises * (-1 if negative else 1) > 0:
            name = case.flow.label(value.serial)
            how = "which is below 0, so its minus is missing" if negative else "and training makes the loss smaller"
            message = f"{case.name} {'falls' if negative else 'rises'} with `{name}` on {line(value)}, {how}."
            yield RawFinding(message=message, field=f"{case.name}.{name}", loss=case.name)
            return


def _products_of_advantages(value: Value, flow: Flow) -> Iterator[tuple[Tensor, int]]:
    """Advantages, as if neither factor had a minus, and the serial of the log-probability or ratio beside them."""
    if value.operation not in PRODUCTS or len(value.inputs) != 2:
        return
    for serial, other in (value.inputs, value.inputs[::-1]):
        advantage, sign = _without_minus(serial, flow, ADVANTAGE)
        policy, policy_sign = _without_minus(other, flow, LIKELIHOOD)
        name, shown = flow.label(advantage), flow.tensor(serial)
        if shown is None or shown.requires_grad or not ADVANTAGE.search(name) or COST.search(name):
            continue
        if _is_likelihood(policy, flow):
            yield shown * sign * policy_sign, other


def _is_likelihood(serial: int, flow: Flow) -> bool:
    """Whether a value grows with the probability of the action, by its name or by what it is."""
    if LIKELIHOOD.search(flow.label(serial)):
        return True
    value = flow.recording.values.get(serial)
    if value is None or value.operation not in PICKS:
        return value is not None and value.operation == "exp"
    picked = flow.recording.values.get(flow.source_of_view(value.inputs[0]))
    return picked is not None and picked.operation in SOFTMAX | LOG_SOFTMAX


def _without_minus(serial: int, flow: Flow, name: re.Pattern[str] | None = None) -> tuple[int, int]:
    """The value that another one shows or negates, and the sign; one with a name that is looked for is not undone."""
    sign = 1
    value = flow.recording.values.get(serial)
    while value is not None and value.operation in VIEWS | NEGATIONS and value.inputs:
        if name is not None and name.search(flow.label(serial)):
            break
        sign *= -1 if value.operation in NEGATIONS else 1
        serial = value.inputs[0]
        value = flow.recording.values.get(serial)
    return serial, sign


def _is_clip(value: Value, flow: Flow) -> bool:
    """Whether it chooses between a product and the same product with one factor clipped."""
    if value.operation not in SMALLER | LARGER or len(value.inputs) != 2:
        return False
    first, second = (_factors(serial, flow) for serial in value.inputs)
    if not first & second:
        return False
    apart = first ^ second
    return any(
        (made := flow.recording.values.get(serial)) is not None
        and made.operation in CLAMPS
        and _without_minus(made.inputs[0], flow)[0] in apart
        for serial in apart
    )


def _factors(serial: int, flow: Flow) -> set[int]:
    """What a product is made of, without signs."""
    root, _ = _without_minus(serial, flow)
    value = flow.recording.values.get(root)
    if value is None or value.operation not in PRODUCTS or len(value.inputs) != 2:
        return {root}
    return {factor for each in value.inputs for factor in _factors(each, flow)}


def _gradient_signs(case: FunctionCase, values: list[Value], needs: str) -> Iterator[tuple[Value, int]]:
    """Values that a gradient reaches, with its sign where it has the same one everywhere but for zeros; else 0.

    Raises:
        RuleSkipped: it reaches none.
    """
    gradients = case.gradients_of(values)
    if not gradients:
        raise RuleSkipped(needs)
    for value in values:
        if (gradient := gradients.get(value.serial)) is not None:
            yield value, int((gradient > 0).any()) - int((gradient < 0).any())


def _is_entropy(value: Value, flow: Flow) -> bool:
    name = flow.label(value.serial)
    return bool(ENTROPY.search(name)) and not NOT_THE_POLICYS.search(name) and value.requires_grad


def _is_discrete(value: Value, flow: Flow) -> bool:
    made_of = (flow.recording.values.get(serial) for serial in flow.recording.ancestors(value.serial))
    return any(each is not None and each.operation in SOFTMAX | LOG_SOFTMAX for each in made_of)
