"""Recognise advantages, likelihoods and entropies of a policy, with their sign: by name, expression or operation."""

import re
from collections.abc import Callable

import torch

from mouse.diagnosis.function_case import FunctionCase
from mouse.diagnosis.function_rules.indices import PICKS, PRODUCTS
from mouse.diagnosis.function_rules.softmax import LOG_SOFTMAX, LOGSUMEXP, SOFTMAX
from mouse.tracing.recorder import VIEWS, Value

ADVANTAGE = re.compile(r"(^|_)(adv|advs|advantage|advantages)(_|$)")
COST = re.compile(r"(^|_)(cost|costs|safety|constraint)(_|$)")
"""What a cost says is good is bad."""
LIKELIHOOD = re.compile(r"^(new_?)?(log_?(probs?|pi)|logp|ratio|rho)(_?(a|action|actions|new|taken))?$")
UNLIKELIHOOD = re.compile(r"^(new_?)?(nll|neg(ative)?_?log_?(p|probs?|pac|likelihoods?))$")
ENTROPY = re.compile(r"(^|_)(ent|entropy|entropies)(_bonus)?$")
NOT_THE_POLICYS = re.compile(r"cross|target|relative|loss|neg|minus")
"""Before `entropy`: what is no spread of the policy, or has its sign already."""
NEGATIONS = frozenset({"neg", "negative", "__neg__"})
DIVISIONS = frozenset({"div", "true_divide", "divide", "__truediv__"})
LIKELIHOOD_LOSSES = frozenset({"cross_entropy", "nll_loss"})
"""Operations that return what falls as the probability grows."""
ALIKE = 0.9
"""Correlation from which one value is another one on another scale."""


def advantage_sign(case: FunctionCase, serial: int) -> int:
    """1 for a value that grows with an advantage, -1 for one that falls with it, 0 for any other."""
    return _sign(case, serial, lambda each: int(_is_advantage(case, each))) or _sign_by_numbers(case, serial)


def likelihood_sign(case: FunctionCase, serial: int) -> int:
    """1 for a value that grows with the probability of the action, -1 for one that falls with it, 0 for any other."""
    return _sign(case, serial, lambda each: _own_likelihood(case, each))


def is_entropy(case: FunctionCase, serial: int) -> bool:
    """Whether it is an entropy that can be trained."""
    is_called = case.flow.is_called
    return is_called(serial, ENTROPY) and not is_called(serial, NOT_THE_POLICYS) and not case.is_data(serial)


def is_discrete(case: FunctionCase, serial: int) -> bool:
    """Whether it is made of a softmax."""
    made_of = case.flow.recording.ancestors(serial)
    return any(_makes_probabilities(case, each) for each in made_of)


def without_minus(case: FunctionCase, serial: int) -> int:
    """The value that another one shows or negates."""
    value = case.flow.recording.values.get(serial)
    while value is not None and value.operation in VIEWS | NEGATIONS and value.inputs:
        serial = value.inputs[0]
        value = case.flow.recording.values.get(serial)
    return serial


def _sign(case: FunctionCase, serial: int, own: Callable[[int], int]) -> int:
    """The sign of what `own` recognises behind views, minuses, constants and weights."""
    value = case.flow.recording.values.get(serial)
    found = own(serial)
    if found or value is None or not value.inputs or case.flow.is_called(serial, COST):
        return found
    if value.operation in PRODUCTS | DIVISIONS:
        return _sign_of_product(case, value, own)
    if value.operation in VIEWS | NEGATIONS:
        return _sign(case, value.inputs[0], own) * (-1 if value.operation in NEGATIONS else 1)
    return 0


def _sign_of_product(case: FunctionCase, value: Value, own: Callable[[int], int]) -> int:
    """The same of the one factor that is no weight; 0 of a square."""
    if len(value.input_shapes) == 1:  # the other factor is a constant
        factor = case.flow.tensor(value.inputs[0])
        constant = 0 if factor is None else int((value.tensor.detach() * factor.detach()).double().sum().sign())
        return constant * _sign(case, value.inputs[0], own)
    ways = [value.inputs] if value.operation in DIVISIONS else [value.inputs, value.inputs[::-1]]
    found = (_sign_of_weight(case, way[1]) * _sign(case, way[0], own) for way in ways if len(way) > 1)
    return next(filter(None, found), 0)


def _sign_of_weight(case: FunctionCase, serial: int) -> int:
    """1 or -1 of what has one sign everywhere but for zeros, and is not trained; else 0."""
    tensor = case.flow.tensor(serial)
    if tensor is None or not case.is_data(serial):
        return 0
    return 1 if bool((tensor >= 0).all()) else -1 if bool((tensor <= 0).all()) else 0


def _is_advantage(case: FunctionCase, serial: int) -> bool:
    return case.flow.is_called(serial, ADVANTAGE) and not case.flow.is_called(serial, COST)


def _sign_by_numbers(case: FunctionCase, serial: int) -> int:
    """The sign of the correlation with an advantage that a value is made of, as where it is normalised in passing."""
    shown = case.flow.tensor(serial)
    if shown is None or serial not in case.flow.recording.values or shown.numel() <= 1:
        return 0
    for each in sorted(case.flow.recording.ancestors(serial), reverse=True):
        tensor = case.flow.tensor(each)
        if case.flow.is_called(each, COST):
            return 0
        if tensor is not None and tensor.shape == shown.shape and _is_advantage(case, each):
            numbers = torch.stack([shown.detach().flatten(), tensor.detach().flatten()]).double()
            correlation = float(torch.corrcoef(numbers)[0, 1])
            return int(correlation > ALIKE) - int(correlation < -ALIKE)
    return 0


def _own_likelihood(case: FunctionCase, serial: int) -> int:
    """The same by the names and the operation of the value itself."""
    if case.flow.is_called(serial, LIKELIHOOD):
        return 1
    value = case.flow.recording.values.get(serial)
    if value is None:
        return -int(case.flow.is_called(serial, UNLIKELIHOOD))
    if value.operation in LIKELIHOOD_LOSSES or case.flow.is_called(serial, UNLIKELIHOOD):
        return -1
    picks = value.operation in PICKS and _makes_probabilities(case, case.flow.source_of_view(value.inputs[0]))
    return int(picks or value.operation == "exp")


def _makes_probabilities(case: FunctionCase, serial: int) -> bool:
    """Whether it is a softmax, or its logarithm, as one operation or as ``x - x.logsumexp()``."""
    value = case.flow.recording.values.get(serial)
    if value is None:
        return False
    made_of = [made.operation for each in value.inputs if (made := case.flow.recording.values.get(each)) is not None]
    return value.operation in SOFTMAX | LOG_SOFTMAX or (value.operation == "sub" and not LOGSUMEXP.isdisjoint(made_of))
